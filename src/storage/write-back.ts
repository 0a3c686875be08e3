import { StorageError } from '../base/storage-error.ts'
import type { DiskJobs } from './disk-jobs.ts'
import type { Log } from './log.ts'
import type { Segment, SegmentEnd } from './segment.ts'

/** So much of one segment goes to the disk whatever else there is: large enough to be written in one go. */
const SEGMENT_MAX_BYTES = 8 * 1024 * 1024

export interface WriteBackPorts {
  /** Of a thread of its own: no group commit may stand behind these syncs. */
  readonly jobs: DiskJobs
  /** A segment was synced up to there. */
  readonly onSynced: (log: Log, segment: Segment, end: SegmentEnd) => void
  /** A sync has ended; more may be due. */
  readonly onEnd: () => void
  readonly onFailure: (errno: number) => void
}

/**
 * The syncs of segments for whose bytes no answer waits: what mode `os` leaves in the page cache, and what only the
 * group journal has. A failed one is as bad as that of a group commit, and like it is never tried again.
 */
export class WriteBack {
  readonly #ports: WriteBackPorts
  /** Written to, and no sync of them is under way here. */
  readonly #lying = new Map<Segment, Log>()
  readonly #underWay = new Set<Segment>()
  #isFailed = false

  constructor(ports: WriteBackPorts) {
    this.#ports = ports
  }

  /** Bytes of the segment lie in the page cache, and nobody has asked for their sync. */
  wrote(log: Log, segment: Segment): void {
    if (this.#isFailed || this.#underWay.has(segment)) return
    this.#lying.set(segment, log)
    if (segment.unflushedSizeBytes >= SEGMENT_MAX_BYTES) this.#begin(log, segment)
  }

  /** Everything that lies about goes to the disk. */
  begin(): void {
    for (const [segment, log] of this.#lying) this.#begin(log, segment)
  }

  /** Somebody else syncs it, or it is going away. */
  forget(segment: Segment): void {
    this.#lying.delete(segment)
  }

  /** The directory is fenced: whatever syncs say from here on is not heard. */
  fail(): void {
    this.#isFailed = true
    this.#lying.clear()
  }

  /** Calls `done` when the segment's bytes of now are on the disk, or are not needed there. */
  sync(log: Log, segment: Segment, done: () => void): void {
    // One that is deleted must not be opened: that would make it again.
    if (segment.unflushedSizeBytes === 0) done()
    else {
      try {
        this.#submit(log, segment, done)
      } catch (error) {
        // Its descriptor was closed for another one's sake, and none is left to open it again.
        if (!(error instanceof StorageError)) throw error
        this.#ports.onFailure(-1)
      }
    }
  }

  #begin(log: Log, segment: Segment): void {
    this.#lying.delete(segment)
    if (segment.unflushedSizeBytes === 0) return
    this.#underWay.add(segment)
    this.sync(log, segment, () => {
      this.#underWay.delete(segment)
      if (segment.unflushedSizeBytes > 0) this.wrote(log, segment)
    })
  }

  /** The directory's entry first: without it a synced segment is lost as a whole (KAFKA-3968). */
  #submit(log: Log, segment: Segment, done: () => void): void {
    const { jobs } = this.#ports
    const { file, writtenEnd } = segment
    if (!segment.isEntrySynced) {
      jobs.run(
        (queue, ticket) => queue.syncDirectory(segment.directoryPath, ticket),
        errno => {
          if (this.#isHeard(log, errno)) segment.isEntrySynced = true
        },
      )
    }
    jobs.run(
      (queue, ticket) => queue.fdatasync(file, ticket),
      errno => {
        if (this.#isHeard(log, errno)) this.#ports.onSynced(log, segment, writtenEnd)
        if (this.#isFailed) return
        done()
        this.#ports.onEnd()
      },
    )
  }

  /** True for a success that counts. Another sync of the directory may have been told of what this one has lost. */
  #isHeard(log: Log, errno: number): boolean {
    if (this.#isFailed || log.isClosed) return false
    if (errno !== 0) this.#ports.onFailure(errno)
    return errno === 0
  }
}
