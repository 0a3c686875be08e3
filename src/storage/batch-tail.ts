const INITIAL_BATCHES = 4
/** Of all segments without a batch: those of an idle partition cost nothing. */
const NO_BATCHES = new Float64Array(0)
const BATCHES_MAX = 512

/**
 * Where the last batches of an active segment begin, so that consumers near the log end are served without a look at
 * the disk. Holds BATCHES_MAX batches at most and forgets the older half then.
 */
export class BatchTail {
  #lastOffsets = NO_BATCHES
  #positions = NO_BATCHES
  #count = 0

  add(lastOffset: number, position: number): void {
    if (this.#count === this.#positions.length) this.#makeRoom()
    this.#lastOffsets[this.#count] = lastOffset
    this.#positions[this.#count] = position
    this.#count += 1
  }

  /** Index of the batch that holds `offset` or is the first behind it; -1 when it may be before what is known. */
  indexOfOffset(offset: number): number {
    const index = firstAtLeast(this.#lastOffsets, this.#count, offset)
    if (index === this.#count) return -1
    return index > 0 || this.#positions[0] === 0 ? index : -1
  }

  positionAt(index: number): number {
    return this.#positions[index]!
  }

  /** The batch's end: where the next one begins, or `endPosition`. */
  endAt(index: number, endPosition: number): number {
    return index + 1 < this.#count ? this.#positions[index + 1]! : endPosition
  }

  /** The last start of a batch at or before `position`; -1 when it may be before what is known. */
  startAtOrBefore(position: number): number {
    const index = firstAtLeast(this.#positions, this.#count, position + 1) - 1
    return index < 0 ? -1 : this.#positions[index]!
  }

  /** Forgets the batches that begin at `position` or behind it. */
  truncateTo(position: number): void {
    this.#count = firstAtLeast(this.#positions, this.#count, position)
  }

  #makeRoom(): void {
    if (this.#count < BATCHES_MAX) {
      this.#lastOffsets = grown(this.#lastOffsets)
      this.#positions = grown(this.#positions)
      return
    }
    const half = this.#count >> 1
    this.#lastOffsets.copyWithin(0, half)
    this.#positions.copyWithin(0, half)
    this.#count -= half
  }
}

function firstAtLeast(values: Float64Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length || INITIAL_BATCHES)
  larger.set(values)
  return larger
}
