import { afterEach, describe, expect, test } from 'vitest'
import { Codec, createCodecs } from '../native/codecs.ts'
import { loadNativeBinding } from '../native/load.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { BatchAttributes, RecordBatch } from '../protocol/record-batch.ts'
import { decodeRecords } from '../protocol/records/decode-records.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import { INCREMENTAL_ALTER_CONFIGS } from './simulated-apis.test-support.ts'
import {
  type BatchOptions,
  batchOf,
  CREATE_TOPICS,
  FETCH,
  fetched,
  fetchOf,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'

const TOPIC = 2
const SET = 0
const NO_OFFSET = -1
const NOW_MS = 1_700_000_000_000
const REFUSED = (errorCode: number) => [errorCode, NO_OFFSET]
/** Stays too large for the loop when it is compressed. */
const RANDOM_TEXT = Array.from({ length: 20_000 }, (_, n) => ((n * 2_654_435_761) >>> 7).toString(36)).join(
  '',
)
const TYPES = [
  ['uncompressed', Codec.NONE],
  ['gzip', Codec.GZIP],
  ['snappy', Codec.SNAPPY],
  ['lz4', Codec.LZ4],
  ['zstd', Codec.ZSTD],
] as const
const binding = loadNativeBinding()
const codecs = createCodecs(binding)
const text = new TextEncoder()

let world: SimulatedBroker

afterEach(() => world.close())

async function begin(configs: Readonly<Record<string, string>>): Promise<void> {
  world = await SimulatedBroker.started()
  await world.createTopic('t', { configs })
}

function send(records: Uint8Array, topic = 't', clientId = 'test') {
  return world.connect(clientId).send(PRODUCE, 9, produceOf(topic, records))
}

/** Answers `[errorCode, baseOffset]`. */
async function produce(records: Uint8Array, topic = 't', clientId = 'test') {
  const reply = send(records, topic, clientId)
  await world.until(() => reply.isAnswered)
  return produced(reply.value)
}

async function alter(name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: SET, value }]
  const resources = [{ resourceType: TOPIC, resourceName: 't', configs }]
  const { responses } = await world.call(world.connect(), INCREMENTAL_ALTER_CONFIGS, 1, { resources })
  expect(responses[0]!.errorCode).toBe(ErrorCode.NONE)
}

async function read(fetchOffset = 0, topic = 't'): Promise<Uint8Array> {
  const request = fetchOf(topic, { fetchOffset })
  const answer = fetched(await world.call(world.connect('__admin_client'), FETCH, 11, request))
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  return answer.records!
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function codecOf(batch: Uint8Array): number {
  return viewOf(batch).getInt16(RecordBatch.ATTRIBUTES) & BatchAttributes.CODEC_MASK
}

/** The header with neither what the codec changes (length, CRC, its bits) nor what the broker writes. */
function headerOf(batch: Uint8Array): readonly number[] {
  const header = batch.slice(RecordBatch.MAGIC, RecordBatch.HEADER_SIZE_BYTES)
  const view = viewOf(header)
  view.setUint32(RecordBatch.CRC - RecordBatch.MAGIC, 0)
  header[RecordBatch.ATTRIBUTES + 1 - RecordBatch.MAGIC]! &= ~BatchAttributes.CODEC_MASK
  return [...header]
}

function payloadOf(batch: Uint8Array): Uint8Array | null {
  return unpack(codecOf(batch), batch.subarray(RecordBatch.HEADER_SIZE_BYTES))
}

function unpack(codec: number, payload: Uint8Array): Uint8Array | null {
  return codecs.decompress(codec, payload, 1 << 24)
}

function expectWhole(batch: Uint8Array): void {
  const view = viewOf(batch)
  expect(view.getInt32(RecordBatch.BATCH_LENGTH)).toBe(batch.length - RecordBatch.LENGTH_OVERHEAD_BYTES)
  const crc = binding.crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0)
  expect(view.getUint32(RecordBatch.CRC)).toBe(crc)
}

/** Records of every shape: headers, nulls, times that go back. */
function richBatch(codec: Codec): Uint8Array {
  const records = [
    { timestampMs: NOW_MS, key: text.encode('k'), value: text.encode('v'.repeat(300)), headers: [] },
    { timestampMs: NOW_MS - 5, key: null, value: null, headers: [{ key: 'h', value: null }] },
    { timestampMs: NOW_MS + 9, key: new Uint8Array(0), value: new Uint8Array(0), headers: [] },
  ]
  const compress = (bytes: Uint8Array) => codecs.compress(codec, bytes)
  const withCodec = codec === Codec.NONE ? {} : { attributes: codec, compress }
  return encodeRecordBatch({ baseOffset: 0, records, ...withCodec }, binding.crc32c)
}

