import type { Disk, FileLock } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { DiskJobs } from './disk-jobs.ts'
import { Flusher, type FlusherEvents } from './flusher.ts'
import { GroupJournal } from './group-journal/group-journal.ts'
import type { Log } from './log.ts'
import type { MetaProperties } from './meta-properties.ts'
import { SegmentCleanup } from './segment-cleanup.ts'
import { UnflushedBytes } from './unflushed-bytes.ts'
import { WriteBack } from './write-back.ts'

export interface LogDirectoryInit {
  readonly disk: Disk
  readonly logger: Logger
  readonly path: string
  readonly meta: MetaProperties
  readonly lock: FileLock
  readonly groupJournalMaxBytes: number
  /** Clients' batches wait above it. */
  readonly unflushedMaxBytes: number
  readonly onRoom: () => void
  readonly later: (delayMs: number, callback: () => void) => void
  readonly onDurable: (log: Log) => void
  readonly onDurablePassEnd: () => void
  readonly onFailure: (directory: LogDirectory) => void
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
  readonly unflushed: UnflushedBytes
  readonly writeBack: WriteBack
  readonly jobs: DiskJobs
  readonly cleanup: SegmentCleanup
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
  /** Of what no answer waits for: write-backs, and the files of the group journal. */
  readonly #lateJobs: DiskJobs
  #failed = false

  constructor(init: LogDirectoryInit) {
    this.#init = init
    this.path = init.path
    this.meta = init.meta
    this.jobs = new DiskJobs(init.disk)
    const onFailure = (code: string) => this.fail(code)
    const events: FlusherEvents = {
      onDurable: init.onDurable,
      onDurablePassEnd: init.onDurablePassEnd,
      onFailure,
    }
    this.unflushed = new UnflushedBytes(init.unflushedMaxBytes, init.onRoom)
    this.#lateJobs = new DiskJobs(init.disk)
    this.writeBack = new WriteBack({
      disk: init.disk,
      jobs: this.#lateJobs,
      onWrittenOut: (segment, sizeBytes) => this.unflushed.gone(segment.flushedUpTo(sizeBytes)),
      onSynced: (log, segment, end) => {
        if (!log.segmentSynced(segment, end)) return
        init.onDurable(log)
        init.onDurablePassEnd()
      },
      onEnd: () => this.flusher.pump(),
      onFailure,
    })
    this.journal = new GroupJournal({
      disk: init.disk,
      jobs: this.#lateJobs,
      writeBack: this.writeBack,
      directoryPath: init.path,
      maxBytes: init.groupJournalMaxBytes,
      onFailure,
    })
    this.flusher = new Flusher(init.disk, this, events)
    this.cleanup = new SegmentCleanup(this, init)
  }

  /** No append is accepted and nothing is acknowledged any more, until the broker is started again. */
  get isFailed(): boolean {
    return this.#failed
  }

  /** No sync is under way, nor anything else of the late thread, and none is due that an answer waits for. */
  get isIdle(): boolean {
    return this.flusher.isIdle && this.#lateJobs.isIdle
  }

  /** Answers when the flusher's threads have been idle, and the late one. */
  whenIdle(): Promise<unknown> {
    return Promise.all([this.flusher.whenIdle(), this.#lateJobs.whenIdle()])
  }

  /** `code` is that of a StorageError, for the operator. */
  fail(code: string): void {
    if (this.#failed) return
    this.#failed = true
    this.flusher.fail()
    this.writeBack.fail()
    this.unflushed.close()
    this.#init.logger.error(
      { directory: this.path, error: code },
      'the log directory is fenced: the disk refused a write or sync',
    )
    this.#init.onFailure(this)
  }

  closeThreads(): void {
    this.flusher.close()
    this.#lateJobs.close()
    this.journal.close()
    this.jobs.close()
  }

  release(): void {
    this.#init.lock.release()
  }
}
