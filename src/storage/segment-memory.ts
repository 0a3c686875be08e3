/** Bytes that were written less than two or three such spans ago are taken for resident. */
const HOT_SPAN_MS = 1000
/** Of a log that is written at full speed only so much: behind it a question costs little beside what is read. */
const HOT_MAX_BYTES = 8 * 1024 * 1024
/** How long bytes that were read for somebody count as resident: he comes back for them at once. */
const WARM_SPAN_MS = 1000
/** More than the threads of a directory can finish at once, so that what one has read outlives the others' work. */
const WARM_RANGES_MAX = 8

interface WarmRange {
  readonly position: number
  readonly endPosition: number
  readonly untilMs: number
}

/**
 * Which bytes of a segment are in memory without the kernel being asked: what was just written, and what was just read
 * for a reader that waits. When it is wrong, because the kernel needed memory at once, a read waits for the disk once.
 */
export class SegmentMemory {
  /** Where the writes of the span before this one began, and those of this one. */
  #hotPosition = Number.POSITIVE_INFINITY
  #spanPosition = Number.POSITIVE_INFINITY
  #spanStartMs = Number.NEGATIVE_INFINITY
  #warm: readonly WarmRange[] = []

  wrote(position: number, nowMs: number): void {
    const ageMs = nowMs - this.#spanStartMs
    if (ageMs < HOT_SPAN_MS) return
    this.#hotPosition = ageMs < 2 * HOT_SPAN_MS ? this.#spanPosition : position
    this.#spanPosition = position
    this.#spanStartMs = nowMs
  }

  warmed(position: number, endPosition: number, nowMs: number): void {
    const last = this.#warm.filter(range => range.untilMs > nowMs).slice(1 - WARM_RANGES_MAX)
    this.#warm = [...last, { position, endPosition, untilMs: nowMs + WARM_SPAN_MS }]
  }

  /** True for what was just written; such bytes need no reading ahead either. */
  isHot(position: number, writtenSizeBytes: number, nowMs: number): boolean {
    const ageMs = nowMs - this.#spanStartMs
    if (ageMs >= 2 * HOT_SPAN_MS) return false
    const hotPosition = ageMs < HOT_SPAN_MS ? this.#hotPosition : this.#spanPosition
    return position >= Math.max(hotPosition, writtenSizeBytes - HOT_MAX_BYTES)
  }

  isWarm(position: number, endPosition: number, nowMs: number): boolean {
    return this.#warm.some(
      range => range.untilMs > nowMs && range.position <= position && endPosition <= range.endPosition,
    )
  }
}
