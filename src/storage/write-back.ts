import { assert } from '../base/assert.ts'
import type { Disk } from '../base/disk.ts'
import type { DiskJobs } from './disk-jobs.ts'
import { LateWork } from './late-work.ts'
import type { Log } from './log.ts'
import type { Segment, SegmentEnd } from './segment.ts'

/** So much of one segment is written out at a time: the disk's own pace, and others get their turn in between. */
const CHUNK_MAX_BYTES = 8 * 1024 * 1024

export interface WriteBackPorts {
  readonly disk: Disk
  /** Of a thread of its own: no group commit may stand behind these calls. */
  readonly jobs: DiskJobs
  /** The disk has the segment's first bytes, so many; a power cut may still lose them. */
  readonly onWrittenOut: (segment: Segment, sizeBytes: number) => void
  /** A segment was synced up to there. */
  readonly onSynced: (log: Log, segment: Segment, end: SegmentEnd) => void
  /** A call has ended; more may be due. */
  readonly onEnd: () => void
  readonly onFailure: (code: string) => void
}

/**
 * Takes to the disk what no answer waits for: what mode `os` leaves in the page cache is written out, and segments of
 * which only the group journal has bytes are synced. A failure is as bad as that of a group commit, and like that never
 * tried again.
 */
export class WriteBack {
  readonly #ports: WriteBackPorts
  readonly #work: LateWork
  /** Written to, and nothing of them is under way here. */
  readonly #lying = new Map<Segment, Log>()
  readonly #underWay = new Set<Segment>()
  #isFailed = false

  constructor(ports: WriteBackPorts) {
    this.#ports = ports
    this.#work = new LateWork(ports.onFailure)
  }

  /** Bytes of the segment lie in the page cache, and nobody has asked for their sync. */
  wrote(log: Log, segment: Segment): void {
    if (!this.#isFailed && !this.#underWay.has(segment)) this.#lying.set(segment, log)
  }

  /** Of everything that lies about, a chunk goes to the disk. */
  begin(): void {
    for (const [segment, log] of this.#lying) {
      this.#lying.delete(segment)
      this.#underWay.add(segment)
      this.#work.add({ begin: onEnd => this.#beginWriteOut(log, segment, onEnd) })
    }
  }

  /** What had no descriptor is tried again. */
  pump(): void {
    this.#work.pump()
  }

  /** Somebody else syncs it, or it is going away. */
  forget(segment: Segment): void {
    this.#lying.delete(segment)
  }

  /** The directory is fenced: whatever calls say from here on is not heard. */
  fail(): void {
    this.#isFailed = true
    this.#lying.clear()
    this.#work.clear()
  }

  /** Calls `done` when the bytes of a segment in the group journal are safe without it, or are not needed. */
  sync(log: Log, segment: Segment, done: () => void): void {
    this.#work.add({
      begin: onEnd => {
        // One that is deleted must not be opened: that would make it again.
        if (segment.hasUnsyncedBytes && !segment.isGivenUp) return this.#beginSync(log, segment, done, onEnd)
        done()
        return false
      },
    })
  }

  #beginWriteOut(log: Log, segment: Segment, onEnd: () => void): boolean {
    const position = segment.flushedSizeBytes
    const sizeBytes = Math.min(segment.unflushedSizeBytes, CHUNK_MAX_BYTES)
    if (sizeBytes === 0) {
      this.#underWay.delete(segment)
      return false
    }
    const { file } = segment
    this.#ports.jobs.run(
      (queue, ticket) => queue.writeOut(file, position, sizeBytes, ticket),
      errno => {
        if (this.#isHeard(log, errno)) this.#ports.onWrittenOut(segment, position + sizeBytes)
        this.#underWay.delete(segment)
        if (this.#isFailed) return
        if (segment.unflushedSizeBytes > 0) this.wrote(log, segment)
        onEnd()
        this.#ports.onEnd()
      },
    )
    return true
  }

  #beginSync(log: Log, segment: Segment, done: () => void, onEnd: () => void): boolean {
    assert(segment.isEntrySynced, 'a group journal takes a segment when its entry in the directory is synced')
    const { file, writtenEnd } = segment
    this.#ports.jobs.run(
      (queue, ticket) => queue.fdatasync(file, ticket),
      errno => {
        if (this.#isHeard(log, errno)) this.#ports.onSynced(log, segment, writtenEnd)
        if (this.#isFailed) return
        done()
        onEnd()
        this.#ports.onEnd()
      },
    )
    return true
  }

  /** True for a success that counts. Another sync of the directory may have been told of what this one has lost. */
  #isHeard(log: Log, errno: number): boolean {
    if (this.#isFailed || log.isClosed) return false
    if (errno !== 0) this.#ports.onFailure(this.#ports.disk.errorName(errno))
    return errno === 0
  }
}
