import type { StoredCodec } from '../config/topic-config.ts'
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
import type { ProducerAppend } from './producer-state.ts'

/** What one batch may unfold to, whoever reads its records; the check of an append refuses one with more (CMP-6). */
export const DECOMPRESSED_MAX_BYTES = 64 * 1024 * 1024

const NO_BYTES = new Uint8Array(0)

/** `coordinator`: the broker's own records, control batches among them. */
export type AppendOrigin = 'client' | 'coordinator'

/** Room for what `batchCheck` finds, by BatchCheckRow. */
export function createCheckRow(): Float64Array {
  return new Float64Array(BATCH_CHECK_ROW_LENGTH)
}

/** A batch that was packed anew (CMP-1). */
export interface PackedBatch {
  readonly target: StoredCodec
  readonly sizeMaxBytes: number
  /** Null when it would be longer. */
  readonly batch: Uint8Array | null
}

/** What a worker found in a batch, with the flags it was told. */
export interface CheckedBatch {
  readonly flags: number
  readonly reason: number
  /** By BatchCheckRow. */
  readonly row: Float64Array
  readonly packed: PackedBatch | null
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

/** Looks at one batch before it gets its offsets. One for all logs: it holds what the last check found. */
export class AppendValidation {
  /** The fields of the batch that `validate` accepted last, by BatchCheckRow. */
  readonly row = createCheckRow()
  /** That batch as it is to be stored, without what followed it. */
  batch: Uint8Array = NO_BYTES
  readonly #native: BatchNative

  constructor(native: BatchNative) {
    this.#native = native
  }

  /** What that batch says of its producer. */
  get producer(): ProducerAppend {
    const { row } = this
    return {
      producerId: row[BatchCheckRow.PRODUCER_ID]!,
      producerEpoch: row[BatchCheckRow.PRODUCER_EPOCH]!,
      baseSequence: row[BatchCheckRow.BASE_SEQUENCE]!,
      lastOffsetDelta: row[BatchCheckRow.LAST_OFFSET_DELTA]!,
    }
  }

  /** Null when `batch` may be appended: with its append time where the topic wants it (FMT-9), in its codec (CMP-1). */
  validate(bytes: Uint8Array, config: LogConfig, options: AppendOptions): LogRefusal | null {
    const refusal =
      checkSize(bytes.length, config) ??
      this.#checkRecords(bytes, config, options) ??
      this.#checkTimes(config, options) ??
      this.#pack(bytes, config, options) ??
      checkSegmentSize(this.batch.length, config)
    if (refusal !== null) return refusal
    if (config.messageTimestampType === 'LogAppendTime') this.#stampAppendTime(options.nowMs)
    else this.#mendCreateTime()
    return null
  }

  #checkRecords(bytes: Uint8Array, config: LogConfig, options: AppendOptions): LogRefusal | null {
    const reason = this.#reasonFor(bytes, batchCheckFlags(config, options.origin), options.checked ?? null)
    if (reason === BatchCheckReason.OK) return null
    const badRecord = this.row[BatchCheckRow.BAD_RECORD_INDEX]!
    const recordErrors = badRecord >= 0 && badRecord < bytes.length ? { recordErrors: [badRecord] } : {}
    return { ok: false, ...reasonText(reason), ...recordErrors }
  }

