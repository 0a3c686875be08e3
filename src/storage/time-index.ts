import { readInt64, writeInt64 } from '../protocol/record-batch.ts'

/**
 * The `.timeindex` file of a segment, held in memory (LOG-2). Big-endian.
 *
 * | position | bytes | field                                                                       |
 * |----------|-------|-----------------------------------------------------------------------------|
 * |        0 |     8 | the largest timestamp in the segment so far                                 |
 * |        8 |     4 | last offset of the batch that has it, less the segment's base offset        |
 */
export const TIME_INDEX_ENTRY_SIZE_BYTES = 12

const INITIAL_ENTRIES = 4
/** As in the offset index. */
const NO_TIMESTAMPS = new Float64Array(0)
const NO_OFFSETS = new Int32Array(0)

export class TimeIndex {
  #timestamps = NO_TIMESTAMPS
  #relativeOffsets = NO_OFFSETS
  #count = 0

  get count(): number {
    return this.#count
  }

  get lastTimestampMs(): number {
    return this.#count === 0 ? -1 : this.#timestamps[this.#count - 1]!
  }

  get lastRelativeOffset(): number {
    return this.#count === 0 ? 0 : this.#relativeOffsets[this.#count - 1]!
  }

  /** Only a later time than the last makes an entry, so that both columns rise. */
  maybeAppend(timestampMs: number, relativeOffset: number): void {
    if (timestampMs <= this.lastTimestampMs) return
    if (this.#count === this.#timestamps.length) this.#grow(2 * this.#count || INITIAL_ENTRIES)
    this.#timestamps[this.#count] = timestampMs
    this.#relativeOffsets[this.#count] = relativeOffset
    this.#count += 1
  }

  /** All records before this relative offset are older than `timestampMs`. */
  relativeOffsetFor(timestampMs: number): number {
    let low = -1
    let high = this.#count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#timestamps[middle]! < timestampMs) low = middle
      else high = middle - 1
    }
    return low < 0 ? 0 : this.#relativeOffsets[low]!
  }

  truncateTo(count: number): void {
    this.#count = Math.min(this.#count, count)
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#count * TIME_INDEX_ENTRY_SIZE_BYTES)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < this.#count; i += 1) {
      writeInt64(view, i * TIME_INDEX_ENTRY_SIZE_BYTES, this.#timestamps[i]!)
      view.setInt32(i * TIME_INDEX_ENTRY_SIZE_BYTES + 8, this.#relativeOffsets[i]!)
    }
    return bytes
  }

  /** Null when the bytes are no time index: it is built again then. */
  static decode(bytes: Uint8Array): TimeIndex | null {
    if (bytes.length % TIME_INDEX_ENTRY_SIZE_BYTES !== 0) return null
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const index = new TimeIndex()
    for (let at = 0; at < bytes.length; at += TIME_INDEX_ENTRY_SIZE_BYTES) {
      const timestampMs = readInt64(view, at)
      const relativeOffset = view.getInt32(at + 8)
      if (timestampMs <= index.lastTimestampMs || relativeOffset < index.lastRelativeOffset) return null
      index.maybeAppend(timestampMs, relativeOffset)
    }
    return index
  }

  #grow(length: number): void {
    const timestamps = new Float64Array(length)
    const relativeOffsets = new Int32Array(length)
    timestamps.set(this.#timestamps)
    relativeOffsets.set(this.#relativeOffsets)
    this.#timestamps = timestamps
    this.#relativeOffsets = relativeOffsets
  }
}
