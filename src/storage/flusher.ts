import type { Disk, DiskQueue } from '../base/disk.ts'
import type { Log } from './log.ts'
import type { Segment } from './segment.ts'

export interface FlusherEvents {
  /** The durable offset of the log has moved. */
  onDurable(log: Log): void
  /** Behind the last `onDurable` of a batch of completions. */
  onDurablePassEnd(): void
  /** A sync failed: nothing more may be acknowledged in this directory. */
  onFailure(errno: number): void
}

interface FlushJob {
  readonly log: Log
  readonly segment: Segment
  /** What the segment held when its sync was asked for; -1 for the sync of the directory entry. */
  readonly endOffset: number
}

const DIRECTORY_ENTRY = -1

/**
 * Group commit of a log directory: while a group of syncs is under way the next one gathers, so that all appends of a
 * pass share one fdatasync per segment. A failed sync is never tried again, because a second one may report success
 * over lost data.
 */
export class Flusher {
  readonly #queue: DiskQueue
  readonly #events: FlusherEvents
  readonly #dirty = new Map<Segment, Log>()
  #group: FlushJob[] = []
  #completed = 0
  #failed = false
  #idleWaiters: (() => void)[] = []

  constructor(disk: Disk, events: FlusherEvents) {
    this.#events = events
    this.#queue = disk.createQueue((completions, count) => this.#complete(completions, count))
  }

  get isIdle(): boolean {
    return this.#group.length === 0 && this.#dirty.size === 0
  }

  /** Answers when no sync is under way and none is due. */
  whenIdle(): Promise<void> {
    return new Promise(resolve => {
      this.#idleWaiters.push(resolve)
      this.#tellIdle()
    })
  }

  /** The segment has written bytes that are not synced; `pump` begins the work. */
  markDirty(log: Log, segment: Segment): void {
    // Nothing is synced any more, so that nothing may wait for it either.
    if (!this.#failed) this.#dirty.set(segment, log)
  }

  /** The log is going away: nothing of it is synced any more. */
  forget(log: Log): void {
    for (const [segment, owner] of this.#dirty) if (owner === log) this.#dirty.delete(segment)
  }

  forgetSegment(segment: Segment): void {
    this.#dirty.delete(segment)
  }

  /** Hands the dirty segments to the thread unless a group is under way. */
  pump(): void {
    if (this.#group.length > 0 || this.#dirty.size === 0 || this.#failed) return
    for (const [segment, log] of this.#dirty) this.#submit(log, segment)
    this.#dirty.clear()
  }

  fail(): void {
    this.#failed = true
    this.#dirty.clear()
  }

  close(): void {
    this.#queue.close()
  }

  /** The directory's entry first: without it a synced segment is lost as a whole (KAFKA-3968). */
  #submit(log: Log, segment: Segment): void {
    if (!segment.isEntrySynced) {
      this.#queue.syncDirectory(segment.directoryPath, this.#add(log, segment, DIRECTORY_ENTRY))
    }
    this.#queue.fdatasync(segment.file, this.#add(log, segment, segment.writtenEndOffset))
  }

  #add(log: Log, segment: Segment, endOffset: number): number {
    this.#group.push({ log, segment, endOffset })
    return this.#group.length - 1
  }

  #complete(completions: Int32Array, count: number): void {
    const moved = new Set<Log>()
    for (let row = 0; row < count && !this.#failed; row += 1) {
      const job = this.#group[completions[2 * row]!]!
      const errno = completions[2 * row + 1]!
      if (errno !== 0 && !job.log.isClosed) this.#events.onFailure(errno)
      else if (errno === 0 && finish(job)) moved.add(job.log)
    }
    this.#completed += count
    if (this.#completed === this.#group.length) {
      this.#group = []
      this.#completed = 0
    }
    this.pump()
    for (const log of moved) this.#events.onDurable(log)
    if (moved.size > 0) this.#events.onDurablePassEnd()
    this.#tellIdle()
  }

  #tellIdle(): void {
    if (!this.isIdle) return
    for (const resolve of this.#idleWaiters) resolve()
    this.#idleWaiters = []
  }
}

/** True when the log's durable offset has moved. */
function finish({ log, segment, endOffset }: FlushJob): boolean {
  if (log.isClosed) return false
  if (endOffset === DIRECTORY_ENTRY) {
    segment.isEntrySynced = true
    return false
  }
  return log.segmentSynced(segment, endOffset)
}
