import { describe, expect, test } from 'vitest'
import {
  BatchAttributes,
  RecordBatch,
  readAttributes,
  readBaseOffset,
  readBaseTimestamp,
  readBatchSizeBytes,
  readInt64,
  readLastOffset,
  readLastOffsetDelta,
  readLeaderEpoch,
  readMagic,
  readMaxTimestamp,
  readRecordsCount,
  stampLogAppendTime,
  stampPlace,
  writeInt64,
} from './record-batch.ts'
import { batchesOf } from './records/batches-of.ts'
import { decodeRecords, findRecord } from './records/decode-records.ts'
import { encodeRecordBatch } from './records/encode-record-batch.ts'
import { MalformedBatchError } from './records/malformed-batch-error.ts'

/** A CRC for tests of places: enough to see what it was computed over. */
const sum = (bytes: Uint8Array, seed: number) =>
  bytes.reduce((total, byte) => (total * 31 + byte) >>> 0, seed)
const utf8 = new TextEncoder()
const records = [
  {
    key: utf8.encode('k'),
    value: utf8.encode('v'),
    headers: [{ key: 'h', value: null }],
    timestampMs: 1_700_000_000_000,
  },
  { key: null, value: null, headers: [], timestampMs: 1_600_000_000_000 },
]
const options = {
  baseOffset: 2 ** 40 + 1,
  records,
  attributes: BatchAttributes.TRANSACTIONAL,
  leaderEpoch: 8,
  producerId: 2 ** 33,
  producerEpoch: 3,
  baseSequence: 44,
}
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

describe('the header', () => {
  test('FMT-1: every field is at its place', () => {
    const bytes = encodeRecordBatch(options, sum)
    const view = viewOf(bytes)
    expect(readBaseOffset(view, 0)).toBe(2 ** 40 + 1)
    expect(readBatchSizeBytes(view, 0)).toBe(bytes.length)
    expect(readLeaderEpoch(view, 0)).toBe(8)
    expect(readMagic(view, 0)).toBe(2)
    expect(view.getUint32(RecordBatch.CRC)).toBe(sum(bytes.subarray(RecordBatch.CRC_COVERS_FROM), 0))
    expect(readAttributes(view, 0)).toBe(0x10)
    expect(readLastOffsetDelta(view, 0)).toBe(1)
    expect(readLastOffset(view, 0)).toBe(2 ** 40 + 2)
    expect(readBaseTimestamp(view, 0)).toBe(1_700_000_000_000)
    expect(readMaxTimestamp(view, 0)).toBe(1_700_000_000_000)
    expect(readInt64(view, RecordBatch.PRODUCER_ID)).toBe(2 ** 33)
    expect(view.getInt16(RecordBatch.PRODUCER_EPOCH)).toBe(3)
    expect(view.getInt32(RecordBatch.BASE_SEQUENCE)).toBe(44)
    expect(readRecordsCount(view, 0)).toBe(2)
  })

  test('FMT-1: the bytes of a small batch', () => {
    const bytes = encodeRecordBatch(
      { baseOffset: 0, records: [{ ...records[0]!, timestampMs: 0 }] },
      () => 0x01020304,
    )
    const hex = Buffer.from(bytes).toString('hex')
    expect(hex).toBe(
      `${'00'.repeat(8)}0000003dffffffff0201020304000000000000${'00'.repeat(16)}${'ff'.repeat(14)}00000001` +
        '1600000002' +
        '6b' +
        '0276' +
        '02' +
        '0268' +
        '01',
    )
  })

  test.each([0, 1, -1, 2 ** 32, -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1])(
    'int64 %d comes back',
    value => {
      const view = new DataView(new ArrayBuffer(8))
      writeInt64(view, 0, value)
      expect(readInt64(view, 0)).toBe(value)
      expect(view.getBigInt64(0)).toBe(BigInt(value))
    },
  )

  test('FMT-10: base offset and leader epoch are stamped outside the CRC', () => {
    const bytes = encodeRecordBatch(options, sum)
    const before = bytes.slice(RecordBatch.MAGIC)
    stampPlace(bytes, 2 ** 40 + 12, 13)
    expect(bytes.slice(RecordBatch.MAGIC)).toEqual(before)
    expect(readLeaderEpoch(viewOf(bytes), 0)).toBe(13)
    expect(decodeRecords(bytes).map(record => record.offset)).toEqual([2 ** 40 + 12, 2 ** 40 + 13])
  })

  test('FMT-9: log append time sets bit 3 and the time of every record, and a new CRC', () => {
    const bytes = encodeRecordBatch(options, sum)
    stampLogAppendTime(bytes, 123_456, sum)
    expect(readAttributes(viewOf(bytes), 0)).toBe(0x18)
    expect(decodeRecords(bytes).map(record => record.timestampMs)).toEqual([123_456, 123_456])
    expect(viewOf(bytes).getUint32(RecordBatch.CRC)).toBe(sum(bytes.subarray(RecordBatch.CRC_COVERS_FROM), 0))
  })
})

