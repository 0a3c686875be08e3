import {
  BatchAttributes,
  RecordBatch,
  readAttributes,
  readBaseOffset,
  readBaseTimestamp,
  readBatchSizeBytes,
  readMagic,
  readMaxTimestamp,
  readRecordsCount,
} from '../record-batch.ts'
import type { DecodedRecord, RecordHeader } from './batch-record.ts'
import { MalformedBatchError } from './malformed-batch-error.ts'
import { RecordReader } from './record-reader.ts'

/** Answers null for bytes that are not of that codec. */
export type Decompress = (codec: number, payload: Uint8Array) => Uint8Array | null

/** A record has at least its size, attributes, two deltas, two lengths and a count. */
const RECORD_SIZE_MIN_BYTES = 7

/**
 * The records of the first batch in `bytes`, which was checked when it came (no CRC here). Keys and values are views
 * of `bytes`, or of what `decompress` answered.
 *
 * @throws MalformedBatchError for a batch cut short, another magic, a codec without `decompress`, or a size that lies.
 */
export function decodeRecords(bytes: Uint8Array, decompress?: Decompress): DecodedRecord[] {
  const { reader, count, ...base } = openBatch(bytes, decompress)
  const records: DecodedRecord[] = []
  for (let i = 0; i < count; i += 1) records.push(readRecord(reader, base))
  if (reader.leftBytes > 0) throw new MalformedBatchError(`${reader.leftBytes} bytes behind the last record`)
  return records
}

/**
 * The first record of the first batch in `bytes` that matches, null for none. Keys, values and headers are passed over:
 * a small batch may hold millions of records, which nobody wants to have as objects.
 */
export function findRecord(
  bytes: Uint8Array,
  decompress: Decompress,
  matches: (offset: number, timestampMs: number) => boolean,
): { readonly offset: number; readonly timestampMs: number } | null {
  const { reader, count, ...base } = openBatch(bytes, decompress)
  for (let i = 0; i < count; i += 1) {
    const { offset, timestampMs, leftBehind } = readPlace(reader, base)
    if (matches(offset, timestampMs)) return { offset, timestampMs }
    reader.skip(reader.leftBytes - leftBehind)
  }
  return null
}

/** What the fields of records are relative to. */
interface BatchBase {
  readonly baseOffset: number
  readonly baseTimestampMs: number
  /** Stands for the timestamp of every record; undefined when each has its own. */
  readonly appendTimestampMs: number | undefined
}

function openBatch(
  bytes: Uint8Array,
  decompress: Decompress | undefined,
): BatchBase & { readonly reader: RecordReader; readonly count: number } {
  const view = viewOfBatch(bytes)
  const attributes = readAttributes(view, 0)
  const payload = payloadOf(bytes.subarray(0, readBatchSizeBytes(view, 0)), attributes, decompress)
  const count = readRecordsCount(view, 0)
  if (count < 0 || count > payload.byteLength / RECORD_SIZE_MIN_BYTES) {
    throw new MalformedBatchError(`${count} records in ${payload.byteLength} bytes`)
  }
  const isAppendTime = (attributes & BatchAttributes.LOG_APPEND_TIME) !== 0
  return {
    reader: new RecordReader(payload),
    count,
    baseOffset: readBaseOffset(view, 0),
    baseTimestampMs: readBaseTimestamp(view, 0),
    appendTimestampMs: isAppendTime ? readMaxTimestamp(view, 0) : undefined,
  }
}

function viewOfBatch(bytes: Uint8Array): DataView {
  if (bytes.byteLength < RecordBatch.HEADER_SIZE_BYTES)
    throw new MalformedBatchError('a batch cut in its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = readMagic(view, 0)
  if (magic !== RecordBatch.MAGIC_2) throw new MalformedBatchError(`magic ${magic}`)
  const sizeBytes = readBatchSizeBytes(view, 0)
  if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES || sizeBytes > bytes.byteLength) {
    throw new MalformedBatchError(`a batch of ${sizeBytes} bytes in ${bytes.byteLength}`)
  }
  return view
}

function payloadOf(batch: Uint8Array, attributes: number, decompress: Decompress | undefined): Uint8Array {
  const payload = batch.subarray(RecordBatch.HEADER_SIZE_BYTES)
  const codec = attributes & BatchAttributes.CODEC_MASK
  if (codec === 0) return payload
  const plain = decompress?.(codec, payload)
  if (plain === undefined || plain === null) throw new MalformedBatchError(`codec ${codec} could not be read`)
  return plain
}

/** The first fields of a record. `leftBehind` bytes are left where it ends. */
function readPlace(reader: RecordReader, { baseOffset, baseTimestampMs, appendTimestampMs }: BatchBase) {
  const sizeBytes = reader.varint()
  const leftBehind = reader.leftBytes - sizeBytes
  reader.skip(1)
  const timestampDelta = reader.varint()
  const offset = baseOffset + reader.varint()
  if (leftBehind < 0 || leftBehind > reader.leftBytes) {
    throw new MalformedBatchError(`a record that is not of ${sizeBytes} bytes`)
  }
  return { offset, timestampMs: appendTimestampMs ?? baseTimestampMs + timestampDelta, leftBehind }
}

function readRecord(reader: RecordReader, base: BatchBase): DecodedRecord {
  const { offset, timestampMs, leftBehind } = readPlace(reader, base)
  const key = reader.nullableBytes()
  const value = reader.nullableBytes()
  const headers = readHeaders(reader)
  if (reader.leftBytes !== leftBehind)
    throw new MalformedBatchError(`a record with ${reader.leftBytes - leftBehind} bytes too many`)
  return { offset, timestampMs, key, value, headers }
}

function readHeaders(reader: RecordReader): RecordHeader[] {
  const count = reader.varint()
  if (count < 0 || count > reader.leftBytes / 2) throw new MalformedBatchError(`${count} headers`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i += 1) headers.push({ key: reader.text(), value: reader.nullableBytes() })
  return headers
}
