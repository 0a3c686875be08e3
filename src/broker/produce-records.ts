import { ErrorCode } from '../protocol/error-code.ts'
import {
  BatchAttributes,
  RecordBatch,
  readBaseOffset,
  readBatchSizeBytes,
  readMagic,
} from '../protocol/record-batch.ts'
import type { LogRefusal } from '../storage/append-result.ts'

const ZSTD = 4
/** KIP-110: clients that send less don't know zstd, so that their consumers would not either. */
const ZSTD_VERSION = 7

/** What Produce asks of records beyond what the log does: one batch of magic 2 (FMT-6), and none of a transaction. */
export function problemOfRecords(records: Uint8Array, apiVersion: number): LogRefusal | null {
  if (records.length <= RecordBatch.MAGIC) return null
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  const magic = readMagic(view, 0)
  // Other values are no format at all: the log refuses them as damage.
  if (magic === 0 || magic === 1) {
    return refused(ErrorCode.INVALID_RECORD, `magic ${magic} is for versions of Produce that are not served`)
  }
  if (records.length < RecordBatch.HEADER_SIZE_BYTES) return null
  if (readBaseOffset(view, 0) !== 0) {
    return refused(ErrorCode.INVALID_RECORD, 'the base offset of a batch in Produce is 0')
  }
  const attributes = view.getInt16(RecordBatch.ATTRIBUTES)
  if ((attributes & BatchAttributes.CODEC_MASK) === ZSTD && apiVersion < ZSTD_VERSION) {
    return refused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `zstd needs version ${ZSTD_VERSION} of Produce`)
  }
  if ((attributes & BatchAttributes.TRANSACTIONAL) !== 0) {
    return refused(ErrorCode.INVALID_TXN_STATE, 'no transaction is open')
  }
  return hasSecondBatch(view) ? refused(ErrorCode.INVALID_RECORD, 'one batch is allowed per partition') : null
}

/** A tail that is no whole batch is passed over, as in Kafka (FMT-7). */
function hasSecondBatch(view: DataView): boolean {
  const sizeBytes = readBatchSizeBytes(view, 0)
  if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES) return false
  const leftBytes = view.byteLength - sizeBytes
  if (leftBytes < RecordBatch.HEADER_SIZE_BYTES) return false
  const nextSizeBytes = readBatchSizeBytes(view, sizeBytes)
  return nextSizeBytes >= RecordBatch.HEADER_SIZE_BYTES && nextSizeBytes <= leftBytes
}

function refused(errorCode: ErrorCode, errorMessage: string): LogRefusal {
  return { ok: false, errorCode, errorMessage }
}
