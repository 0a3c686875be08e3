import { StorageError } from '../base/storage-error.ts'
import {
  RecordBatch,
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
  readonly path: string
  /** No byte from here on is looked at. */
  readonly endPosition: number
  /** Fills `into` as far as the segment goes; -1 where the disk would have to be waited for. */
  readResident(into: Uint8Array, position: number): number
}

/** Reads batch headers between an index entry and what is sought, into one buffer. */
export class BatchFinder {
  readonly #buffer = new Uint8Array(READ_SIZE_BYTES)
  readonly #view = new DataView(this.#buffer.buffer)
  readonly #first = this.#buffer.subarray(0, FIRST_READ_SIZE_BYTES)

  /** The first batch from `position` (the start of a batch) on that `matches`, null when there is none. */
  find(
    bytes: SegmentBytes,
    position: number,
    matches: (view: DataView, at: number) => boolean,
  ): BatchPlace | ColdBytes | null {
    let start = position
    let buffer = this.#first
    while (start < bytes.endPosition) {
      const filledBytes = bytes.readResident(buffer, start)
      if (filledBytes < 0) return new ColdBytes(bytes.path, start, COLD_READ_SIZE_BYTES)
      const count = Math.min(filledBytes, bytes.endPosition - start)
      buffer = this.#buffer
      let at = 0
      while (count - at >= RecordBatch.HEADER_SIZE_BYTES) {
        const sizeBytes = readBatchSizeBytes(this.#view, at)
        if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES) throw new StorageError('EBADMSG', 'read', bytes.path)
        if (matches(this.#view, at)) return { position: start + at, sizeBytes }
        at += sizeBytes
      }
      if (at === 0) throw new StorageError('EBADMSG', 'read', bytes.path)
      start += at
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