describe.each(TYPES)('CMP-1 a topic whose compression.type is %s', (type, target) => {
  test.each(TYPES)(
    'stores a batch that is sent as %s in its own codec, records and header as they were',
    async (_name, codec) => {
      await begin({ 'compression.type': type })
      const sent = richBatch(codec)
      expect(await produce(richBatch(codec))).toEqual([0, 0])
      expect(await produce(richBatch(codec))).toEqual([0, 3])
      const stored = await read(3)
      expect(codecOf(stored)).toBe(target)
      expectWhole(stored)
      expect(headerOf(stored)).toEqual(headerOf(sent))
      expect(payloadOf(stored)).toEqual(payloadOf(sent))
      const decoded = decodeRecords(stored, unpack)
      expect(decoded.map(({ offset }) => offset)).toEqual([3, 4, 5])
      // What has the topic's codec is not touched.
      if (codec === target)
        expect(stored.subarray(RecordBatch.MAGIC)).toEqual(sent.subarray(RecordBatch.MAGIC))
    },
  )
})

test.each(TYPES.slice(1))(
  'CMP-1 a batch that is packed as %s goes by a worker, in its order',
  async (type, target) => {
    await begin({ 'compression.type': type })
    world.holdChecks()
    const client = world.connect()
    const large = client.send(PRODUCE, 9, produceOf('t', batchOf([RANDOM_TEXT])))
    const small = client.send(PRODUCE, 9, produceOf('t', batchOf(['small'])))
    await world.quiet()
    expect([large.isAnswered, small.isAnswered, world.heldChecksCount]).toEqual([false, false, 2])
    world.releaseChecks()
    await world.until(() => small.isAnswered)
    expect([produced(large.value), produced(small.value)]).toEqual([
      [0, 0],
      [0, 1],
    ])
    const stored = await read()
    expect(codecOf(stored)).toBe(target)
    expect(new TextDecoder().decode(decodeRecords(stored, unpack)[0]!.value!)).toBe(RANDOM_TEXT)
  },
)

test('CMP-1 an internal topic keeps what it is sent, whatever the default of the broker', async () => {
  world = await SimulatedBroker.started({ 'compression.type': 'gzip' })
  await world.createTopic('t')
  const topics = [{ name: '__consumer_offsets' }]
  await world.call(world.connect(), METADATA, 4, { topics, allowAutoTopicCreation: true })
  const records = [{ timestampMs: NOW_MS, key: text.encode('k'), value: text.encode('v'), headers: [] }]
  const batch = () => encodeRecordBatch({ baseOffset: 0, records }, binding.crc32c)
  expect(await produce(batch())).toEqual([0, 0])
  expect(await produce(batch(), '__consumer_offsets', '__admin_client')).toEqual([0, 0])
  expect(codecOf(await read(0))).toBe(Codec.GZIP)
  expect(codecOf(await read(0, '__consumer_offsets'))).toBe(Codec.NONE)
})

test('CMP-4 the level of the topic counts, from its next batch on', async () => {
  await begin({ 'compression.type': 'zstd', 'compression.zstd.level': '-50' })
  expect(await produce(batchOf([RANDOM_TEXT]))).toEqual([0, 0])
  await alter('compression.zstd.level', '19')
  expect(await produce(batchOf([RANDOM_TEXT]))).toEqual([0, 1])
  const first = (await read(0)).length
  expect((await read(1)).length).toBeLessThan(first)
})

test.each([
  ['compression.gzip.level', ['-1', '1', '9'], ['-2', '0', '10']],
  ['compression.lz4.level', ['1', '17'], ['0', '18']],
  ['compression.zstd.level', ['-131072', '0', '22'], ['-131073', '23']],
  ['compression.type', ['uncompressed', 'producer'], ['none', 'GZIP', '']],
])('CMP-4 %s takes %j and refuses %j with 40', async (key, good, bad) => {
  world = await SimulatedBroker.started()
  const create = async (value: string, name: string) => {
    const configs = [{ name: key, value }]
    const topic = { name, numPartitions: 1, replicationFactor: 1, configs }
    const answer = await world.call(world.connect(), CREATE_TOPICS, 7, { topics: [topic], timeoutMs: 1000 })
    return answer.topics[0]!.errorCode
  }
  for (const value of good) expect(await create(value, `good${value}`)).toBe(ErrorCode.NONE)
  for (const value of bad) expect(await create(value, `bad${value}`)).toBe(ErrorCode.INVALID_CONFIG)
})

