import type { Disk, FileLock } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { DiskJobs } from './disk-jobs.ts'
import { Flusher, type FlusherEvents } from './flusher.ts'
import { GroupJournal } from './group-journal/group-journal.ts'
import type { Log } from './log.ts'
import type { MetaProperties } from './meta-properties.ts'

export interface LogDirectoryInit {
  readonly disk: Disk
  readonly logger: Logger
  readonly path: string
  readonly meta: MetaProperties
  readonly lock: FileLock
  readonly groupJournalMaxBytes: number
  readonly onDurable: (log: Log) => void
  readonly onDurablePassEnd: () => void
  readonly onFailure: (directory: LogDirectory, errno: number) => void
}

export interface UnreadableLog {
  readonly topicName: string
  readonly partitionIndex: number
  readonly recoveryPoint: number
  readonly logStartOffset: number
}

/** One entry of `log.dirs`: its lock, its threads but those of ColdReads, and whether it is still to be trusted. */
export class LogDirectory {
  readonly path: string
  readonly meta: MetaProperties
  readonly flusher: Flusher
  readonly journal: GroupJournal
  readonly jobs: DiskJobs
  /**
   * Logs that could not be opened, with what the checkpoints say of them. The checkpoints go on saying it, or the next
   * start would take their damage for an unsynced tail; and no clean stop is claimed (KAFKA-15375).
   */
  readonly unreadable: UnreadableLog[] = []
  /**
   * Directory names that the checkpoints may still speak of, though no log is there any more. Before a log gets such a
   * name again they must be written, or a start would take the offsets of the one before for its own.
   */
  readonly forgotten = new Set<string>()
  readonly #init: LogDirectoryInit
  #failed = false

  constructor(init: LogDirectoryInit) {
    this.#init = init
    this.path = init.path
    this.meta = init.meta
    this.jobs = new DiskJobs(init.disk)
    const events: FlusherEvents = {
      onDurable: init.onDurable,
      onDurablePassEnd: init.onDurablePassEnd,
      onFailure: errno => this.fail(errno),
    }
    this.journal = new GroupJournal({
      disk: init.disk,
      directoryPath: init.path,
      maxBytes: init.groupJournalMaxBytes,
      onSynced: (log, segment, end) => {
        if (!log.segmentSynced(segment, end)) return
        init.onDurable(log)
        init.onDurablePassEnd()
      },
      onFailure: errno => this.fail(errno),
    })
    this.flusher = new Flusher(init.disk, this.journal, events)
  }

  /** No append is accepted and nothing is acknowledged any more, until the broker is started again. */
  get isFailed(): boolean {
    return this.#failed
  }

  fail(errno: number): void {
    if (this.#failed) return
    this.#failed = true
    this.flusher.fail()
    this.journal.fail()
    this.#init.logger.error(
      { directory: this.path, errno },
      'the log directory is fenced: the disk refused a write or sync',
    )
    this.#init.onFailure(this, errno)
  }

  closeThreads(): void {
    this.flusher.close()
    this.journal.close()
    this.jobs.close()
  }

  release(): void {
    this.#init.lock.release()
  }
}
