import type { Disk, FileHandle } from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import {
  RecordBatch,
  readBatchSizeBytes,
  readLastOffset,
  readMaxTimestamp,
} from '../protocol/record-batch.ts'

/** One read covers an index interval of the default 4 KiB, and the batches around it. */
const READ_SIZE_BYTES = 16 * 1024

export interface BatchPlace {
  readonly position: number
  readonly sizeBytes: number
}

export interface SegmentBytes {
  readonly disk: Disk
  readonly file: FileHandle
  readonly path: string
  /** No byte from here on is looked at. */
  readonly endPosition: number
}

/**
 * The first batch from `position` (the start of a batch) on that `matches`, null when there is none. This is the only
 * place where the loop may wait for the disk: it reads the headers between an index entry and what is sought.
 */
export function findBatch(
  bytes: SegmentBytes,
  position: number,
  matches: (view: DataView, at: number) => boolean,
): BatchPlace | null {
  const buffer = new Uint8Array(READ_SIZE_BYTES)
  const view = new DataView(buffer.buffer)
  let start = position
  while (start < bytes.endPosition) {
    const count = Math.min(bytes.disk.pread(bytes.file, buffer, start), bytes.endPosition - start)
    let at = 0
    while (count - at >= RecordBatch.HEADER_SIZE_BYTES) {
      const sizeBytes = readBatchSizeBytes(view, at)
      if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES) throw new StorageError('EBADMSG', 'read', bytes.path)
      if (matches(view, at)) return { position: start + at, sizeBytes }
      at += sizeBytes
    }
    if (at === 0) throw new StorageError('EBADMSG', 'read', bytes.path)
    start += at
  }
  return null
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
