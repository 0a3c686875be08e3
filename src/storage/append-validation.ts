import {
  BATCH_CHECK_ROW_LENGTH,
  BatchCheckFlags,
  BatchCheckReason,
  BatchCheckRow,
  reasonText,
} from '../native/batch-check.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { BatchAttributes, RecordBatch, stampLogAppendTime } from '../protocol/record-batch.ts'
import type { LogRefusal } from './append-result.ts'
import type { BatchNative } from './batch-native.ts'
import type { LogConfig } from './log-config.ts'

/** Decompressed bytes of one batch that a check looks at; a batch that unfolds to more is refused (CMP-6). */
export const DECOMPRESSED_MAX_BYTES = 64 * 1024 * 1024

/** `coordinator`: the broker's own records, control batches among them. */
export type AppendOrigin = 'client' | 'coordinator'

/** Room for what `batchCheck` finds, by BatchCheckRow. */
export function createCheckRow(): Float64Array {
  return new Float64Array(BATCH_CHECK_ROW_LENGTH)
}

/** What a worker found in a batch, with the flags it was told. */
export interface CheckedBatch {
  readonly flags: number
  readonly reason: number
  /** By BatchCheckRow. */
  readonly row: Float64Array
}

export interface AppendOptions {
  readonly leaderEpoch: number
  readonly nowMs: number
  readonly origin: AppendOrigin
  /** Spares the check on the loop, unless what the topic asks for has changed since. */
  readonly checked?: CheckedBatch | null
}

/** What `batchCheck` is told about a batch of this topic. */
export function batchCheckFlags(config: LogConfig, origin: AppendOrigin): number {
  if (origin === 'coordinator') return BatchCheckFlags.CONTROL_ALLOWED
  return config.cleanupCompact ? BatchCheckFlags.KEYS_REQUIRED : 0
}

/** Looks at one batch before it gets its offsets. One for each log: it holds the row of the last check. */
export class AppendValidation {
  /** The fields of the batch that `validate` accepted last, by BatchCheckRow. */
  readonly row = createCheckRow()
  readonly #native: BatchNative

  constructor(native: BatchNative) {
    this.#native = native
  }

  /** Null when the batch may be appended; sets its append time in place where the topic wants it (FMT-9). */
  validate(bytes: Uint8Array, config: LogConfig, options: AppendOptions): LogRefusal | null {
    const refusal = checkSize(bytes.length, config) ?? this.#checkRecords(bytes, config, options)
    if (refusal !== null) return refusal
    if (config.messageTimestampType === 'LogAppendTime') return this.#stampAppendTime(bytes, options)
    return this.#checkCreateTime(bytes, config, options)
  }

  #checkRecords(bytes: Uint8Array, config: LogConfig, options: AppendOptions): LogRefusal | null {
    const reason = this.#reasonFor(bytes, batchCheckFlags(config, options.origin), options.checked ?? null)
    if (reason === BatchCheckReason.OK) return null
    const badRecord = this.row[BatchCheckRow.BAD_RECORD_INDEX]!
    const recordErrors = badRecord >= 0 && badRecord < bytes.length ? { recordErrors: [badRecord] } : {}
    return { ok: false, ...reasonText(reason), ...recordErrors }
  }

  #reasonFor(bytes: Uint8Array, flags: number, checked: CheckedBatch | null): number {
    if (checked === null || checked.flags !== flags) {
      return this.#native.check(bytes, flags, DECOMPRESSED_MAX_BYTES, this.row)
    }
    this.row.set(checked.row)
    return checked.reason
  }

  #stampAppendTime(bytes: Uint8Array, options: AppendOptions): LogRefusal | null {
    const isAppendTime = (this.row[BatchCheckRow.ATTRIBUTES]! & BatchAttributes.LOG_APPEND_TIME) !== 0
    if (isAppendTime && options.origin === 'client') {
      const errorMessage = 'the producer may not set the timestamp type to LogAppendTime'
      return { ok: false, errorCode: ErrorCode.INVALID_TIMESTAMP, errorMessage }
    }
    stampLogAppendTime(
      bytes.subarray(0, this.row[BatchCheckRow.SIZE_BYTES]!),
      options.nowMs,
      this.#native.crc32c,
    )
    this.row[BatchCheckRow.MAX_TIMESTAMP] = options.nowMs
    return null
  }

  /** The type bit is cleared (FMT-9, measured); the maximum timestamp becomes what the records say. */
  #checkCreateTime(bytes: Uint8Array, config: LogConfig, options: AppendOptions): LogRefusal | null {
    const min = this.row[BatchCheckRow.MIN_RECORD_TIMESTAMP]!
    const max = this.row[BatchCheckRow.MAX_RECORD_TIMESTAMP]!
    const tooOld = min >= 0 && options.nowMs - min > config.messageTimestampBeforeMaxMs
    if (tooOld || max - options.nowMs > config.messageTimestampAfterMaxMs) {
      const errorMessage = `a timestamp of the batch, ${min} to ${max}, is out of the range the topic allows`
      return { ok: false, errorCode: ErrorCode.INVALID_TIMESTAMP, errorMessage }
    }
    const attributes = this.row[BatchCheckRow.ATTRIBUTES]!
    const isAppendTime = (attributes & BatchAttributes.LOG_APPEND_TIME) !== 0
    if (isAppendTime || this.row[BatchCheckRow.MAX_TIMESTAMP] !== max)
      this.#rewriteCreateTime(bytes, attributes, max)
    return null
  }

  #rewriteCreateTime(bytes: Uint8Array, attributes: number, maxTimestampMs: number): void {
    const batch = bytes.subarray(0, this.row[BatchCheckRow.SIZE_BYTES]!)
    stampLogAppendTime(batch, maxTimestampMs, this.#native.crc32c)
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
    view.setInt16(RecordBatch.ATTRIBUTES, attributes & ~BatchAttributes.LOG_APPEND_TIME)
    view.setUint32(RecordBatch.CRC, this.#native.crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0))
    this.row[BatchCheckRow.ATTRIBUTES] = attributes & ~BatchAttributes.LOG_APPEND_TIME
    this.row[BatchCheckRow.MAX_TIMESTAMP] = maxTimestampMs
  }
}

/** FMT-7: producers split a batch that is too large for the topic, so that the two codes must differ. */
function checkSize(sizeBytes: number, config: LogConfig): LogRefusal | null {
  if (sizeBytes > config.maxMessageSizeBytes) {
    const errorMessage = `the batch has ${sizeBytes} bytes, the topic allows ${config.maxMessageSizeBytes}`
    return { ok: false, errorCode: ErrorCode.MESSAGE_TOO_LARGE, errorMessage }
  }
  if (sizeBytes <= config.segmentSizeBytes) return null
  const errorMessage = `the batch has ${sizeBytes} bytes, a segment ${config.segmentSizeBytes}`
  return { ok: false, errorCode: ErrorCode.RECORD_LIST_TOO_LARGE, errorMessage }
}
