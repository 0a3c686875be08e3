import { describe, expect, test } from 'vitest'
import { RecordBatch } from '../protocol/record-batch.ts'
import { findRecord } from '../protocol/records/decode-records.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import { BatchCheckReason } from './batch-check.ts'
import { Codec, createCodecs } from './codecs.ts'
import { createCrc32c } from './crc32c.ts'
import { loadNativeBinding } from './load.ts'

const binding = loadNativeBinding()
const codecs = createCodecs(binding)
const BASE_OFFSET = 1000
const OUTPUT_MAX_BYTES = 1_000_000
const LOG_APPEND_TIME = 0x08

/** Records with these timestamps, each large enough that a batch has several pieces when it is decompressed. */
function batchOf(timestamps: readonly number[], codec: Codec = Codec.NONE, attributes = 0): Uint8Array {
  const records = timestamps.map(timestampMs => ({
    timestampMs,
    key: null,
    value: new Uint8Array(3000).fill(timestampMs),
    headers: [],
  }))
  const compress = (bytes: Uint8Array) => codecs.compress(codec, bytes)
  return encodeRecordBatch(
    {
      baseOffset: BASE_OFFSET,
      records,
      attributes: codec | attributes,
      ...(codec === Codec.NONE ? {} : { compress }),
    },
    createCrc32c(binding),
  )
}

function find(batch: Uint8Array, timestampMs: number, fromOffset = 0, maxBytes = OUTPUT_MAX_BYTES) {
  return new Promise<number[]>(resolve => {
    binding.findTimestamp(batch, timestampMs, fromOffset, maxBytes, (...found) => resolve(found))
  })
}

const TIMESTAMPS = Array.from({ length: 60 }, (_, index) => 100 + ((index * 37) % 60))

describe('LO-1: a worker finds the record that the reader finds', () => {
  test.each(Object.entries(Codec))('codec %s', async (_name, codec) => {
    for (const attributes of [0, LOG_APPEND_TIME]) {
      const batch = batchOf(TIMESTAMPS, codec, attributes)
      for (const [timestampMs, fromOffset] of [
        [0, 0],
        [130, 0],
        [130, BASE_OFFSET + 30],
        [159, 0],
        [160, 0],
      ]) {
        const expected = findRecord(
          batch,
          (number, payload) => codecs.decompress(number, payload, OUTPUT_MAX_BYTES),
          (offset, recordMs) => recordMs >= timestampMs! && offset >= fromOffset!,
        )
        const found = await find(batch, timestampMs!, fromOffset)
        expect(found).toEqual([0, expected?.offset ?? -1, expected?.timestampMs ?? -1])
      }
    }
  })
})

test('LO-1: of a compressed batch no more is decompressed than lies before the record', async () => {
  const batch = batchOf(TIMESTAMPS, Codec.LZ4)
  expect(await find(batch, 0, 0, 70_000)).toEqual([0, BASE_OFFSET, 100])
  expect((await find(batch, 1000, 0, 70_000))[0]).toBe(BatchCheckReason.OUTPUT_TOO_LARGE)
})

test('LO-1: a batch that makes no sense is refused', async () => {
  const broken = batchOf(TIMESTAMPS, Codec.GZIP)
  broken.fill(0xff, RecordBatch.HEADER_SIZE_BYTES)
  expect((await find(broken, 0))[0]).toBe(BatchCheckReason.GARBAGE)
  expect((await find(broken.subarray(0, 80), 0))[0]).toBe(BatchCheckReason.TRUNCATED)
  const unknown = batchOf([1])
  unknown[RecordBatch.ATTRIBUTES + 1] = 6
  expect((await find(unknown, 0))[0]).toBe(BatchCheckReason.UNKNOWN_CODEC)
})
