import type { Disk } from '../base/disk.ts'
import { SCAN_ROW_LENGTH, ScanRow } from '../native/batch-scan.ts'
import { RecordBatch, readBatchSizeBytes } from '../protocol/record-batch.ts'
import type { BatchNative } from './batch-native.ts'
import type { Segment } from './segment.ts'

const CHUNK_SIZE_BYTES = 4 * 1024 * 1024
const ROWS_PER_CALL = 4096

export interface ScanInput {
  readonly disk: Disk
  readonly native: BatchNative
  readonly segment: Segment
  readonly sizeBytes: number
  /** Where a batch begins. */
  readonly fromPosition: number
}

/**
 * Hands every good batch of a segment's file to `onBatch`, in order, until one is bad or `onBatch` answers false.
 * `isWhole` says that the last good batch ends where the file ends. The row is reused.
 */
export function scanSegment(input: ScanInput, onBatch: (row: Float64Array) => boolean): { isWhole: boolean } {
  if (input.fromPosition >= input.sizeBytes) return { isWhole: true }
  const rows = new Float64Array(ROWS_PER_CALL * SCAN_ROW_LENGTH)
  let position = input.fromPosition
  let chunkSizeBytes = Math.min(CHUNK_SIZE_BYTES, input.sizeBytes)
  let chunk = new Uint8Array(chunkSizeBytes)
  let lastOffset = -1
  while (position < input.sizeBytes) {
    const wanted = chunk.subarray(0, Math.min(chunkSizeBytes, input.sizeBytes - position))
    const bytes = wanted.subarray(0, input.disk.pread(input.segment.file, wanted, position))
    const [count, nextPosition] = input.native.scan(bytes, position, rows)
    for (let index = 0; index < count; index += 1) {
      const row = rows.subarray(index * SCAN_ROW_LENGTH, (index + 1) * SCAN_ROW_LENGTH)
      if (row[ScanRow.BASE_OFFSET]! <= lastOffset || !onBatch(row)) return { isWhole: false }
      lastOffset = row[ScanRow.LAST_OFFSET]!
    }
    if (nextPosition > position) {
      position = nextPosition
      continue
    }
    const needed = sizeOfFirst(bytes)
    if (needed <= chunkSizeBytes || needed > input.sizeBytes - position) return { isWhole: false }
    chunkSizeBytes = needed
    chunk = new Uint8Array(needed)
  }
  return { isWhole: true }
}

/** A batch larger than the chunk needs a larger one; 0 when there is not even a header. */
function sizeOfFirst(bytes: Uint8Array): number {
  if (bytes.length < RecordBatch.HEADER_SIZE_BYTES) return 0
  return readBatchSizeBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
}
