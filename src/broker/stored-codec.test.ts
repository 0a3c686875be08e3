import { afterEach, beforeEach, expect, test } from 'vitest'
import { Codec, createCodecs } from '../native/codecs.ts'
import { loadNativeBinding } from '../native/load.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { BatchAttributes, RecordBatch } from '../protocol/record-batch.ts'
import { batchesOf } from '../protocol/records/batches-of.ts'
import { decodeRecords } from '../protocol/records/decode-records.ts'
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

const SOURCES = Object.entries(Codec)
const TARGETS = [
  ['uncompressed', Codec.NONE],
  ['gzip', Codec.GZIP],
  ['snappy', Codec.SNAPPY],
  ['lz4', Codec.LZ4],
  ['zstd', Codec.ZSTD],
] as const
const codecs = createCodecs(loadNativeBinding())
const decoder = new TextDecoder()

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
})

afterEach(() => world.close())

/** One request for each, pipelined. Answers `[errorCode, baseOffset]` of each. */
async function produce(topic: string, ...batches: Uint8Array[]) {
  const client = world.connect()
  const replies = batches.map(batch => client.send(PRODUCE, 9, produceOf(topic, batch)))
  await world.until(() => replies.every(({ isAnswered }) => isAnswered))
  return replies.map(({ value }) => produced(value))
}

async function stored(topic: string, fetchOffset = 0): Promise<Uint8Array> {
  const answer = fetched(await world.call(world.connect(), FETCH, 11, fetchOf(topic, { fetchOffset })))
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  return [...batchesOf(answer.records!)][0]!
}

const codecOf = (batch: Uint8Array) => batch[RecordBatch.ATTRIBUTES + 1]! & BatchAttributes.CODEC_MASK
const decompress = (codec: number, payload: Uint8Array) => codecs.decompress(codec, payload, 100_000_000)
const recordsOf = (batch: Uint8Array) =>
  [...decodeRecords(batch, decompress)].map(({ value, offset, timestampMs }) => [
    offset,
    timestampMs,
    decoder.decode(value!),
  ])

async function topicOf(compressionType: string, configs: Record<string, string> = {}): Promise<string> {
  const topic = `as-${compressionType}`
  await world.createTopic(topic, { configs: { 'compression.type': compressionType, ...configs } })
  return topic
}

test.each(TARGETS)('CMP-1 a topic of compression.type=%s stores every batch in it', async (type, target) => {
  const topic = await topicOf(type)
  const values = ['a', 'b'.repeat(1_000), '']
  for (const [index, [, source]] of SOURCES.entries()) {
    const sent = batchOf(values, { codec: source })
    expect(await produce(topic, sent)).toEqual([[ErrorCode.NONE, 3 * index]])
    const batch = await stored(topic, 3 * index)
    expect(codecOf(batch)).toBe(target)
    expect(recordsOf(batch)).toEqual(
      recordsOf(sent).map(([offset, ...rest]) => [Number(offset) + 3 * index, ...rest]),
    )
    const header = (bytes: Uint8Array) => [
      ...bytes.subarray(RecordBatch.LAST_OFFSET_DELTA, RecordBatch.HEADER_SIZE_BYTES),
    ]
    expect(header(batch)).toEqual(header(sent))
  }
})

test('CMP-1 a batch that has the codec of the topic is kept as it is', async () => {
  const topic = await topicOf('gzip', { 'compression.gzip.level': '1' })
  const sent = batchOf(['x'.repeat(10_000)], { codec: Codec.GZIP })
  await produce(topic, sent)
  expect((await stored(topic)).subarray(RecordBatch.MAGIC)).toEqual(sent.subarray(RecordBatch.MAGIC))
})

test('CMP-4 the level of the topic is the one that is packed with', async () => {
  const value = Array.from({ length: 20_000 }, (_, i) => String((i * 2_654_435_761) % 97)).join(' ')
  const sizes: number[] = []
  for (const level of ['1', '19']) {
    const topic = `level-${level}`
    await world.createTopic(topic, {
      configs: { 'compression.type': 'zstd', 'compression.zstd.level': level },
    })
    await produce(topic, batchOf([value]))
    sizes.push((await stored(topic)).length)
  }
  expect(sizes[1]).toBeLessThan(sizes[0]!)
})

test('CMP-1 what gets too large when it is unpacked is refused, and what comes behind it goes on', async () => {
  const topic = await topicOf('uncompressed', { 'max.message.bytes': '2000' })
  const small = batchOf(['x'.repeat(1_800)], { codec: Codec.GZIP })
  const large = batchOf(['x'.repeat(2_000)], { codec: Codec.GZIP })
  expect(large.length).toBeLessThan(200)
  expect(await produce(topic, large, small)).toEqual([
    [ErrorCode.MESSAGE_TOO_LARGE, -1],
    [ErrorCode.NONE, 0],
  ])
})

test('CMP-1 a segment has to hold the batch as it is stored, not as it was sent', async () => {
  const topic = await topicOf('gzip', { 'segment.bytes': '1048576', 'max.message.bytes': '3000000' })
  expect(await produce(topic, batchOf(['x'.repeat(2_000_000)]))).toEqual([[ErrorCode.NONE, 0]])
  const other = await topicOf('uncompressed', { 'segment.bytes': '1048576', 'max.message.bytes': '3000000' })
  const packed = batchOf(['x'.repeat(2_000_000)], { codec: Codec.GZIP })
  expect(await produce(other, packed)).toEqual([[ErrorCode.RECORD_LIST_TOO_LARGE, -1]])
})

test('CMP-1, IDM-1 a repeated batch has the offset of the first one, and requests keep their order', async () => {
  const topic = await topicOf('lz4')
  const batchAt = (baseSequence: number, options: BatchOptions = {}) =>
    batchOf([`${baseSequence}`], { producerId: 9, producerEpoch: 0, baseSequence, ...options })
  const answers = await produce(topic, batchAt(0), batchAt(1, { codec: Codec.LZ4 }), batchAt(2), batchAt(0))
  expect(answers).toEqual([0, 1, 2, 0].map(offset => [ErrorCode.NONE, offset]))
})

test('CMP-1, FMT-9 the time of the append is that of the packed batch', async () => {
  const topic = await topicOf('snappy', { 'message.timestamp.type': 'LogAppendTime' })
  await produce(topic, batchOf(['x'], { timestampMs: 5 }))
  const batch = await stored(topic)
  expect([codecOf(batch), recordsOf(batch)]).toEqual([Codec.SNAPPY, [[0, 1_700_000_000_000, 'x']]])
})

test('CMP-1 a fault is found before anything is packed', async () => {
  const topic = await topicOf('zstd')
  const batch = batchOf(['x'])
  batch[batch.length - 1]! ^= 1
  expect(await produce(topic, batch)).toEqual([[ErrorCode.CORRUPT_MESSAGE, -1]])
})
