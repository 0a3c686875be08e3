import { assert } from '../base/assert.ts'
import type { BatchPlace } from './batch-finder.ts'

/**
 * The `.index` file of a segment, held in memory: every `index.interval.bytes` one batch (LOG-2). Big-endian.
 *
 * | position | bytes | field                                                  |
 * |----------|-------|--------------------------------------------------------|
 * |        0 |     4 | last offset of a batch, less the segment's base offset |
 * |        4 |     4 | position of that batch in the segment                  |
 */
export const OFFSET_INDEX_ENTRY_SIZE_BYTES = 8

const INITIAL_ENTRIES = 4
/** Of all indexes without an entry: those of an idle partition cost nothing. */
const NO_ENTRIES = new Int32Array(0)

const UNKNOWN = -1

export class OffsetIndex {
  #entries = NO_ENTRIES
  /** Of each entry the offset behind the batch before; UNKNOWN for those that were read from a file. */
  #firstOffsets = NO_ENTRIES
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Where the last batch begins that the index knows, 0 when it knows none. */
  get lastPosition(): number {
    return this.#count === 0 ? 0 : this.#entries[2 * this.#count - 1]!
  }

  /** All must rise from entry to entry. `firstOffset` is behind the last one of the batch before. */
  append(relativeOffset: number, position: number, firstOffset: number): void {
    assert(
      this.#count === 0 || relativeOffset > this.#relativeOffset(this.#count - 1),
      'offsets rise in an index',
    )
    if (2 * this.#count === this.#entries.length) this.#grow(2 * this.#entries.length || 2 * INITIAL_ENTRIES)
    this.#entries[2 * this.#count] = relativeOffset
    this.#entries[2 * this.#count + 1] = position
    this.#firstOffsets[this.#count] = firstOffset
    this.#count += 1
  }

  /** Where to start looking for the batch with this offset: the position of a batch at or before it. */
  positionFor(relativeOffset: number): number {
    const slot = this.#floor(relativeOffset, 0)
    return slot < 0 ? 0 : this.#entries[2 * slot + 1]!
  }

  /** Where the first batch begins that the index knows to end at or behind this offset; -1 when it knows none. */
  positionAfter(relativeOffset: number): number {
    const slot = this.#floor(relativeOffset - 1, 0) + 1
    return slot === this.#count ? -1 : this.#entries[2 * slot + 1]!
  }

  /** The start of some batch at or before `position`, the last one that the index knows; 0 when it knows none. */
  batchStartAtOrBefore(position: number): number {
    const slot = this.#floor(position, 1)
    return slot < 0 ? 0 : this.#entries[2 * slot + 1]!
  }

  /**
   * The batch that holds this offset, or the first behind it, as far as entries that were appended here tell;
   * `endOffset` and `endPosition` are the segment's. Where each batch has its entry, as large ones do, it is known.
   */
  batchFor(relativeOffset: number, endOffset: number, endPosition: number): BatchPlace | null {
    const slot = this.#floor(relativeOffset - 1, 0) + 1
    if (slot === this.#count) return null
    const firstOffset = this.#firstOffsets[slot]!
    if (firstOffset === UNKNOWN || firstOffset > relativeOffset) return null
    const isLast = slot + 1 === this.#count
    const nextOffset = isLast ? endOffset : this.#firstOffsets[slot + 1]!
    if (nextOffset !== this.#relativeOffset(slot) + 1) return null
    const position = this.#entries[2 * slot + 1]!
    const nextPosition = isLast ? endPosition : this.#entries[2 * slot + 3]!
    return { position, sizeBytes: nextPosition - position }
  }

  truncateTo(count: number): void {
    assert(count <= this.#count, 'a truncation makes an index shorter')
    this.#count = count
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#count * OFFSET_INDEX_ENTRY_SIZE_BYTES)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < 2 * this.#count; i += 1) view.setInt32(4 * i, this.#entries[i]!)
    return bytes
  }

  /** Null when the bytes are no index of a segment of `segmentSizeBytes`: it is built again then. */
  static decode(bytes: Uint8Array, segmentSizeBytes: number): OffsetIndex | null {
    if (bytes.length % OFFSET_INDEX_ENTRY_SIZE_BYTES !== 0) return null
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const index = new OffsetIndex()
    let lastOffset = -1
    let lastPosition = -1
    for (let at = 0; at < bytes.length; at += OFFSET_INDEX_ENTRY_SIZE_BYTES) {
      const relativeOffset = view.getInt32(at)
      const position = view.getInt32(at + 4)
      if (relativeOffset <= lastOffset || position <= lastPosition || position >= segmentSizeBytes)
        return null
      index.append(relativeOffset, position, UNKNOWN)
      lastOffset = relativeOffset
      lastPosition = position
    }
    return index
  }

  #relativeOffset(slot: number): number {
    return this.#entries[2 * slot]!
  }

  /** The last entry whose `column` is at most `value`, -1 when there is none. */
  #floor(value: number, column: 0 | 1): number {
    let low = -1
    let high = this.#count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#entries[2 * middle + column]! <= value) low = middle
      else high = middle - 1
    }
    return low
  }

  #grow(length: number): void {
    const entries = new Int32Array(length)
    const firstOffsets = new Int32Array(length / 2)
    entries.set(this.#entries)
    firstOffsets.set(this.#firstOffsets)
    this.#entries = entries
    this.#firstOffsets = firstOffsets
  }
}