test('IDM-1, CMP-1 a repeated batch is answered with its first offset, in whatever codec it comes again', async () => {
  await begin({ 'compression.type': 'zstd' })
  const at = (baseSequence: number, codec: Codec) =>
    batchOf(['x'.repeat(100)], { producerId: 7, producerEpoch: 0, baseSequence, codec })
  expect(await produce(at(0, Codec.GZIP))).toEqual([0, 0])
  expect(await produce(at(1, Codec.NONE))).toEqual([0, 1])
  expect(await produce(at(0, Codec.GZIP))).toEqual([0, 0])
  expect(await produce(at(0, Codec.ZSTD))).toEqual([0, 0])
  expect(await produce(at(1, Codec.LZ4))).toEqual([0, 1])
  expect(await produce(at(3, Codec.GZIP))).toEqual(REFUSED(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER))
  expect(await produce(at(2, Codec.GZIP))).toEqual([0, 2])
})

test('CMP-1, FMT-7 max.message.bytes counts before a batch is packed anew, and after', async () => {
  const value = 'a'.repeat(5000)
  const plainSize = batchOf([value]).length
  await begin({ 'compression.type': 'uncompressed', 'max.message.bytes': `${plainSize}` })
  expect(await produce(batchOf([value], { codec: Codec.GZIP }))).toEqual([0, 0])
  await alter('max.message.bytes', `${plainSize - 1}`)
  expect(await produce(batchOf([value], { codec: Codec.GZIP }))).toEqual(REFUSED(ErrorCode.MESSAGE_TOO_LARGE))
  await alter('compression.type', 'gzip')
  expect(await produce(batchOf([value]))).toEqual(REFUSED(ErrorCode.MESSAGE_TOO_LARGE))
  expect(await produce(batchOf(['next']))).toEqual([0, 1])
})

test('CMP-1, FMT-7 a segment needs room for what is stored, not for what was sent', async () => {
  const value = 'a'.repeat(1_500_000)
  const sizes = { 'segment.bytes': '1048576', 'max.message.bytes': '3000000' }
  await begin({ 'compression.type': 'gzip', ...sizes })
  expect(await produce(batchOf([value]))).toEqual([0, 0])
  await alter('compression.type', 'uncompressed')
  const packed = batchOf([value], { codec: Codec.GZIP })
  expect(await produce(packed)).toEqual(REFUSED(ErrorCode.RECORD_LIST_TOO_LARGE))
})

test('CMP-1, FMT-9 a time out of range is told before a size that is', async () => {
  const times = { 'message.timestamp.before.max.ms': '1000' }
  await begin({ 'compression.type': 'uncompressed', 'max.message.bytes': '1000', ...times })
  const options: BatchOptions = { codec: Codec.GZIP, timestampMs: NOW_MS - 2000 }
  expect(await produce(batchOf(['a'.repeat(5000)], options))).toEqual(REFUSED(ErrorCode.INVALID_TIMESTAMP))
})

test('CMP-1, FMT-9 the append time is written into what is stored', async () => {
  await begin({ 'compression.type': 'zstd', 'message.timestamp.type': 'LogAppendTime' })
  const reply = send(batchOf(['x'.repeat(100)], { codec: Codec.GZIP, timestampMs: 5 }))
  await world.until(() => reply.isAnswered)
  const { errorCode, logAppendTimeMs } = reply.value.responses[0]!.partitionResponses[0]!
  expect([errorCode, logAppendTimeMs]).toEqual([ErrorCode.NONE, NOW_MS])
  const stored = await read()
  const view = viewOf(stored)
  expect(view.getInt16(RecordBatch.ATTRIBUTES)).toBe(BatchAttributes.LOG_APPEND_TIME | Codec.ZSTD)
  expect(view.getBigInt64(RecordBatch.MAX_TIMESTAMP)).toBe(BigInt(NOW_MS))
  expectWhole(stored)
  const options = { codec: Codec.NONE, attributes: BatchAttributes.LOG_APPEND_TIME }
  expect(await produce(batchOf(['x'], options))).toEqual(REFUSED(ErrorCode.INVALID_TIMESTAMP))
})

test('CMP-1, FMT-9 a maximum time that lies is mended, and bits without a meaning are gone', async () => {
  await begin({ 'compression.type': 'lz4' })
  const batch = batchOf(['x'.repeat(100)])
  const view = viewOf(batch)
  view.setBigInt64(RecordBatch.MAX_TIMESTAMP, BigInt(NOW_MS + 7))
  view.setInt16(RecordBatch.ATTRIBUTES, 0x40c8)
  view.setUint32(RecordBatch.CRC, binding.crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0))
  expect(await produce(batch)).toEqual([0, 0])
  const stored = await read()
  expect(viewOf(stored).getBigInt64(RecordBatch.MAX_TIMESTAMP)).toBe(BigInt(NOW_MS))
  expect(viewOf(stored).getInt16(RecordBatch.ATTRIBUTES)).toBe(Codec.LZ4)
  expectWhole(stored)
})

