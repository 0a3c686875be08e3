import { assert } from '../base/assert.ts'
import type { Disk, DiskCompletions, DiskQueue } from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import type { DirtySegment, GroupJournal } from './group-journal/group-journal.ts'
import type { Log } from './log.ts'
import { DESCRIPTOR_SHORTAGES, PASSING_REFUSALS } from './passing-refusals.ts'
import type { Segment, SegmentEnd } from './segment.ts'

export interface GroupCommitPorts {
  readonly disk: Disk
  readonly journal: GroupJournal
  /** The segment waits for a group: nobody else need take it to the disk. */
  readonly onDirty: (segment: Segment) => void
  /** Some of a group has ended; more may be due. */
  readonly onEnd: () => void
  /** The durable offset of the log has moved. */
  readonly onDurable: (log: Log) => void
  /** Behind the last `onDurable` of a batch of completions. */
  readonly onDurablePassEnd: () => void
  /** A sync failed, or could not be asked for: nothing more may be acknowledged in this directory. */
  readonly onFailure: (code: string) => void
}

interface SegmentJob extends DirtySegment {
  /** What the segment held when this was asked for. */
  readonly end: SegmentEnd
}

/** Syncs of several files at once share what the file system has to write for each; more bring nothing. */
const SYNC_THREADS = 4
/** Each holds a descriptor open; what is dirty beyond that many is of the next group. */
const SYNCS_PER_GROUP_MAX = 256

/** One call of a thread. */
type CommitJob =
  | { readonly kind: 'entry'; readonly segment: Segment; readonly log: Log }
  | { readonly kind: 'segment'; readonly segment: SegmentJob }
  | { readonly kind: 'journal'; readonly segments: readonly SegmentJob[] }

/**
 * Makes the dirty segments of a log directory safe: while a group of syncs is under way the next one gathers, so that
 * all appends of a pass share one fdatasync per segment, or one of the group journal where there are many. A failed
 * sync is never tried again, because a second one may report success over lost data.
 */
export class GroupCommit {
  readonly #ports: GroupCommitPorts
  /** One thread each. */
  readonly #queues: readonly DiskQueue[]
  readonly #dirty = new Map<Segment, Log>()
  #group: CommitJob[] = []
  #completed = 0
  #failed = false
  /** Dirty segments wait for a descriptor, and are not asked for again before the next `begin` from outside. */
  #isShort = false
  #idleWaiters: (() => void)[] = []

  constructor(ports: GroupCommitPorts) {
    this.#ports = ports
    const onCompletions: DiskCompletions = (completions, count) => this.#complete(completions, count)
    this.#queues = Array.from({ length: SYNC_THREADS }, () => ports.disk.createQueue(onCompletions))
  }

  get isUnderWay(): boolean {
    return this.#group.length > 0
  }

  get isIdle(): boolean {
    return this.#group.length === 0 && (this.#dirty.size === 0 || this.#isShort)
  }

  /** Answers when no sync is under way and none is due that a descriptor is left for. */
  whenIdle(): Promise<void> {
    return new Promise(resolve => {
      this.#idleWaiters.push(resolve)
      this.#tellIdle()
    })
  }

