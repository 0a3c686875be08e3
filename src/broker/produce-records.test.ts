import { afterEach, beforeEach, expect, test } from 'vitest'
import { Codec } from '../native/codecs.ts'
import { loadNativeBinding } from '../native/load.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { BatchAttributes, RecordBatch, writeInt64 } from '../protocol/record-batch.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import {
  type BatchOptions,
  batchOf,
  FETCH,
  fetched,
  fetchOf,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'

const NO_OFFSET = -1
const REFUSED = (errorCode: number) => [errorCode, NO_OFFSET]
const NOW_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000
const { crc32c } = loadNativeBinding()
const text = new TextEncoder()

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
  await world.createTopic('t')
})

afterEach(() => world.close())

/** Answers `[errorCode, baseOffset]`. */
async function produce(records: Uint8Array, { version = 9, topic = 't' } = {}) {
  return produced(await world.call(world.connect(), PRODUCE, version, produceOf(topic, records)))
}

async function read(topic = 't', fetchOffset = 0, version = 11): Promise<Uint8Array> {
  const answer = fetched(await world.call(world.connect(), FETCH, version, fetchOf(topic, { fetchOffset })))
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  return answer.records!
}

/** A batch whose header was changed, and its CRC made right again. */
function changed(batch: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  change(view)
  view.setUint32(RecordBatch.CRC, crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0))
  return batch
}

test.each([3, 9, 13])(
  'FMT-6 a batch of magic 0 or 1 is refused with 87, not with 2, in version %i',
  async version => {
    const topicId = await world.createTopic('by-id')
    for (const magic of [0, 1]) {
      const message = new Uint8Array(40)
      const view = new DataView(message.buffer)
      view.setInt32(RecordBatch.BATCH_LENGTH, 28)
      view.setInt8(RecordBatch.MAGIC, magic)
      const partitionData = [{ index: 0, records: message }]
      const topicData = [version >= 13 ? { topicId, partitionData } : { name: 't', partitionData }]
      const answer = await world.call(world.connect(), PRODUCE, version, { acks: -1, topicData })
      expect(produced(answer)).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
    }
  },
)

test.each([3, -1])('FMT-6, FMT-7 magic %i is no format: 2', async magic => {
  const batch = changed(batchOf(['x']), view => view.setInt8(RecordBatch.MAGIC, magic))
  expect(await produce(batch)).toEqual(REFUSED(ErrorCode.CORRUPT_MESSAGE))
})

test.each<readonly [string, (view: DataView) => void]>([
  ['another base offset than 0', view => writeInt64(view, RecordBatch.BASE_OFFSET, 7)],
  ['no records', view => view.setInt32(RecordBatch.RECORDS_COUNT, 0)],
  ['a last offset delta that is not the count', view => view.setInt32(RecordBatch.LAST_OFFSET_DELTA, 5)],
])('FMT-6, FMT-8 a batch with %s is refused with 87, and nothing is appended', async (_what, change) => {
  expect(await produce(changed(batchOf(['x']), change))).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
  expect(await produce(batchOf(['next']))).toEqual([0, 0])
})

test.each([0, -5, 13])('FMT-7 a batch that says it has %i bytes is refused with 2', async sizeBytes => {
  const batch = changed(batchOf(['x']), view => view.setInt32(RecordBatch.BATCH_LENGTH, sizeBytes))
  expect(await produce(batch)).toEqual(REFUSED(ErrorCode.CORRUPT_MESSAGE))
})

test('FMT-7 a batch that is cut short is refused with 87', async () => {
  const batch = batchOf(['abc'])
  expect(await produce(batch.subarray(0, batch.length - 1))).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
})

test('FMT-7, LIM-1 a batch above max.message.bytes is refused with 10, by default above 1,048,588', async () => {
  const batch = batchOf(['x'])
  const bytes = (count: number) => ({ configs: { 'max.message.bytes': `${count}` } })
  await world.createTopic('fits', bytes(batch.length))
  await world.createTopic('small', bytes(batch.length - 1))
  expect(await produce(batch, { topic: 'fits' })).toEqual([0, 0])
  expect(await produce(batch, { topic: 'small' })).toEqual(REFUSED(ErrorCode.MESSAGE_TOO_LARGE))
  const ofSize = (sizeBytes: number) => {
    const whole = batchOf(['x'.repeat(sizeBytes - 80)])
    return batchOf(['x'.repeat(sizeBytes - 80 + sizeBytes - whole.length)])
  }
  expect(ofSize(1_048_588)).toHaveLength(1_048_588)
  expect(await produce(ofSize(1_048_588))).toEqual([0, 0])
  expect(await produce(ofSize(1_048_589))).toEqual(REFUSED(ErrorCode.MESSAGE_TOO_LARGE))
})