test.each([
  ['its CRC is wrong', 0, ErrorCode.CORRUPT_MESSAGE],
  ['its payload is garbage under a right CRC', 1, ErrorCode.INVALID_RECORD],
])('CMP-1, FMT-7 a batch is refused when %s, and nothing is stored', async (_what, isSealed, errorCode) => {
  await begin({ 'compression.type': 'zstd' })
  const batch = batchOf([RANDOM_TEXT], { codec: Codec.GZIP })
  batch.fill(9, 200, 300)
  const crc = binding.crc32c(batch.subarray(RecordBatch.CRC_COVERS_FROM), 0)
  if (isSealed === 1) viewOf(batch).setUint32(RecordBatch.CRC, crc)
  expect(await produce(batch)).toEqual(REFUSED(errorCode))
  expect(await produce(batchOf(['next']))).toEqual([0, 0])
})

test.each([
  ['zstd', 'compression.type', 'lz4', Codec.LZ4],
  ['zstd', 'compression.type', 'uncompressed', Codec.NONE],
  ['zstd', 'compression.type', 'producer', Codec.GZIP],
  ['producer', 'compression.type', 'zstd', Codec.ZSTD],
  ['zstd', 'max.message.bytes', '2000000', Codec.ZSTD],
])(
  'CMP-1 %s, and %s becomes %s while a batch is with a worker: the last word counts',
  async (type, key, value, codec) => {
    await begin({ 'compression.type': type })
    world.holdChecks()
    const reply = send(batchOf([RANDOM_TEXT], { codec: Codec.GZIP }))
    await world.quiet()
    await alter(key, value)
    expect([reply.isAnswered, world.heldChecksCount]).toEqual([false, 1])
    world.releaseChecks()
    await world.until(() => reply.isAnswered)
    expect(produced(reply.value)).toEqual([0, 0])
    const stored = await read()
    expect(codecOf(stored)).toBe(codec)
    expectWhole(stored)
  },
)

test('CMP-1 max.message.bytes shrinks while a batch is with a worker: what it became is too large', async () => {
  await begin({ 'compression.type': 'uncompressed' })
  world.holdChecks()
  const reply = send(batchOf(['a'.repeat(5000)], { codec: Codec.GZIP }))
  await world.quiet()
  await alter('max.message.bytes', '1000')
  world.releaseChecks()
  await world.until(() => reply.isAnswered)
  expect(produced(reply.value)).toEqual(REFUSED(ErrorCode.MESSAGE_TOO_LARGE))
})

test('CMP-1, CMP-6 a hundred small batches that unfold to a megabyte each are not unfolded all at once', async () => {
  await begin({ 'compression.type': 'uncompressed' })
  world.holdChecks()
  const bomb = batchOf(['0'.repeat(1_000_000)], { codec: Codec.ZSTD })
  expect(bomb.length).toBeLessThan(200)
  const replies = Array.from({ length: 100 }, () => send(bomb.slice()))
  await world.quiet()
  expect(world.heldChecksCount).toBe(16)
  world.releaseChecks()
  await world.until(() => replies.every(({ isAnswered }) => isAnswered))
  expect(replies.map(({ value }) => produced(value))).toEqual(replies.map((_, index) => [0, index]))
})

test('CMP-1, CMP-6 batches that are refused hold no memory from those behind them', async () => {
  await begin({ 'compression.type': 'uncompressed', 'message.timestamp.before.max.ms': '1000' })
  const options: BatchOptions = { codec: Codec.ZSTD, timestampMs: NOW_MS - 2000 }
  const tooOld = batchOf(['0'.repeat(1_000_000)], options)
  const replies = Array.from({ length: 100 }, () => send(tooOld.slice()))
  await world.until(() => replies.every(({ isAnswered }) => isAnswered))
  const refused = REFUSED(ErrorCode.INVALID_TIMESTAMP)
  expect(replies.map(({ value }) => produced(value))).toEqual(replies.map(() => refused))
})

test('CMP-1 a batch that is packed anew while its topic is deleted, or its broker stops, disturbs nobody', async () => {
  await begin({ 'compression.type': 'zstd' })
  const topicId = await world.createTopic('gone', { configs: { 'compression.type': 'zstd' } })
  world.holdChecks()
  const gone = send(batchOf([RANDOM_TEXT]), 'gone')
  await world.quiet()
  await world.settled(world.broker.metadata.deleteTopic({ name: null, topicId }))
  world.releaseChecks()
  await world.until(() => gone.isAnswered)
  expect(produced(gone.value)).toEqual(REFUSED(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
  world.holdChecks()
  const unanswered = send(batchOf([RANDOM_TEXT]))
  await world.quiet()
  await world.close()
  world.releaseChecks()
  expect(unanswered.isAnswered).toBe(false)
  await world.start()
  expect(await produce(batchOf(['next']))).toEqual([0, 0])
})
