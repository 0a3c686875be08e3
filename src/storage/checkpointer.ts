import { encodePartitionOffsets } from './checkpoint-file.ts'
import { checkpointFiles } from './directory-checkpoints.ts'
import type { Log } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import { EPOCH_FILE_NAME } from './recovery.ts'

/** Writes the leader epochs that changed and then the three checkpoints of one directory, off the loop. */
export class Checkpointer {
  readonly #directory: LogDirectory
  readonly #logsHere: () => readonly Log[]
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(directory: LogDirectory, logsHere: () => readonly Log[]) {
    this.#directory = directory
    this.#logsHere = logsHere
  }

  /**
   * Answers when what is true now is on disk; StorageError when the disk refuses. A file has one writer at a time, so
   * that all who ask while one is at work share the next.
   */
  write(): Promise<void> {
    if (this.#next !== null) return this.#next
    if (this.#running === null) return this.#start()
    const start = () => this.#start()
    this.#next = this.#running.then(start, start)
    return this.#next
  }

  #start(): Promise<void> {
    this.#next = null
    const running = this.#writeAll()
    this.#running = running
    const over = () => {
      this.#running = null
    }
    running.then(over, over)
    return running
  }

  async #writeAll(): Promise<void> {
    const { path, unreadable, forgotten, jobs } = this.#directory
    for (const log of this.#logsHere()) await this.#writeEpochs(log)
    const logs = this.#logsHere().filter(log => !log.isClosed)
    const names = [...forgotten]
    for (const [name, entries] of checkpointFiles(logs, unreadable)) {
      await jobs.writeFile(`${path}/${name}`, encodePartitionOffsets(entries))
    }
    for (const name of names) forgotten.delete(name)
  }

  async #writeEpochs(log: Log): Promise<void> {
    const { jobs } = this.#directory
    const before = log.epochsChangedFrom
    if (log.isClosed || before === Number.POSITIVE_INFINITY) return
    log.epochsChangedFrom = Number.POSITIVE_INFINITY
    try {
      await jobs.writeFile(`${log.directoryPath}/${EPOCH_FILE_NAME}`, log.epochs.encode())
    } catch (error) {
      log.epochsChangedFrom = Math.min(before, log.epochsChangedFrom)
      // A log that was deleted meanwhile needs no file.
      if (!log.isClosed) throw error
    }
  }
}