test('FMT-7 a batch that no segment can hold is refused with 18', async () => {
  const configs = { 'segment.bytes': '1048576', 'max.message.bytes': '3000000' }
  await world.createTopic('segments', { configs })
  const topic = 'segments'
  expect(await produce(batchOf(['x'.repeat(1_100_000)]), { topic })).toEqual(
    REFUSED(ErrorCode.RECORD_LIST_TOO_LARGE),
  )
})

test.each([Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD])(
  'CMP-1, FMT-10 a batch of codec %i comes back byte for byte, but for base offset and leader epoch',
  async codec => {
    await world.restart()
    await produce(batchOf(['before']))
    const sent = batchOf(['a', 'b', 'a'.repeat(500)], { codec, leaderEpoch: 7 })
    expect(await produce(sent.slice())).toEqual([0, 1])
    const got = await read('t', 1)
    const view = new DataView(got.buffer, got.byteOffset, got.byteLength)
    expect(view.getBigInt64(RecordBatch.BASE_OFFSET)).toBe(1n)
    // The second start of this broker: its partitions are in their second epoch.
    expect(view.getInt32(RecordBatch.LEADER_EPOCH)).toBe(1)
    const from = (bytes: Uint8Array) => [...bytes.subarray(RecordBatch.MAGIC)]
    expect(from(got)).toEqual(from(sent))
    expect(got).toHaveLength(sent.length)
  },
)

test('FMT-11 null keys, null values, headers and odd times come back as they were', async () => {
  const records = [
    { timestampMs: NOW_MS, key: null, value: null, headers: [] },
    { timestampMs: NOW_MS - 5, key: text.encode('k'), value: new Uint8Array(0), headers: [] },
    {
      timestampMs: NOW_MS + 9,
      key: new Uint8Array(0),
      value: text.encode('v'),
      headers: [
        { key: 'h', value: null },
        { key: 'h', value: text.encode('2') },
      ],
    },
  ]
  const sent = encodeRecordBatch({ baseOffset: 0, records }, crc32c)
  expect(await produce(sent.slice())).toEqual([0, 0])
  const from = (bytes: Uint8Array) => [...bytes.subarray(RecordBatch.MAGIC)]
  expect(from(await read())).toEqual(from(sent))
})

test('FMT-8 a record without a key fails its batch on a compacted topic, and is named from version 8', async () => {
  await world.createTopic('compact', { configs: { 'cleanup.policy': 'compact' } })
  const keyed = { timestampMs: NOW_MS, key: text.encode('k'), value: text.encode('v'), headers: [] }
  const records = [keyed, { ...keyed, key: null }]
  const batch = () => encodeRecordBatch({ baseOffset: 0, records }, crc32c)
  for (const version of [7, 8]) {
    const answer = await world.call(world.connect(), PRODUCE, version, produceOf('compact', batch()))
    expect(produced(answer)).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
    const { recordErrors, errorMessage } = answer.responses[0]!.partitionResponses[0]!
    expect(recordErrors.map(({ batchIndex }) => batchIndex)).toEqual(version >= 8 ? [1] : [])
    expect(errorMessage === null).toBe(version < 8)
  }
  const whole = encodeRecordBatch({ baseOffset: 0, records: [keyed] }, crc32c)
  expect(await produce(whole, { topic: 'compact' })).toEqual([0, 0])
})

test('FMT-9 timestamps are taken within what the topic allows, by default up to an hour ahead', async () => {
  const at = (timestampMs: number) => batchOf(['x'], { timestampMs })
  expect(await produce(at(NOW_MS + HOUR_MS))).toEqual([0, 0])
  expect(await produce(at(NOW_MS + HOUR_MS + 1))).toEqual(REFUSED(ErrorCode.INVALID_TIMESTAMP))
  const configs = { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '2000' }
  await world.createTopic('narrow', { configs })
  const narrow = async (timestampMs: number) => (await produce(at(timestampMs), { topic: 'narrow' }))[0]
  expect(await narrow(NOW_MS - 1_000)).toBe(ErrorCode.NONE)
  expect(await narrow(NOW_MS - 1_001)).toBe(ErrorCode.INVALID_TIMESTAMP)
  expect(await narrow(NOW_MS + 2_000)).toBe(ErrorCode.NONE)
  expect(await narrow(NOW_MS + 2_001)).toBe(ErrorCode.INVALID_TIMESTAMP)
  // No timestamp at all is none that is out of range.
  expect(await narrow(-1)).toBe(ErrorCode.NONE)
})

