import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { BatchAttributes, RecordBatch } from '../protocol/record-batch.ts'
import type { BatchRecord } from '../protocol/records/batch-record.ts'
import { encodeRecordBatch, type RecordBatchOptions } from '../protocol/records/encode-record-batch.ts'
import {
  BATCH_CHECK_ROW_LENGTH,
  BatchCheckFlags,
  BatchCheckReason,
  BatchCheckRow,
  reasonText,
} from './batch-check.ts'
import { Codec, createCodecs } from './codecs.ts'
import { loadNativeBinding } from './load.ts'

const binding = loadNativeBinding()
const codecs = createCodecs(binding)
const row = new Float64Array(BATCH_CHECK_ROW_LENGTH)
const OUTPUT_MAX_BYTES = 1 << 20
const allCodecs = [Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD]

function record(value: string, timestampMs = 1000, key: string | null = 'k'): BatchRecord {
  const encoder = new TextEncoder()
  return {
    key: key === null ? null : encoder.encode(key),
    value: encoder.encode(value),
    headers: [],
    timestampMs,
  }
}

const three = [record('a', 1000), record('b', 5000), record('c', 3000)]

function batchOf(
  options: Partial<RecordBatchOptions> & { codec?: Codec; payload?: Uint8Array } = {},
): Uint8Array {
  const { codec = Codec.NONE, payload, ...rest } = options
  const attributes = (rest.attributes ?? 0) | codec
  const compress = (records: Uint8Array) => payload ?? codecs.compress(codec, records)
  const withCodec = codec === Codec.NONE ? { attributes } : { attributes, compress }
  return encodeRecordBatch({ baseOffset: 0, records: three, ...rest, ...withCodec }, binding.crc32c)
}

/** Changes the batch and then makes its CRC right again. */
function resealed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const view = new DataView(bytes.buffer)
  change(view)
  view.setUint32(RecordBatch.CRC, binding.crc32c(bytes.subarray(RecordBatch.CRC_COVERS_FROM), 0))
  return bytes
}

/** A batch whose payload is these bytes, uncompressed. */
function rawBatch(payload: readonly number[], recordsCount = 1): Uint8Array {
  const bytes = new Uint8Array(RecordBatch.HEADER_SIZE_BYTES + payload.length)
  bytes.set(batchOf().subarray(0, RecordBatch.HEADER_SIZE_BYTES))
  bytes.set(payload, RecordBatch.HEADER_SIZE_BYTES)
  return resealed(bytes, view => {
    view.setInt32(RecordBatch.BATCH_LENGTH, bytes.length - RecordBatch.LENGTH_OVERHEAD_BYTES)
    view.setInt32(RecordBatch.LAST_OFFSET_DELTA, recordsCount - 1)
    view.setInt32(RecordBatch.RECORDS_COUNT, recordsCount)
  })
}

function check(bytes: Uint8Array, flags = 0, outputMaxBytes = OUTPUT_MAX_BYTES): number {
  return binding.batchCheck(bytes, flags, outputMaxBytes, row)
}