  /** The segment has written bytes that are not safe; `begin` begins the work. */
  markDirty(log: Log, segment: Segment): void {
    // Nothing is synced any more, so that nothing may wait for it either; and one that is gone must not be opened.
    if (this.#failed || segment.isGivenUp) return
    this.#dirty.set(segment, log)
    this.#ports.onDirty(segment)
  }

  /** It is going away: it is not synced any more. */
  forget(segment: Segment): void {
    this.#dirty.delete(segment)
  }

  /** Hands the dirty segments to the threads; not while a group is under way. */
  begin(): void {
    assert(this.#group.length === 0, 'one group at a time')
    if (this.#dirty.size === 0 || this.#failed) return
    const dirty = Array.from(this.#dirty, ([segment, log]): DirtySegment => ({ segment, log }))
    this.#dirty.clear()
    this.#submitGroup(dirty)
    this.#isShort = this.#group.length === 0
  }

  fail(): void {
    this.#failed = true
    this.#dirty.clear()
  }

  close(): void {
    for (const queue of this.#queues) queue.close()
  }

  #submitGroup(dirty: readonly DirtySegment[]): void {
    const known = dirty.filter(({ segment }) => segment.isEntrySynced)
    const rows = this.#withDescriptors(() => this.#ports.journal.rowsFor(known))
    if (rows !== null) this.#submitToJournal(known, rows)
    const single = rows === null ? dirty : dirty.filter(({ segment }) => !segment.isEntrySynced)
    this.#putBack(single.slice(SYNCS_PER_GROUP_MAX))
    for (const [index, { segment, log }] of single.slice(0, SYNCS_PER_GROUP_MAX).entries()) {
      const queue = this.#queues[index % SYNC_THREADS]!
      if (this.#withDescriptors(() => this.#submit(queue, log, segment)) === null)
        this.#putBack([{ segment, log }])
    }
  }

  /** Null when a segment whose descriptor was closed meanwhile could not be opened again. */
  #withDescriptors<Result>(call: () => Result): Result | null {
    try {
      return call()
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      if (!PASSING_REFUSALS.has(error.code)) this.#ports.onFailure(error.code)
      return null
    }
  }

  /** They are of the next group. */
  #putBack(dirty: readonly DirtySegment[]): void {
    for (const { segment, log } of dirty) this.markDirty(log, segment)
  }

  /** The directory's entry first, on the same thread: without it a synced segment is lost as a whole (KAFKA-3968). */
  #submit(queue: DiskQueue, log: Log, segment: Segment): void {
    if (!segment.isEntrySynced) {
      queue.syncDirectory(segment.directoryPath, this.#add({ kind: 'entry', segment, log }))
    }
    const job = { log, segment, end: segment.writtenEnd }
    queue.fdatasync(segment.file, this.#add({ kind: 'segment', segment: job }))
  }

  #submitToJournal(group: readonly DirtySegment[], rows: Float64Array): void {
    const segments = group.map(({ log, segment }) => ({ log, segment, end: segment.writtenEnd }))
    this.#ports.journal.submit(this.#queues[0]!, group, rows, this.#add({ kind: 'journal', segments }))
  }

  #add(job: CommitJob): number {
    this.#group.push(job)
    return this.#group.length - 1
  }

  #complete(completions: Int32Array, count: number): void {
    const moved = new Set<Log>()
    for (let row = 0; row < count && !this.#failed; row += 1) {
      const job = this.#group[completions[2 * row]!]!
      const errno = completions[2 * row + 1]!
      if (errno === 0) finish(job, moved)
      else this.#jobFailed(job, errno)
    }
    this.#completed += count
    if (this.#completed === this.#group.length) {
      this.#group = []
      this.#completed = 0
    }
    // Asked again at once, it would be refused again: LogManager asks each second.
    if (!this.#isShort) this.#ports.onEnd()
    for (const log of moved) this.#ports.onDurable(log)
    if (moved.size > 0) this.#ports.onDurablePassEnd()
    this.#tellIdle()
  }

  #jobFailed(job: CommitJob, errno: number): void {
    const code = this.#ports.disk.errorName(errno)
    if (job.kind === 'entry' && DESCRIPTOR_SHORTAGES.has(code)) {
      // Its segment's sync, which comes next, counts for nothing.
      this.#isShort = true
      this.markDirty(job.log, job.segment)
    } else if (job.kind !== 'journal') {
      const { log } = job.kind === 'entry' ? job : job.segment
      if (!log.isClosed) this.#ports.onFailure(code)
    } else if (PASSING_REFUSALS.has(code)) {
      // The segments have their room already.
      this.#ports.journal.refused()
      this.#putBack(job.segments)
    } else this.#ports.onFailure(code)
  }

  #tellIdle(): void {
    if (!this.isIdle) return
    for (const resolve of this.#idleWaiters) resolve()
    this.#idleWaiters = []
  }
}

/** Adds the logs whose durable offset has moved. */
function finish(job: CommitJob, moved: Set<Log>): void {
  if (job.kind === 'entry') job.segment.isEntrySynced ||= !job.log.isClosed
  else if (job.kind === 'segment') {
    const { log, segment, end } = job.segment
    if (!log.isClosed && segment.isEntrySynced && log.segmentSynced(segment, end)) moved.add(log)
  } else {
    for (const { log, segment, end } of job.segments) {
      if (!log.isClosed && log.segmentSafe(segment, end)) moved.add(log)
    }
  }
}
