import { assert } from '../../base/assert.ts'
import { BatchAttributes, type Crc32c, RecordBatch, writeInt64 } from '../record-batch.ts'
import type { BatchRecord, RecordHeader } from './batch-record.ts'
import { varintSizeBytes, writeVarint } from './varint.ts'

export interface RecordBatchOptions {
  readonly baseOffset: number
  /** At least one. */
  readonly records: readonly BatchRecord[]
  /** The codec's bits included; with a codec, `compress` is needed. */
  readonly attributes?: number
  readonly leaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  /** Compresses all records as one, with the codec of `attributes`. */
  readonly compress?: (records: Uint8Array) => Uint8Array
}

const encoder = new TextEncoder()

/** One batch of magic 2 with dense offsets; the base timestamp is that of the first record. */
export function encodeRecordBatch(options: RecordBatchOptions, crc32c: Crc32c): Uint8Array {
  const { records, compress, attributes = 0 } = options
  assert(records.length > 0, 'a batch has at least one record')
  const hasCodec = (attributes & BatchAttributes.CODEC_MASK) !== 0
  assert(hasCodec === (compress !== undefined), 'a codec needs its compressor, and the other way round')
  const plain = encodeRecords(records)
  const payload = compress === undefined ? plain : compress(plain)
  const bytes = new Uint8Array(RecordBatch.HEADER_SIZE_BYTES + payload.byteLength)
  bytes.set(payload, RecordBatch.HEADER_SIZE_BYTES)
  writeHeader(new DataView(bytes.buffer), options)
  const crc = crc32c(bytes.subarray(RecordBatch.CRC_COVERS_FROM), 0)
  new DataView(bytes.buffer).setUint32(RecordBatch.CRC, crc)
  return bytes
}

function writeHeader(view: DataView, options: RecordBatchOptions): void {
  const { records } = options
  const baseTimestampMs = records[0]!.timestampMs
  const maxTimestampMs = records.reduce((max, record) => Math.max(max, record.timestampMs), baseTimestampMs)
  writeInt64(view, RecordBatch.BASE_OFFSET, options.baseOffset)
  view.setInt32(RecordBatch.BATCH_LENGTH, view.byteLength - RecordBatch.LENGTH_OVERHEAD_BYTES)
  view.setInt32(RecordBatch.LEADER_EPOCH, options.leaderEpoch ?? -1)
  view.setInt8(RecordBatch.MAGIC, RecordBatch.MAGIC_2)
  view.setInt16(RecordBatch.ATTRIBUTES, options.attributes ?? 0)
  view.setInt32(RecordBatch.LAST_OFFSET_DELTA, records.length - 1)
  writeInt64(view, RecordBatch.BASE_TIMESTAMP, baseTimestampMs)
  writeInt64(view, RecordBatch.MAX_TIMESTAMP, maxTimestampMs)
  writeInt64(view, RecordBatch.PRODUCER_ID, options.producerId ?? -1)
  view.setInt16(RecordBatch.PRODUCER_EPOCH, options.producerEpoch ?? -1)
  view.setInt32(RecordBatch.BASE_SEQUENCE, options.baseSequence ?? -1)
  view.setInt32(RecordBatch.RECORDS_COUNT, records.length)
}

interface EncodedHeader {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** A record with all its sizes known, so that the bytes are written once and in place. */
interface SizedRecord {
  readonly record: BatchRecord
  readonly headers: readonly EncodedHeader[]
  readonly timestampDelta: number
  readonly offsetDelta: number
  /** Behind the size field. */
  readonly sizeBytes: number
}

function encodeRecords(records: readonly BatchRecord[]): Uint8Array {
  const baseTimestampMs = records[0]!.timestampMs
  const sized = records.map((record, index) => measure(record, record.timestampMs - baseTimestampMs, index))
  const total = sized.reduce((sum, { sizeBytes }) => sum + varintSizeBytes(sizeBytes) + sizeBytes, 0)
  const bytes = new Uint8Array(total)
  const end = sized.reduce((position, record) => writeRecord(bytes, position, record), 0)
  assert(end === total, 'records are as long as they were measured')
  return bytes
}

function measure(record: BatchRecord, timestampDelta: number, offsetDelta: number): SizedRecord {
  const headers = record.headers.map(encodeHeader)
  const headersSize = headers.reduce((sum, { key, value }) => sum + fieldSize(key) + fieldSize(value), 0)
  const deltasSize = varintSizeBytes(timestampDelta) + varintSizeBytes(offsetDelta)
  const fieldsSize = fieldSize(record.key) + fieldSize(record.value) + varintSizeBytes(headers.length)
  return {
    record,
    headers,
    timestampDelta,
    offsetDelta,
    sizeBytes: 1 + deltasSize + fieldsSize + headersSize,
  }
}

function encodeHeader({ key, value }: RecordHeader): EncodedHeader {
  return { key: encoder.encode(key), value }
}

function fieldSize(field: Uint8Array | null): number {
  return field === null ? 1 : varintSizeBytes(field.byteLength) + field.byteLength
}

function writeRecord(bytes: Uint8Array, position: number, sized: SizedRecord): number {
  const { record, headers } = sized
  let next = writeVarint(bytes, position, sized.sizeBytes)
  // Attributes of a record: no bit has a meaning yet.
  bytes[next] = 0
  next = writeVarint(bytes, next + 1, sized.timestampDelta)
  next = writeVarint(bytes, next, sized.offsetDelta)
  next = writeField(bytes, next, record.key)
  next = writeField(bytes, next, record.value)
  next = writeVarint(bytes, next, headers.length)
  for (const { key, value } of headers) next = writeField(bytes, writeField(bytes, next, key), value)
  return next
}

function writeField(bytes: Uint8Array, position: number, field: Uint8Array | null): number {
  if (field === null) return writeVarint(bytes, position, -1)
  const next = writeVarint(bytes, position, field.byteLength)
  bytes.set(field, next)
  return next + field.byteLength
}
