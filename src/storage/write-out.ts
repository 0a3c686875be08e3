import type { DiskJobs } from './disk-jobs.ts'
import type { LateWork } from './late-work.ts'
import type { Log } from './log.ts'
import type { Segment } from './segment.ts'

/** So much of one segment is written out at a time: the disk's own pace, and others get their turn in between. */
const CHUNK_MAX_BYTES = 8 * 1024 * 1024

export interface WriteOutPorts {
  readonly jobs: DiskJobs
  readonly work: LateWork
  /** The disk has the segment's first bytes, so many; a power cut may still lose them. */
  readonly onWrittenOut: (segment: Segment, sizeBytes: number) => void
}

/** Writes out what mode `os` leaves in the page cache, when it is told to. */
export class WriteOut {
  readonly #ports: WriteOutPorts
  /** Written to, and nothing of them is under way here. */
  readonly #lying = new Map<Segment, Log>()
  readonly #underWay = new Set<Segment>()

  constructor(ports: WriteOutPorts) {
    this.#ports = ports
  }

  /** Bytes of the segment lie in the page cache, and nobody has asked for their sync. */
  wrote(log: Log, segment: Segment): void {
    if (!this.#ports.work.isFailed && !this.#underWay.has(segment)) this.#lying.set(segment, log)
  }

  /** Of everything that lies about, a chunk goes to the disk. */
  begin(): void {
    for (const [segment, log] of this.#lying) {
      this.#lying.delete(segment)
      this.#underWay.add(segment)
      this.#ports.work.add({ begin: onEnd => this.#begin(log, segment, onEnd) })
    }
  }

  /** Somebody else syncs it, or it is going away. */
  forget(segment: Segment): void {
    this.#lying.delete(segment)
  }

  /** The directory is fenced. */
  fail(): void {
    this.#lying.clear()
  }

  #begin(log: Log, segment: Segment, onEnd: () => void): boolean {
    const { jobs, work, onWrittenOut } = this.#ports
    const position = segment.flushedSizeBytes
    const sizeBytes = Math.min(segment.unflushedSizeBytes, CHUNK_MAX_BYTES)
    if (sizeBytes === 0) {
      this.#underWay.delete(segment)
      return false
    }
    const { file } = segment
    jobs.run(
      (queue, ticket) => queue.writeOut(file, position, sizeBytes, ticket),
      errno => {
        if (work.isHeard(log, errno)) onWrittenOut(segment, position + sizeBytes)
        this.#underWay.delete(segment)
        if (work.isFailed) return
        if (segment.unflushedSizeBytes > 0) this.wrote(log, segment)
        onEnd()
      },
    )
    return true
  }
}
