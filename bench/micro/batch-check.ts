import { BATCH_CHECK_ROW_LENGTH, BatchCheckFlags } from '../../src/native/batch-check.ts'
import { createCrc32c } from '../../src/native/crc32c.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { encodeRecordBatch } from '../../src/protocol/records/encode-record-batch.ts'
import { cpuUsPerCall, printLine } from './measure.ts'

const DECOMPRESSED_MAX_BYTES = 64 * 1024 * 1024
const BYTES_PER_ROUND = 100_000_000
const CALLS_MAX = 200_000
const SHAPES = [
  [1, 100],
  [10, 100],
  [16, 1000],
  [128, 1000],
  [1000, 100],
] as const

/** The whole check of a batch, every record looked at, beside its CRC alone. */
export function benchBatchCheck(): void {
  const binding = loadNativeBinding()
  const row = new Float64Array(BATCH_CHECK_ROW_LENGTH)
  for (const [recordCount, recordBytes] of SHAPES) {
    const records = Array.from({ length: recordCount }, (_, index) => ({
      timestampMs: 1_700_000_000_000 + index,
      key: null,
      value: new Uint8Array(recordBytes).fill(index),
      headers: [],
    }))
    const batch = encodeRecordBatch({ baseOffset: 0, records }, createCrc32c(binding))
    const calls = Math.min(CALLS_MAX, Math.ceil(BYTES_PER_ROUND / batch.length))
    const check = (flags: number) => () => void binding.batchCheck(batch, flags, DECOMPRESSED_MAX_BYTES, row)
    const us = cpuUsPerCall(check(0), calls)
    const crcUs = cpuUsPerCall(check(BatchCheckFlags.HEADER_ONLY), calls)
    printLine(`check of ${recordCount} x ${recordBytes} B`, us, 'header and CRC alone', crcUs)
  }
}
