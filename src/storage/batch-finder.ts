import { StorageError } from '../base/storage-error.ts'
import {
  RecordBatch,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readMaxTimestamp,
} from '../protocol/record-batch.ts'
import { ColdBytes } from './cold-bytes.ts'

/** Enough for the first look: an index interval of the default size. What is sought is nearly always in it. */
const FIRST_READ_SIZE_BYTES = 4 * 1024
const READ_SIZE_BYTES = 16 * 1024
/** What is fetched from the disk at once: what follows is mostly wanted next. */
const COLD_READ_SIZE_BYTES = 256 * 1024

export interface BatchPlace {
  readonly position: number
  readonly sizeBytes: number
}

export interface SegmentBytes {
  /** No byte from here on is looked at. */
  readonly writtenSizeBytes: number
  path(extension: string): string
  /** Fills `into` as far as the segment goes; -1 where the disk would have to be waited for. */
  readResident(into: Uint8Array, position: number): number
}

/** Reads batch headers between an index entry and what is sought, into one buffer. */
export class BatchFinder {
  readonly #buffer = new Uint8Array(READ_SIZE_BYTES)
  readonly #view = new DataView(this.#buffer.buffer)
  readonly #first = this.#buffer.subarray(0, FIRST_READ_SIZE_BYTES)
  readonly #header = this.#buffer.subarray(0, RecordBatch.HEADER_SIZE_BYTES)

  /**
   * The batch that holds `offset`, or the first behind it: at or behind `from`, and not behind the batch at `next`,
   * which ends at or behind the offset (-1 for none). Among large batches it is likely that one.
   */
  findOffset(bytes: SegmentBytes, from: number, next: number, offset: number): BatchPlace | ColdBytes | null {
    if (next - from > FIRST_READ_SIZE_BYTES) {
      const count = bytes.readResident(this.#header, next)
      const isWhole = count === RecordBatch.HEADER_SIZE_BYTES && next + count <= bytes.writtenSizeBytes
      if (isWhole && readBaseOffset(this.#view, 0) <= offset) {
        return { position: next, sizeBytes: readBatchSizeBytes(this.#view, 0) }
      }
    }
    return this.find(bytes, from, holdsOffset(offset))
  }

  /** The first batch from `position` (the start of a batch) on that `matches`, null when there is none. */
  find(
    bytes: SegmentBytes,
    position: number,
    matches: (view: DataView, at: number) => boolean,
  ): BatchPlace | ColdBytes | null {
    let start = position
    let buffer = this.#first
    while (start < bytes.writtenSizeBytes) {
      const filledBytes = bytes.readResident(buffer, start)
      if (filledBytes < 0) return new ColdBytes(bytes.path('log'), start, COLD_READ_SIZE_BYTES)
      const count = Math.min(filledBytes, bytes.writtenSizeBytes - start)
      let at = 0
      let sizeBytes = 0
      while (count - at >= RecordBatch.HEADER_SIZE_BYTES) {
        sizeBytes = readBatchSizeBytes(this.#view, at)
        if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES)
          throw new StorageError('EBADMSG', 'read', bytes.path('log'))
        if (matches(this.#view, at)) return { position: start + at, sizeBytes }
        at += sizeBytes
      }
      if (at === 0) throw new StorageError('EBADMSG', 'read', bytes.path('log'))
      start += at
      // Among large batches the header of the next one is all that is of use.
      buffer = sizeBytes > FIRST_READ_SIZE_BYTES ? this.#header : this.#buffer
    }
    return null
  }
}

export function holdsOffset(offset: number): (view: DataView, at: number) => boolean {
  return (view, at) => readLastOffset(view, at) >= offset
}

export function reachesTimestamp(
  timestampMs: number,
  fromOffset: number,
): (view: DataView, at: number) => boolean {
  return (view, at) => readMaxTimestamp(view, at) >= timestampMs && readLastOffset(view, at) >= fromOffset
}
