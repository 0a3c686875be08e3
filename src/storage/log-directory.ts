import type { Disk, FileLock } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { DiskJobs } from './disk-jobs.ts'
import { Flusher } from './flusher.ts'
import { GroupCommit } from './group-commit.ts'
import { GroupJournal } from './group-journal/group-journal.ts'
import { LateSyncs } from './late-syncs.ts'
import { LateWork } from './late-work.ts'
import type { Log } from './log.ts'
import type { MetaProperties } from './meta-properties.ts'
import { SegmentCleanup } from './segment-cleanup.ts'
import { UnflushedBytes } from './unflushed-bytes.ts'
import { WriteOut } from './write-out.ts'

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
  readonly writeOut: WriteOut
  readonly lateSyncs: LateSyncs
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
  /** Of the late thread: what is written out, late syncs, and the files of the group journal. */
  readonly #lateJobs: DiskJobs
  readonly #commit: GroupCommit
  #failed = false

  constructor(init: LogDirectoryInit) {
    this.#init = init
    this.path = init.path
    this.meta = init.meta
    this.jobs = new DiskJobs(init.disk)
    this.unflushed = new UnflushedBytes(init.unflushedMaxBytes, init.onRoom)
    const jobs = new DiskJobs(init.disk)
    this.#lateJobs = jobs
    const lateWork = this.#createLateWork()
    this.writeOut = new WriteOut({
      jobs,
      work: lateWork,
      onWrittenOut: (segment, sizeBytes) => this.unflushed.gone(segment.flushedUpTo(sizeBytes)),
    })
    this.lateSyncs = this.#createLateSyncs(lateWork)
    this.journal = this.#createJournal()
    this.#commit = this.#createCommit()
    const { unflushed, writeOut, journal } = this
    this.flusher = new Flusher({ commit: this.#commit, writeOut, lateWork, journal, unflushed })
    this.cleanup = new SegmentCleanup(this, init)
  }

  /** No append is accepted and nothing is acknowledged any more, until the broker is started again. */
  get isFailed(): boolean {
    return this.#failed
  }

  /** No sync is under way, nor anything else of the late thread, and none is due that an answer waits for. */
  get isIdle(): boolean {
    return this.#commit.isIdle && this.#lateJobs.isIdle
  }

  /** Answers when the threads of group commits have been idle, and the late one. */
  whenIdle(): Promise<unknown> {
    return Promise.all([this.#commit.whenIdle(), this.#lateJobs.whenIdle()])
  }

  /** `code` is that of a StorageError, for the operator. */
  fail(code: string): void {
    if (this.#failed) return
    this.#failed = true
    this.flusher.fail()
    this.unflushed.close()
    this.#init.logger.error(
      { directory: this.path, error: code },
      'the log directory is fenced: the disk refused a write or sync',
    )
    this.#init.onFailure(this)
  }

  closeThreads(): void {
    this.#commit.close()
    this.#lateJobs.close()
    this.journal.close()
    this.jobs.close()
  }

  release(): void {
    this.#init.lock.release()
  }

  #createLateWork(): LateWork {
    return new LateWork({
      disk: this.#init.disk,
      onEnd: () => this.flusher.pump(),
      onFailure: code => this.fail(code),
    })
  }

  #createLateSyncs(work: LateWork): LateSyncs {
    const { onDurable, onDurablePassEnd } = this.#init
    return new LateSyncs({
      jobs: this.#lateJobs,
      work,
      onSynced: (log, segment, end) => {
        if (!log.segmentSynced(segment, end)) return
        onDurable(log)
        onDurablePassEnd()
      },
    })
  }

  #createJournal(): GroupJournal {
    const { disk, path, groupJournalMaxBytes } = this.#init
    return new GroupJournal({
      disk,
      jobs: this.#lateJobs,
      lateSyncs: this.lateSyncs,
      directoryPath: path,
      maxBytes: groupJournalMaxBytes,
      onFailure: code => this.fail(code),
    })
  }

  #createCommit(): GroupCommit {
    const { disk, onDurable, onDurablePassEnd } = this.#init
    return new GroupCommit({
      disk,
      journal: this.journal,
      onDirty: segment => this.writeOut.forget(segment),
      onEnd: () => this.flusher.pump(),
      onDurable,
      onDurablePassEnd,
      onFailure: code => this.fail(code),
    })
  }
}