  #pack(bytes: Uint8Array, config: LogConfig, options: AppendOptions): LogRefusal | null {
    const { row } = this
    const sizeBytes = row[BatchCheckRow.SIZE_BYTES]!
    this.batch = sizeBytes === bytes.length ? bytes : bytes.subarray(0, sizeBytes)
    if (options.origin !== 'client' || !needsPacking(row[BatchCheckRow.CODEC]!, config)) return null
    const packed = this.#packed(this.batch, config, options.checked?.packed ?? null)
    if (packed === null) return tooLarge('in the codec of the topic more than', config)
    this.batch = packed
    row[BatchCheckRow.SIZE_BYTES] = packed.length
    row[BatchCheckRow.CODEC] = config.storedCodec!.codec
    row[BatchCheckRow.ATTRIBUTES] = packed[RecordBatch.ATTRIBUTES + 1]!
    return null
  }

  /** A worker has done it, unless what the topic asks for has changed since. */
  #packed(batch: Uint8Array, config: LogConfig, done: PackedBatch | null): Uint8Array | null {
    const target = config.storedCodec!
    const isSame =
      done !== null &&
      done.target.codec === target.codec &&
      done.target.level === target.level &&
      done.sizeMaxBytes === config.maxMessageSizeBytes
    return isSame ? done.batch : this.#native.pack(batch, target, config.maxMessageSizeBytes)
  }

  #reasonFor(bytes: Uint8Array, flags: number, checked: CheckedBatch | null): number {
    if (checked === null || checked.flags !== flags) {
      return this.#native.check(bytes, flags, DECOMPRESSED_MAX_BYTES, this.row)
    }
    this.row.set(checked.row)
    return checked.reason
  }

  #checkTimes(config: LogConfig, { origin, nowMs }: AppendOptions): LogRefusal | null {
    if (config.messageTimestampType === 'LogAppendTime') {
      if (!this.#isAppendTime || origin !== 'client') return null
      const errorMessage = 'the producer may not set the timestamp type to LogAppendTime'
      return { ok: false, errorCode: ErrorCode.INVALID_TIMESTAMP, errorMessage }
    }
    const min = this.row[BatchCheckRow.MIN_RECORD_TIMESTAMP]!
    const max = this.row[BatchCheckRow.MAX_RECORD_TIMESTAMP]!
    const tooOld = min >= 0 && nowMs - min > config.messageTimestampBeforeMaxMs
    if (!tooOld && max - nowMs <= config.messageTimestampAfterMaxMs) return null
    const errorMessage = `a timestamp of the batch, ${min} to ${max}, is out of the range the topic allows`
    return { ok: false, errorCode: ErrorCode.INVALID_TIMESTAMP, errorMessage }
  }

  get #isAppendTime(): boolean {
    return (this.row[BatchCheckRow.ATTRIBUTES]! & BatchAttributes.LOG_APPEND_TIME) !== 0
  }

  #stampAppendTime(nowMs: number): void {
    stampLogAppendTime(this.batch, nowMs, this.#native.crc32c)
    this.row[BatchCheckRow.MAX_TIMESTAMP] = nowMs
  }

  /** The type bit is cleared (FMT-9, measured); the maximum timestamp becomes what the records say. */
  #mendCreateTime(): void {
    const max = this.row[BatchCheckRow.MAX_RECORD_TIMESTAMP]!
    if (!this.#isAppendTime && this.row[BatchCheckRow.MAX_TIMESTAMP] === max) return
    this.#rewriteCreateTime(this.row[BatchCheckRow.ATTRIBUTES]!, max)
  }

  #rewriteCreateTime(attributes: number, maxTimestampMs: number): void {
    const { batch } = this
    stampLogAppendTime(batch, maxTimestampMs, this.#native.crc32c)
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
    view.setInt16(RecordBatch.ATTRIBUTES, attributes & ~BatchAttributes.LOG_APPEND_TIME)
    view.setUint32(RecordBatch.CRC, this.#native.crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0))
    this.row[BatchCheckRow.ATTRIBUTES] = attributes & ~BatchAttributes.LOG_APPEND_TIME
    this.row[BatchCheckRow.MAX_TIMESTAMP] = maxTimestampMs
  }
}

/** True when the topic stores another codec than this (CMP-1). */
export function needsPacking(codec: number, { storedCodec }: LogConfig): boolean {
  return storedCodec !== null && storedCodec.codec !== codec
}

/** What a worker has to pack of a batch that was checked: null for one that will be refused, or has its codec. */
export function partToPack(batch: Uint8Array, checked: CheckedBatch, config: LogConfig): Uint8Array | null {
  const { reason, row } = checked
  if (reason !== BatchCheckReason.OK || batch.length > config.maxMessageSizeBytes) return null
  return needsPacking(row[BatchCheckRow.CODEC]!, config)
    ? batch.subarray(0, row[BatchCheckRow.SIZE_BYTES])
    : null
}

/** FMT-7: producers split a batch that is too large for the topic, so that the codes of the two checks must differ. */
function checkSize(sizeBytes: number, { maxMessageSizeBytes }: LogConfig): LogRefusal | null {
  if (sizeBytes <= maxMessageSizeBytes) return null
  return tooLarge(`${sizeBytes} bytes, more than`, { maxMessageSizeBytes })
}

function tooLarge(what: string, { maxMessageSizeBytes }: Pick<LogConfig, 'maxMessageSizeBytes'>): LogRefusal {
  const errorMessage = `the batch has ${what} the ${maxMessageSizeBytes} bytes that the topic allows`
  return { ok: false, errorCode: ErrorCode.MESSAGE_TOO_LARGE, errorMessage }
}

function checkSegmentSize(sizeBytes: number, config: LogConfig): LogRefusal | null {
  if (sizeBytes <= config.segmentSizeBytes) return null
  const errorMessage = `the batch has ${sizeBytes} bytes, a segment ${config.segmentSizeBytes}`
  return { ok: false, errorCode: ErrorCode.RECORD_LIST_TOO_LARGE, errorMessage }
}