test('FMT-9 LogAppendTime sets bit 3 and the largest time; a producer may not set it there', async () => {
  await world.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const topic = 'stamped'
  expect(await produce(batchOf(['x'], { timestampMs: 5 }), { topic })).toEqual([0, 0])
  const got = await read(topic)
  const view = new DataView(got.buffer, got.byteOffset, got.byteLength)
  expect(view.getInt16(RecordBatch.ATTRIBUTES)).toBe(BatchAttributes.LOG_APPEND_TIME)
  expect(view.getBigInt64(RecordBatch.MAX_TIMESTAMP)).toBe(BigInt(NOW_MS))
  expect(view.getUint32(RecordBatch.CRC)).toBe(crc32c(got.subarray(RecordBatch.CRC_COVERS_FROM), 0))
  const attributes = BatchAttributes.LOG_APPEND_TIME
  expect(await produce(batchOf(['x'], { attributes }), { topic })).toEqual(
    REFUSED(ErrorCode.INVALID_TIMESTAMP),
  )
})

test('FMT-9 on a CreateTime topic the bit of LogAppendTime is taken, and cleared', async () => {
  expect(await produce(batchOf(['x'], { attributes: BatchAttributes.LOG_APPEND_TIME }))).toEqual([0, 0])
  const got = await read()
  const view = new DataView(got.buffer, got.byteOffset, got.byteLength)
  expect(view.getInt16(RecordBatch.ATTRIBUTES)).toBe(0)
  expect(view.getUint32(RecordBatch.CRC)).toBe(crc32c(got.subarray(RecordBatch.CRC_COVERS_FROM), 0))
})

test('CMP-6 a batch that unfolds to more than the broker looks at is refused, and ends nothing else', async () => {
  const bomb = batchOf(['0'.repeat(80 * 1024 * 1024)], { codec: Codec.ZSTD })
  expect(bomb.length).toBeLessThan(100_000)
  const reply = world.connect().send(PRODUCE, 9, produceOf('t', bomb))
  await world.until(() => reply.isAnswered)
  expect(produced(reply.value)[0]).not.toBe(ErrorCode.NONE)
  expect(await produce(batchOf(['next']))).toEqual([0, 0])
})

const producer = (options: BatchOptions) => batchOf(['x'], { producerId: 700, producerEpoch: 0, ...options })

test('IDM-1 a producer that the broker does not know begins at any sequence', async () => {
  expect(await produce(producer({ baseSequence: 7 }))).toEqual([0, 0])
  expect(await produce(producer({ baseSequence: 8 }))).toEqual([0, 1])
  expect(await produce(producer({ baseSequence: 10 }))).toEqual(
    REFUSED(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
  )
})

test('IDM-1 a repeated batch is answered with its first offset and its first append time', async () => {
  await world.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const send = async () => {
    const request = produceOf('stamped', producer({ baseSequence: 0 }))
    const answer = await world.call(world.connect(), PRODUCE, 9, request)
    const { errorCode, baseOffset, logAppendTimeMs } = answer.responses[0]!.partitionResponses[0]!
    return [errorCode, baseOffset, logAppendTimeMs]
  }
  expect(await send()).toEqual([0, 0, NOW_MS])
  await world.pass(5_000)
  expect(await send()).toEqual([0, 0, NOW_MS])
})

test('IDM-1 an older epoch is refused with 47, a newer one begins at sequence 0', async () => {
  expect(await produce(producer({ baseSequence: 0, producerEpoch: 3 }))).toEqual([0, 0])
  expect(await produce(producer({ baseSequence: 1, producerEpoch: 1 }))).toEqual(
    REFUSED(ErrorCode.INVALID_PRODUCER_EPOCH),
  )
  expect(await produce(producer({ baseSequence: 4, producerEpoch: 4 }))).toEqual(
    REFUSED(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
  )
  expect(await produce(producer({ baseSequence: 0, producerEpoch: 4 }))).toEqual([0, 1])
})

test('IDM-1 a sequence of -1 is refused; an epoch of -1 and a negative id are taken', async () => {
  expect(await produce(producer({ baseSequence: -1 }))).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
  expect(await produce(producer({ baseSequence: 0, producerEpoch: -1 }))).toEqual([0, 0])
  expect(await produce(producer({ baseSequence: 0, producerId: -2 }))).toEqual([0, 1])
})

test('PRO-2 a minimum of in-sync replicas above the number of replicas holds nobody up', async () => {
  await world.createTopic('two', { configs: { 'min.insync.replicas': '2' } })
  expect(await produce(batchOf(['x']), { topic: 'two' })).toEqual([0, 0])
  expect((await read('two')).length).toBeGreaterThan(0)
})

test('CMP-5 a topic of zstd is read by versions of Fetch before 10 as well', async () => {
  await world.createTopic('packed', { configs: { 'compression.type': 'zstd' } })
  const sent = batchOf(['z'.repeat(100)], { codec: Codec.ZSTD })
  expect(await produce(sent, { topic: 'packed' })).toEqual([0, 0])
  for (const version of [4, 9, 10]) expect(await read('packed', 0, version)).toHaveLength(sent.length)
})