describe('good batches', () => {
  test.each(allCodecs)('FMT-1, FMT-9: header and records of codec %i are reported', codec => {
    const options = { baseOffset: 77, leaderEpoch: 4, producerId: 2 ** 40, producerEpoch: 5, baseSequence: 6 }
    const bytes = batchOf({ codec, ...options })
    expect(check(bytes)).toBe(BatchCheckReason.OK)
    expect([...row.subarray(0, BatchCheckRow.MIN_RECORD_TIMESTAMP)]).toEqual([
      77,
      bytes.length,
      4,
      2,
      1,
      codec,
      2,
      1000,
      5000,
      2 ** 40,
      5,
      6,
      3,
    ])
    expect(row[BatchCheckRow.MIN_RECORD_TIMESTAMP]).toBe(1000)
    expect(row[BatchCheckRow.MAX_RECORD_TIMESTAMP]).toBe(5000)
    expect(row[BatchCheckRow.MAX_RECORD_TIMESTAMP_DELTA]).toBe(1)
    expect(row[BatchCheckRow.BAD_RECORD_INDEX]).toBe(-1)
    expect(row[BatchCheckRow.CODEC]).toBe(codec)
  })

  test('FMT-7: what follows the first batch is not looked at', () => {
    const bytes = batchOf()
    expect(check(Buffer.concat([bytes, Buffer.from('junk!')]))).toBe(BatchCheckReason.OK)
    expect(row[BatchCheckRow.SIZE_BYTES]).toBe(bytes.length)
  })

  test('FMT-7: unused attribute bits and attributes of records pass', () => {
    expect(check(batchOf({ attributes: 0x7f80 }))).toBe(BatchCheckReason.OK)
    expect(check(rawBatch([12, 0xff, 0, 0, 1, 1, 0]))).toBe(BatchCheckReason.OK)
  })

  test.each(allCodecs)('FMT-11: null keys, null values and headers in codec %i', codec => {
    const headers = [
      { key: '', value: null },
      { key: 'ü', value: new Uint8Array(300) },
    ]
    const records = [{ key: null, value: null, headers, timestampMs: -1 }]
    expect(check(batchOf({ codec, records }))).toBe(BatchCheckReason.OK)
    expect(row[BatchCheckRow.MAX_RECORD_TIMESTAMP]).toBe(-1)
  })

  test.each(allCodecs)('FMT-8: records longer than a piece of output in codec %i', codec => {
    const records = [record('x'.repeat(200_000)), record('y'), record('z'.repeat(70_000))]
    expect(check(batchOf({ codec, records }))).toBe(BatchCheckReason.OK)
    expect(row[BatchCheckRow.DECOMPRESSED_SIZE_BYTES]).toBeGreaterThan(270_000)
  })

  test('FMT-11: with HEADER_ONLY a batch that compaction emptied passes', () => {
    const bytes = resealed(batchOf(), view => view.setInt32(RecordBatch.RECORDS_COUNT, 0))
    expect(check(bytes, BatchCheckFlags.HEADER_ONLY)).toBe(BatchCheckReason.OK)
    expect(check(bytes)).toBe(BatchCheckReason.COUNT)
  })
})

