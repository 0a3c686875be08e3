import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordBatch } from '../protocol/record-batch.ts'
import type { BatchRecord, RecordHeader } from '../protocol/records/batch-record.ts'
import { decodeRecords } from '../protocol/records/decode-records.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import { MalformedBatchError } from '../protocol/records/malformed-batch-error.ts'
import { BATCH_CHECK_ROW_LENGTH, BatchCheckReason, BatchCheckRow } from './batch-check.ts'
import { Codec, createCodecs } from './codecs.ts'
import { loadNativeBinding } from './load.ts'

const binding = loadNativeBinding()
const codecs = createCodecs(binding)
const row = new Float64Array(BATCH_CHECK_ROW_LENGTH)
const OUTPUT_MAX_BYTES = 1 << 20
const decompress = (codec: number, payload: Uint8Array) => codecs.decompress(codec, payload, OUTPUT_MAX_BYTES)

const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 100, maxLength: 300 }))
const header: fc.Arbitrary<RecordHeader> = fc.record({
  key: fc.string({ unit: 'grapheme', maxLength: 20 }),
  value: fc.option(bytes),
})
const record: fc.Arbitrary<BatchRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 3 }),
  timestampMs: fc.integer({ min: -1, max: 2 ** 42 }),
})
const records = fc.array(record, { minLength: 1, maxLength: 20 })
const codec = fc.constantFrom(Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD)

function encode(values: readonly BatchRecord[], attributes: Codec, baseOffset = 0): Uint8Array {
  const compress = (plain: Uint8Array) => codecs.compress(attributes, plain)
  const withCodec = attributes === Codec.NONE ? {} : { attributes, compress }
  return encodeRecordBatch({ baseOffset, records: values, ...withCodec }, binding.crc32c)
}

function seal(batch: Uint8Array): void {
  const crc = binding.crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0)
  new DataView(batch.buffer).setUint32(RecordBatch.CRC, crc)
}

const check = (batch: Uint8Array) => binding.batchCheck(batch, 0, OUTPUT_MAX_BYTES, row)

test('FMT-1, FMT-11, CMP-1: what is encoded is accepted and comes back', () => {
  const property = fc.property(records, codec, fc.nat(), (values, attributes, baseOffset) => {
    const batch = encode(values, attributes, baseOffset)
    expect(check(batch)).toBe(BatchCheckReason.OK)
    const times = values.map(value => value.timestampMs)
    expect(row[BatchCheckRow.MAX_RECORD_TIMESTAMP]).toBe(Math.max(...times))
    expect(row[BatchCheckRow.MIN_RECORD_TIMESTAMP]).toBe(Math.min(...times))
    expect(row[BatchCheckRow.MAX_RECORD_TIMESTAMP_DELTA]).toBe(times.indexOf(Math.max(...times)))
    const expected = values.map((value, i) => ({ ...value, offset: baseOffset + i }))
    expect(decodeRecords(batch, decompress)).toEqual(expected)
  })
  fc.assert(property, { numRuns: 400 })
})

test('FMT-7: one changed byte is refused, or is one of those that the CRC does not cover', () => {
  const property = fc.property(
    records,
    codec,
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    (values, c, place, mask) => {
      const batch = encode(values, c)
      const position = place % batch.length
      batch[position]! ^= mask
      const isStamped =
        position < RecordBatch.BATCH_LENGTH || (position >= 12 && position < RecordBatch.MAGIC)
      if (!isStamped) expect(check(batch)).not.toBe(BatchCheckReason.OK)
      else expect(check(batch)).toBe(BatchCheckReason.OK)
    },
  )
  fc.assert(property, { numRuns: 2000 })
})

test('FMT-8: with the CRC made right, what the addon accepts is what the reader reads', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
  const property = fc.property(records, codec, edits, (values, attributes, changes) => {
    const batch = encode(values, attributes)
    for (const [place, value] of changes) {
      const from = RecordBatch.RECORDS_COUNT
      batch[from + (place % (batch.length - from))] = value
    }
    seal(batch)
    if (check(batch) !== BatchCheckReason.OK) return
    const decoded = readOrRefuse(batch)
    if (decoded !== null) expect(decoded).toHaveLength(row[BatchCheckRow.RECORDS_COUNT]!)
  })
  fc.assert(property, { numRuns: 3000 })
})

/** The reader in TypeScript has no room for timestamps beyond 2^53; all else it must read. */
function readOrRefuse(batch: Uint8Array): readonly unknown[] | null {
  try {
    return decodeRecords(batch, decompress)
  } catch (error) {
    if (error instanceof MalformedBatchError && error.message.includes('2^53')) return null
    throw error
  }
}

test('FMT-8: any bytes as payload are refused or read, never more', () => {
  const property = fc.property(codec, fc.uint8Array({ maxLength: 200 }), (attributes, payload) => {
    const batch = new Uint8Array(RecordBatch.HEADER_SIZE_BYTES + payload.length)
    const one = { key: null, value: null, headers: [], timestampMs: 0 }
    batch.set(encode([one], Codec.NONE).subarray(0, RecordBatch.HEADER_SIZE_BYTES))
    batch.set(payload, RecordBatch.HEADER_SIZE_BYTES)
    const view = new DataView(batch.buffer)
    view.setInt32(RecordBatch.BATCH_LENGTH, batch.length - RecordBatch.LENGTH_OVERHEAD_BYTES)
    view.setInt16(RecordBatch.ATTRIBUTES, attributes)
    seal(batch)
    if (check(batch) === BatchCheckReason.OK) expect(decodeRecords(batch, decompress)).toHaveLength(1)
    const plain = codecs.decompress(attributes, payload, 1000)
    if (plain !== null) expect(plain.length).toBeLessThanOrEqual(1000)
  })
  fc.assert(property, { numRuns: 3000 })
})
