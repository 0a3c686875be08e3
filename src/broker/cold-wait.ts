import type { ColdRead } from '../storage/log-reader.ts'

/** Reads that one fetch asks for at once: it is answered with the first, so that more would only delay others. */
export const COLD_READS_MAX = 4

/** A partition of a fetch, and what it has to give once the disk was read. */
export interface ColdPart<Part> {
  readonly part: Part
  readonly read: ColdRead
}

/** The reads of the disk that a parked fetch waits for. */
export class ColdWait<Part> {
  readonly #onRead: () => void
  readonly #waiting = new Map<Part, () => void>()
  readonly #failed = new Set<Part>()

  constructor(onRead: () => void) {
    this.#onRead = onRead
  }

  /** Nothing of this partition could be read. */
  hasFailed(part: Part): boolean {
    return this.#failed.has(part)
  }

  /** Waits for these too, as far as there is room. */
  add(cold: readonly ColdPart<Part>[]): void {
    for (const { part, read } of cold) {
      if (this.#waiting.size >= COLD_READS_MAX) return
      if (this.#waiting.has(part)) continue
      const takeBack = read.wait(errno => this.#ended(part, errno))
      this.#waiting.set(part, takeBack)
    }
  }

  /** Nobody waits any more. */
  takeBack(): void {
    for (const takeBack of this.#waiting.values()) takeBack()
    this.#waiting.clear()
  }

  #ended(part: Part, errno: number): void {
    this.#waiting.delete(part)
    if (errno !== 0) this.#failed.add(part)
    this.#onRead()
  }
}