describe('refused batches', () => {
  test('FMT-7: a truncated batch answers INVALID_RECORD', () => {
    const bytes = batchOf()
    for (let size = 0; size < bytes.length; size += 1) {
      expect(check(bytes.subarray(0, size))).toBe(BatchCheckReason.TRUNCATED)
    }
    expect(reasonText(BatchCheckReason.TRUNCATED).errorCode).toBe(87)
  })

  test.each([0, -1, -(2 ** 31), 13, 48])('FMT-7: batch length %i answers CORRUPT_MESSAGE', length => {
    const bytes = batchOf()
    new DataView(bytes.buffer).setInt32(RecordBatch.BATCH_LENGTH, length)
    const reason = check(bytes)
    expect(reason).toBe(BatchCheckReason.LENGTH)
    expect(reasonText(reason).errorCode).toBe(2)
  })

  test.each([3, -1, 0, 1])('FMT-7: magic %i answers CORRUPT_MESSAGE', magic => {
    const bytes = batchOf()
    bytes[RecordBatch.MAGIC] = magic
    expect(reasonText(check(bytes)).errorCode).toBe(2)
  })

  test('FMT-7: a CRC mismatch answers CORRUPT_MESSAGE, wherever the bit flipped', () => {
    const bytes = batchOf()
    for (let position = RecordBatch.CRC; position < bytes.length; position += 1) {
      bytes[position]! ^= 0x10
      expect(check(bytes)).toBe(BatchCheckReason.CRC)
      bytes[position]! ^= 0x10
    }
    expect(reasonText(BatchCheckReason.CRC).errorCode).toBe(2)
  })

  const bad: readonly [string, Uint8Array, number, number][] = [
    [
      'a count that is not positive',
      resealed(batchOf(), v => v.setInt32(57, -1)),
      BatchCheckReason.COUNT,
      87,
    ],
    [
      'a wrong last offset delta',
      resealed(batchOf(), v => v.setInt32(23, 3)),
      BatchCheckReason.LAST_OFFSET_DELTA,
      87,
    ],
    ['a gap of offset deltas', rawBatch([12, 0, 0, 2, 1, 1, 0]), BatchCheckReason.OFFSET_DELTA, 87],
    ['a negative record size', rawBatch([13, 0, 0, 0, 1, 1, 0]), BatchCheckReason.RECORD_SIZE, 87],
    ['a record size beyond the batch', rawBatch([14, 0, 0, 0, 1, 1, 0]), BatchCheckReason.RECORD_SIZE, 87],
    [
      'a record size beyond its fields',
      rawBatch([14, 0, 0, 0, 1, 1, 0, 0]),
      BatchCheckReason.RECORD_SIZE,
      87,
    ],
    ['a key beyond the record', rawBatch([12, 0, 0, 0, 20, 1, 0]), BatchCheckReason.RECORD_SIZE, 87],
    ['key length -2', rawBatch([12, 0, 0, 0, 3, 1, 0]), BatchCheckReason.RECORD_SIZE, 87],
    ['an endless varint', rawBatch([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), BatchCheckReason.VARINT, 87],
    ['a varint of 33 bits', rawBatch([0x80, 0x80, 0x80, 0x80, 0x10]), BatchCheckReason.VARINT, 87],
    ['a negative header count', rawBatch([12, 0, 0, 0, 1, 1, 1]), BatchCheckReason.HEADERS, 87],
    ['more headers than bytes', rawBatch([12, 0, 0, 0, 1, 1, 4]), BatchCheckReason.HEADERS, 87],
    ['a null header key', rawBatch([16, 0, 0, 0, 1, 1, 2, 1, 1]), BatchCheckReason.HEADERS, 87],
    [
      'bytes behind the last record',
      rawBatch([12, 0, 0, 0, 1, 1, 0, 0]),
      BatchCheckReason.TRAILING_BYTES,
      87,
    ],
    ['fewer records than said', rawBatch([12, 0, 0, 0, 1, 1, 0], 2), BatchCheckReason.RECORDS_MISSING, 87],
    ['a control batch', batchOf({ attributes: BatchAttributes.CONTROL }), BatchCheckReason.CONTROL_BATCH, 87],
    ['a producer id without sequence', batchOf({ producerId: 1 }), BatchCheckReason.BASE_SEQUENCE, 87],
    [
      'codec 5',
      batchOf({ codec: 5 as Codec, payload: new Uint8Array(9) }),
      BatchCheckReason.UNKNOWN_CODEC,
      76,
    ],
    [
      'codec 7',
      batchOf({ codec: 7 as Codec, payload: new Uint8Array(9) }),
      BatchCheckReason.UNKNOWN_CODEC,
      76,
    ],
  ]
  test.each(bad)('FMT-8: %s', (_, bytes, reason, errorCode) => {
    expect(check(bytes)).toBe(reason)
    expect(reasonText(reason).errorCode).toBe(errorCode)
  })

  test('FMT-8: a compacted topic needs keys, and the record without one is named', () => {
    const bytes = batchOf({ records: [record('a'), record('b', 1000, null)] })
    expect(check(bytes)).toBe(BatchCheckReason.OK)
    expect(check(bytes, BatchCheckFlags.KEYS_REQUIRED)).toBe(BatchCheckReason.KEY_MISSING)
    expect(row[BatchCheckRow.BAD_RECORD_INDEX]).toBe(1)
  })

  test('FMT-8: control batches pass where they are allowed', () => {
    const bytes = batchOf({ attributes: 0x30, producerId: 1, producerEpoch: 0 })
    expect(check(bytes, BatchCheckFlags.CONTROL_ALLOWED)).toBe(BatchCheckReason.OK)
  })

  test.each(allCodecs.slice(1))('FMT-7: garbage as payload of codec %i answers INVALID_RECORD', codec => {
    for (const payload of [new Uint8Array(0), new Uint8Array(1), new Uint8Array(50).fill(0xee)]) {
      const reason = check(batchOf({ codec, payload }))
      expect(reasonText(reason).errorCode).toBe(87)
    }
  })

  test.each(allCodecs.slice(1))('FMT-8: records are checked inside codec %i', codec => {
    const gap = codecs.compress(codec, Uint8Array.of(12, 0, 0, 2, 1, 1, 0))
    expect(check(batchOf({ codec, payload: gap, records: [record('a')] }))).toBe(
      BatchCheckReason.OFFSET_DELTA,
    )
  })

  test.each(allCodecs.slice(1))('CMP-6: a bomb of codec %i is refused at the limit', codec => {
    const bomb = codecs.compress(codec, new Uint8Array(64 << 20))
    // One record that claims them all, so that nothing but the limit can stop the reading.
    const size = [0x80, 0x80, 0x80, 0x20]
    const head = codecs.compress(codec, Uint8Array.from([...size, ...new Uint8Array(100_000)]))
    for (const payload of [bomb, head]) {
      const reason = check(batchOf({ codec, payload, records: [record('a')] }), 0, OUTPUT_MAX_BYTES)
      expect(reason).not.toBe(BatchCheckReason.OK)
      expect(row[BatchCheckRow.DECOMPRESSED_SIZE_BYTES]).toBeLessThanOrEqual(OUTPUT_MAX_BYTES)
    }
    const large = [record('x'.repeat(2 << 20))]
    expect(check(batchOf({ codec, records: large }))).toBe(BatchCheckReason.OUTPUT_TOO_LARGE)
    expect(check(batchOf({ codec, records: large }), 0, 4 << 20)).toBe(BatchCheckReason.OK)
  })
})

describe('on a worker', () => {
  test('CMP-1: many checks at once each fill their own row', async () => {
    const checks = Array.from({ length: 200 }, async (_, i) => {
      const bytes = batchOf({ codec: allCodecs[i % 5]!, baseOffset: i })
      if (i % 7 === 0) bytes[bytes.length - 1]! ^= 1
      const ownRow = new Float64Array(BATCH_CHECK_ROW_LENGTH)
      const reason = await new Promise<number>(resolve => {
        binding.batchCheckAsync(bytes, 0, OUTPUT_MAX_BYTES, ownRow, resolve)
      })
      expect(reason).toBe(i % 7 === 0 ? BatchCheckReason.CRC : BatchCheckReason.OK)
      expect(ownRow[BatchCheckRow.BASE_OFFSET]).toBe(i)
    })
    await Promise.all(checks)
  })

  test('an array without room for a row is refused', () => {
    expect(() => binding.batchCheck(batchOf(), 0, 0, new Float64Array(3))).toThrow(RangeError)
    expect(() => binding.batchCheck(new Float64Array(3) as never, 0, 0, row)).toThrow(TypeError)
  })
})

test('an environment may end while its workers are busy', async () => {
  const script = `
    const { workerData } = require('node:worker_threads')
    const binding = require(workerData)
    const payload = binding.compress(1, 6, new Uint8Array(8 << 20))
    const batch = new Uint8Array(61 + payload.length)
    batch.set(payload, 61)
    const view = new DataView(batch.buffer)
    view.setInt32(8, batch.length - 12)
    view.setInt8(16, 2)
    view.setInt16(21, 1)
    view.setInt32(57, 1)
    view.setUint32(17, binding.crc32c(batch.subarray(21), 0))
    for (let i = 0; i < 50; i += 1) binding.batchCheckAsync(batch, 0, 1 << 30, new Float64Array(19), () => {})
    process.exit(0)
  `
  const path = fileURLToPath(new URL('../../build/Release/ottla.node', import.meta.url))
  for (let round = 0; round < 3; round += 1) {
    const worker = new Worker(script, { eval: true, workerData: path })
    const [exitCode] = await once(worker, 'exit')
    expect(exitCode).toBe(0)
  }
})