describe('records', () => {
  test('FMT-11: keys, values, nulls, headers and times come back', () => {
    const decoded = decodeRecords(encodeRecordBatch(options, sum))
    expect(decoded).toEqual(records.map((record, i) => ({ ...record, offset: options.baseOffset + i })))
  })

  test('CMP-1: a codec goes through the given functions', () => {
    const flip = (bytes: Uint8Array) => bytes.map(byte => byte ^ 0xff)
    const bytes = encodeRecordBatch({ ...options, attributes: 3, compress: flip }, sum)
    const decoded = decodeRecords(bytes, (codec, payload) => (codec === 3 ? flip(payload) : null))
    expect(decoded).toHaveLength(2)
    expect(() => decodeRecords(bytes)).toThrow(MalformedBatchError)
    expect(() => decodeRecords(bytes, () => null)).toThrow(MalformedBatchError)
  })

  test('LO-1: the first record that matches is found, and its key, value and headers are not looked at', () => {
    const none = () => null
    const find = (bytes: Uint8Array, matches: (offset: number, timestampMs: number) => boolean) =>
      findRecord(bytes, none, matches)
    const bytes = encodeRecordBatch(options, sum)
    const places = decodeRecords(bytes).map(({ offset, timestampMs }) => ({ offset, timestampMs }))
    expect(find(bytes, () => true)).toEqual(places[0])
    expect(find(bytes, offset => offset > places[0]!.offset)).toEqual(places[1])
    expect(find(bytes, (_, timestampMs) => timestampMs === places[1]!.timestampMs)).toEqual(places[1])
    expect(find(bytes, () => false)).toBeNull()
    stampLogAppendTime(bytes, 123_456, sum)
    expect(find(bytes, offset => offset > places[0]!.offset)?.timestampMs).toBe(123_456)
    // Size, attributes, two deltas, and 2^31 bytes of key: none of them is there.
    bytes.set([12, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff], RecordBatch.HEADER_SIZE_BYTES)
    expect(() => decodeRecords(bytes)).toThrow(MalformedBatchError)
    expect(find(bytes, () => true)?.offset).toBe(places[0]!.offset)
  })

  test('FMT-8: a record that is larger than the batch, or smaller than its first fields, is not searched', () => {
    for (const size of [[0xfe, 0x7f], [1], [2]]) {
      const bytes = encodeRecordBatch(options, sum)
      bytes.set(size, RecordBatch.HEADER_SIZE_BYTES)
      expect(() =>
        findRecord(
          bytes,
          () => null,
          () => false,
        ),
      ).toThrow(MalformedBatchError)
    }
  })

  test('FMT-7: a batch cut short anywhere is malformed', () => {
    const bytes = encodeRecordBatch(options, sum)
    for (let size = 0; size < bytes.length; size += 1) {
      expect(() => decodeRecords(bytes.subarray(0, size))).toThrow(MalformedBatchError)
    }
  })

  test('FMT-8: a count or a size that lies is malformed', () => {
    for (const [position, value] of [
      [RecordBatch.RECORDS_COUNT, 3],
      [RecordBatch.RECORDS_COUNT, 1],
      [RecordBatch.RECORDS_COUNT, -1],
      [RecordBatch.RECORDS_COUNT, 2 ** 31 - 1],
      [RecordBatch.HEADER_SIZE_BYTES, 0x10000000],
    ] as const) {
      const bytes = encodeRecordBatch(options, sum)
      viewOf(bytes).setInt32(position, value)
      expect(() => decodeRecords(bytes)).toThrow(MalformedBatchError)
    }
  })

  test('FET-3: whole batches are found, a tail is left out, an impossible length is malformed', () => {
    const first = encodeRecordBatch(options, sum)
    const second = encodeRecordBatch({ ...options, baseOffset: 99 }, sum)
    const both = new Uint8Array([...first, ...second])
    expect([...batchesOf(both)]).toEqual([first, second])
    expect([...batchesOf(both.subarray(0, both.length - 1))]).toEqual([first])
    expect([...batchesOf(both.subarray(0, first.length + 11))]).toEqual([first])
    const zeros = new Uint8Array([...first, ...new Uint8Array(100)])
    expect(() => [...batchesOf(zeros)]).toThrow(MalformedBatchError)
  })
})
