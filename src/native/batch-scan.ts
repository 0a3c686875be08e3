import { assert } from '../base/assert.ts'
import { StorageError } from '../base/storage-error.ts'
import { errorName } from './error-name.ts'
import type { NativeBinding } from './load.ts'

/**
 * Places in a row of a scan, one row per batch. Kafka's own recovery takes the last offset of a batch as the offset of
 * its maximum timestamp, since finding the record would need decompression.
 */
export const ScanRow = {
  /** Of the batch's first byte in the file. */
  POSITION: 0,
  SIZE_BYTES: 1,
  BASE_OFFSET: 2,
  LAST_OFFSET: 3,
  LEADER_EPOCH: 4,
  MAX_TIMESTAMP: 5,
  ATTRIBUTES: 6,
  PRODUCER_ID: 7,
  PRODUCER_EPOCH: 8,
  BASE_SEQUENCE: 9,
  /** 0 when a compaction left nothing of the batch but its header. */
  RECORDS_COUNT: 10,
  LAST_OFFSET_DELTA: 11,
  BASE_TIMESTAMP: 12,
} as const

export const SCAN_ROW_LENGTH = 13

/** Why a scan ended. */
export const ScanStop = {
  /** The end of the range was reached. */
  END: 0,
  /** No room for another row: go on at `nextPosition`. */
  ROWS_FULL: 1,
  /**
   * At `nextPosition` is no good batch: cut short, wrong length, magic or CRC, or offsets that go back. The CRC does
   * not cover the base offset, so that a stale batch behind a torn tail shows itself only by its offset.
   */
  BAD_BATCH: 2,
} as const
export type ScanStop = (typeof ScanStop)[keyof typeof ScanStop]

export interface ScanResult {
  readonly rowsCount: number
  readonly nextPosition: number
  readonly stop: ScanStop
}

/** A part of an open file; `path` is for error messages. */
export interface ScanRange {
  readonly file: number
  readonly path: string
  readonly position: number
  readonly endPosition: number
}

/**
 * Scans a part of a file and fills `rows`, which stays untouched by others until then. The file may be closed
 * meanwhile. Rejects with StorageError when reading fails.
 */
export type ScanFile = (range: ScanRange, rows: Float64Array) => Promise<ScanResult>

/**
 * Scans a file from `position` to `endPosition` on a worker thread; the rows go into `rows`, which stays untouched by
 * others until then. Nothing inside a compressed payload is looked at. Rejects with StorageError when reading fails.
 */
export function scanFile(binding: NativeBinding, range: ScanRange, rows: Float64Array): Promise<ScanResult> {
  const { file, path, position, endPosition } = range
  assert(Number.isSafeInteger(position) && position >= 0 && endPosition >= position, 'a range of a file')
  return new Promise((resolve, reject) => {
    binding.scanBatches(file, position, endPosition, rows, (errno, rowsCount, nextPosition, stop) => {
      if (errno !== 0) reject(new StorageError(errorName(errno), 'pread', path))
      else resolve({ rowsCount, nextPosition, stop: stop as ScanStop })
    })
  })
}

/** The same over bytes in memory, at once; positions count from `basePosition`. */
export function scanMemory(
  binding: NativeBinding,
  bytes: Uint8Array,
  basePosition: number,
  rows: Float64Array,
): ScanResult {
  const [rowsCount, nextPosition, stop] = binding.scanBytes(bytes, basePosition, rows)
  return { rowsCount, nextPosition, stop: stop as ScanStop }
}
