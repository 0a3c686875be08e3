import { ErrorCode } from '../protocol/error-code.ts'
import { BatchAttributes, RecordBatch } from '../protocol/record-batch.ts'
import type { LogRefusal } from '../storage/append-result.ts'

const ZSTD = 4
/** KIP-110: clients that send less don't know zstd, so that their consumers would not either. */
const ZSTD_VERSION = 7
const { MAGIC, HEADER_SIZE_BYTES, BASE_OFFSET, ATTRIBUTES, BATCH_LENGTH, LENGTH_OVERHEAD_BYTES } = RecordBatch

/** What Produce asks of records beyond what the log does: one batch of magic 2 (FMT-6), and none of a transaction. */
export function problemOfRecords(records: Uint8Array, apiVersion: number): LogRefusal | null {
  if (records.length <= MAGIC) return null
  const magic = records[MAGIC]!
  // Other values are no format at all: the log refuses them as damage.
  if (magic === 0 || magic === 1) {
    return refused(ErrorCode.INVALID_RECORD, `magic ${magic} is for versions of Produce that are not served`)
  }
  if (records.length < HEADER_SIZE_BYTES) return null
  if (int32At(records, BASE_OFFSET) !== 0 || int32At(records, BASE_OFFSET + 4) !== 0) {
    return refused(ErrorCode.INVALID_RECORD, 'the base offset of a batch in Produce is 0')
  }
  const attributes = records[ATTRIBUTES + 1]!
  if ((attributes & BatchAttributes.CODEC_MASK) === ZSTD && apiVersion < ZSTD_VERSION) {
    return refused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `zstd needs version ${ZSTD_VERSION} of Produce`)
  }
  if ((attributes & BatchAttributes.TRANSACTIONAL) !== 0) {
    return refused(ErrorCode.INVALID_TXN_STATE, 'no transaction is open')
  }
  return hasSecondBatch(records)
    ? refused(ErrorCode.INVALID_RECORD, 'one batch is allowed per partition')
    : null
}

/** A tail that is no whole batch is passed over, as in Kafka (FMT-7). */
function hasSecondBatch(records: Uint8Array): boolean {
  const sizeBytes = batchSizeBytesAt(records, 0)
  if (sizeBytes < HEADER_SIZE_BYTES) return false
  const leftBytes = records.length - sizeBytes
  if (leftBytes < HEADER_SIZE_BYTES) return false
  const nextSizeBytes = batchSizeBytesAt(records, sizeBytes)
  return nextSizeBytes >= HEADER_SIZE_BYTES && nextSizeBytes <= leftBytes
}

function batchSizeBytesAt(records: Uint8Array, batch: number): number {
  return int32At(records, batch + BATCH_LENGTH) + LENGTH_OVERHEAD_BYTES
}

/** Not through a DataView: one for each batch costs more than the whole look. */
function int32At(bytes: Uint8Array, position: number): number {
  return (
    (bytes[position]! << 24) |
    (bytes[position + 1]! << 16) |
    (bytes[position + 2]! << 8) |
    bytes[position + 3]!
  )
}

function refused(errorCode: ErrorCode, errorMessage: string): LogRefusal {
  return { ok: false, errorCode, errorMessage }
}
