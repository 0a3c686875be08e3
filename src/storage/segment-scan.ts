import { SCAN_ROW_LENGTH, type ScanFile, ScanRow, ScanStop } from '../native/batch-scan.ts'
import type { Segment } from './segment.ts'

/** Rows that one scan may fill before the loop looks at them: a few hundred KiB, and about a millisecond of work. */
export const SCAN_ROWS_MAX = 4096

export interface ScanInput {
  readonly scanFile: ScanFile
  /** What a scan fills; nobody else's until the scan is over. */
  readonly rows: Float64Array
  readonly segment: Pick<Segment, 'file' | 'path'>
  readonly sizeBytes: number
  /** Where a batch begins. */
  readonly fromPosition: number
}

/**
 * Hands every good batch of a segment's file to `onBatch`, in order, until one is bad or `onBatch` answers false.
 * `isWhole` says that the last good batch ends where the file ends. The row is reused.
 */
export async function scanSegment(
  { scanFile, rows, segment, sizeBytes, fromPosition }: ScanInput,
  onBatch: (row: Float64Array) => boolean,
): Promise<{ isWhole: boolean }> {
  const path = segment.path('log')
  let position = fromPosition
  let lastOffset = -1
  while (position < sizeBytes) {
    // Asked for anew each time: another segment may have needed the descriptor.
    const { file } = segment
    const result = await scanFile({ file, path, position, endPosition: sizeBytes }, rows)
    for (let index = 0; index < result.rowsCount; index += 1) {
      const row = rows.subarray(index * SCAN_ROW_LENGTH, (index + 1) * SCAN_ROW_LENGTH)
      if (row[ScanRow.BASE_OFFSET]! <= lastOffset || !onBatch(row)) return { isWhole: false }
      lastOffset = row[ScanRow.LAST_OFFSET]!
    }
    if (result.stop === ScanStop.BAD_BATCH) return { isWhole: false }
    position = result.nextPosition
  }
  return { isWhole: true }
}
