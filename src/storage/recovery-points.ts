import { encodePartitionOffsets, type PartitionOffset } from './checkpoint-file.ts'
import type { DiskJobs } from './disk-jobs.ts'
import { nameOfLog } from './log-name.ts'

interface Place {
  readonly topicName: string
  readonly partitionIndex: number
}

/** The recovery points of a directory while its logs are loaded, and their checkpoint. */
export class RecoveryPoints {
  readonly #path: string
  readonly #jobs: DiskJobs
  readonly #entries: Map<string, PartitionOffset>
  #written: Promise<void> = Promise.resolve()

  constructor(path: string, jobs: DiskJobs, entries: ReadonlyMap<string, PartitionOffset>) {
    this.#path = path
    this.#jobs = jobs
    this.#entries = new Map(entries)
  }

  /** Of every log that the checkpoint knows, also of those that are gone. */
  names(): Iterable<string> {
    return this.#entries.keys()
  }

  /** 0 for a log that the checkpoint does not know. */
  get(place: Place): number {
    return this.#entries.get(nameOfLog(place))?.offset ?? 0
  }

  /** Answers when a crash does not take it back; logs that ask at the same time are written one after another. */
  raise({ topicName, partitionIndex }: Place, offset: number): Promise<void> {
    const entry = { topicName, partitionIndex, offset }
    const write = () => {
      this.#entries.set(nameOfLog(entry), entry)
      return this.#jobs.writeFile(this.#path, encodePartitionOffsets([...this.#entries.values()]))
    }
    this.#written = this.#written.then(write, write)
    return this.#written
  }
}
