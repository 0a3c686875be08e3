import { afterEach, expect, test } from 'vitest'
import { Codec } from '../../native/codecs.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { BatchAttributes } from '../../protocol/record-batch.ts'
import { INIT_PRODUCER_ID } from '../simulated-apis.test-support.ts'
import {
  batchOf,
  FETCH,
  fetched,
  fetchOf,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from '../simulated-broker.test-support.ts'
import type { SimulatedClient } from '../simulated-client.test-support.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAZQ'
const NO_OFFSET = -1
/** Stays too large for the loop when it is compressed. */
const RANDOM_TEXT = Array.from({ length: 40_000 }, (_, n) => ((n * 2_654_435_761) >>> 7).toString(36)).join(
  '',
)
/** A worker checks a batch of some hundred KiB well within it. */
const REAL_CHECK_MS = 100
const REFUSED = (errorCode: number) => [errorCode, NO_OFFSET]

let world: SimulatedBroker
let client: SimulatedClient

async function begin(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await SimulatedBroker.started(settings)
  client = world.connect()
}

afterEach(() => world.close())

/** Answers `[errorCode, baseOffset]`. */
async function produce(version: number, request: Parameters<typeof PRODUCE.encode>[1]) {
  return produced(await world.call(client, PRODUCE, version, request))
}

async function producerIdentity(): Promise<{ producerId: number; producerEpoch: number }> {
  const answer = await world.call(client, INIT_PRODUCER_ID, 4, { transactionTimeoutMs: 60_000 })
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  return answer
}

/** The records that a reader sees from offset 0 on. */
async function readAll(topic: string): Promise<string> {
  const answer = await world.call(world.connect(), FETCH, 11, fetchOf(topic, { fetchOffset: 0 }))
  return new TextDecoder().decode(fetched(answer).records ?? new Uint8Array(0))
}

test.each([3, 5, 7, 8, 9, 12])('PRO-5 the answer of version %i names the base offset', async version => {
  await begin()
  await world.createTopic('t')
  expect(await produce(version, produceOf('t', batchOf(['a', 'b'])))).toEqual([0, 0])
  const answer = await world.call(client, PRODUCE, version, produceOf('t', batchOf(['c'])))
  expect(answer.responses[0]).toMatchObject({ name: 't' })
  const partition = answer.responses[0]!.partitionResponses[0]!
  expect(partition).toMatchObject({ index: 0, errorCode: 0, baseOffset: 2, logAppendTimeMs: -1 })
  expect(partition.logStartOffset).toBe(version >= 5 ? 0 : -1)
})

test('PRO-5 log append time is told when the topic stamps records', async () => {
  await begin()
  await world.createTopic('t', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const answer = await world.call(client, PRODUCE, 9, produceOf('t', batchOf(['a'])))
  expect(answer.responses[0]!.partitionResponses[0]!.logAppendTimeMs).toBe(1_700_000_000_000)
})

test('PRO-5 partitions of one request succeed and fail each for itself, in the order of the request', async () => {
  await begin()
  await world.createTopic('t', { partitions: 2 })
  const partitionData = [1, 9, 0].map(index => ({ index, records: batchOf(['x']) }))
  const missing = { name: 'missing', partitionData: [{ index: 0, records: batchOf(['x']) }] }
  const answer = await world.call(client, PRODUCE, 9, {
    acks: -1,
    topicData: [missing, { name: 't', partitionData }],
  })
  expect(answer.responses.map(({ name }) => name)).toEqual(['missing', 't'])
  expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const results = answer.responses[1]!.partitionResponses.map(partition => [
    partition.index,
    partition.errorCode,
    partition.baseOffset,
  ])
  expect(results).toEqual([
    [1, 0, 0],
    [9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
    [0, 0, 0],
  ])
})

test.each([2, -2, 100])('PRO-1 acks %i is refused and nothing is appended', async acks => {
  await begin()
  await world.createTopic('t')
  expect(await produce(9, produceOf('t', batchOf(['lost']), { acks }))).toEqual(
    REFUSED(ErrorCode.INVALID_REQUIRED_ACKS),
  )
  expect(await readAll('t')).not.toContain('lost')
})

test('PRO-4 internal topics are written by the broker, and by the admin client only', async () => {
  await begin()
  const topics = [{ name: '__consumer_offsets' }]
  await world.call(world.connect(), METADATA, 4, { topics, allowAutoTopicCreation: true })
  const request = produceOf('__consumer_offsets', batchOf(['x']))
  const refused = await produce(9, request)
  expect(refused).toEqual(REFUSED(ErrorCode.INVALID_TOPIC_EXCEPTION))
  client = world.connect('__admin_client')
  const [errorCode] = await produce(9, request)
  // A compacted topic takes no record without a key, whoever writes.
  expect(errorCode).not.toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
})

test('PRO-6 version 13 names topics by id', async () => {
  await begin()
  const topicId = await world.createTopic('t')
  const partitionData = [{ index: 0, records: batchOf(['x']) }]
  const request = (id: string) => ({ acks: -1, topicData: [{ topicId: id, partitionData }] })
  expect(await produce(13, request(UNKNOWN_ID))).toEqual(REFUSED(ErrorCode.UNKNOWN_TOPIC_ID))
  const answer = await world.call(client, PRODUCE, 13, request(topicId))
  expect(answer.responses[0]!.topicId).toBe(topicId)
  expect(produced(answer)).toEqual([0, 0])
})

test.each([3, 8, 9, 12])(
  'FMT-6 null and empty records get 87 in version %i (Kafka never answers null)',
  async version => {
    await begin()
    await world.createTopic('t')
    expect(await produce(version, produceOf('t', null))).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
    expect(await produce(version, produceOf('t', new Uint8Array(0)))).toEqual(
      REFUSED(ErrorCode.INVALID_RECORD),
    )
  },
)

test('FMT-6 a second batch is refused with 87; bytes that are no batch are passed over', async () => {
  await begin()
  await world.createTopic('t')
  const batch = batchOf(['one'])
  const twice = new Uint8Array([...batch, ...batch])
  expect(await produce(9, produceOf('t', twice))).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
  expect(await produce(9, produceOf('t', new Uint8Array([...batch, 1, 2, 3, 4, 5])))).toEqual([0, 0])
})

test('FMT-6 zstd is refused with 76 below version 7', async () => {
  await begin()
  await world.createTopic('t')
  const request = produceOf('t', batchOf(['z'], { codec: Codec.ZSTD }))
  expect(await produce(6, request)).toEqual(REFUSED(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE))
  expect(await produce(7, request)).toEqual([0, 0])
})

test('TXN-5 what belongs to a transaction is refused with 48: none is open', async () => {
  await begin()
  await world.createTopic('t')
  const records = batchOf(['t'], {
    attributes: BatchAttributes.TRANSACTIONAL,
    producerId: 5,
    producerEpoch: 0,
    baseSequence: 0,
  })
  expect(await produce(9, produceOf('t', records))).toEqual(REFUSED(ErrorCode.INVALID_TXN_STATE))
  const named = { ...produceOf('t', batchOf(['t'])), transactionalId: 'tx' }
  expect(await produce(9, named)).toEqual(REFUSED(ErrorCode.INVALID_TXN_STATE))
})

test.each([3, 7, 8, 12])('a damaged batch is refused with its own code in version %i', async version => {
  await begin()
  await world.createTopic('t')
  const damaged = batchOf(['abc'])
  damaged[damaged.length - 2]! ^= 0xff
  expect(await produce(version, produceOf('t', damaged))).toEqual(REFUSED(ErrorCode.CORRUPT_MESSAGE))
  expect(await produce(version, produceOf('t', batchOf(['next'])))).toEqual([0, 0])
})

test('PRO-5 version 8 and above name the records that were refused', async () => {
  await begin()
  await world.createTopic('t', { configs: { 'cleanup.policy': 'compact' } })
  for (const version of [3, 8, 12]) {
    const answer = await world.call(client, PRODUCE, version, produceOf('t', batchOf(['keyless', 'too'])))
    expect(produced(answer)).toEqual(REFUSED(ErrorCode.INVALID_RECORD))
    const { recordErrors, errorMessage } = answer.responses[0]!.partitionResponses[0]!
    expect(recordErrors.map(({ batchIndex }) => batchIndex)).toEqual(version >= 8 ? [0] : [])
    expect(errorMessage === null).toBe(version < 8)
  }
})

test('IDM-1 a repeated batch is answered with its first offset and stored once', async () => {
  await begin()
  await world.createTopic('t')
  const identity = await producerIdentity()
  const at = (baseSequence: number) => batchOf([`value${baseSequence}`], { ...identity, baseSequence })
  expect(await produce(9, produceOf('t', at(0)))).toEqual([0, 0])
  expect(await produce(9, produceOf('t', at(1)))).toEqual([0, 1])
  expect(await produce(9, produceOf('t', at(0)))).toEqual([0, 0])
  expect(await produce(9, produceOf('t', at(3)))).toEqual(REFUSED(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER))
  expect(await produce(9, produceOf('t', at(2)))).toEqual([0, 2])
})

test('IDM-1 a batch that is repeated before it is safe is answered when it is, by both requests', async () => {
  await begin()
  await world.createTopic('t')
  const identity = await producerIdentity()
  const request = () => produceOf('t', batchOf(['v'], { ...identity, baseSequence: 0 }))
  world.disk.holdSyncs()
  const first = client.send(PRODUCE, 9, request())
  const again = world.connect().send(PRODUCE, 9, request())
  await world.quiet()
  const later = world.connect().send(PRODUCE, 9, request())
  await world.quiet()
  expect([first.isAnswered, again.isAnswered, later.isAnswered]).toEqual([false, false, false])
  world.disk.releaseSyncs()
  await world.quiet()
  for (const reply of [first, again, later]) expect(produced(reply.value)).toEqual([0, 0])
})

test('acks=all is answered behind the sync of its records, acks=1 behind their write', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.holdSyncs()
  const all = client.send(PRODUCE, 9, produceOf('t', batchOf(['a'])))
  const one = world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['b']), { acks: 1 }))
  await world.quiet()
  await world.pass(60_000)
  expect(all.isAnswered).toBe(false)
  expect(produced(one.value)).toEqual([0, 1])
  world.disk.releaseSyncs()
  await world.quiet()
  expect(produced(all.value)).toEqual([0, 0])
})

test('acks=1 and acks=all of a write that the disk refuses are told so', async () => {
  await begin()
  await world.createTopic('t')
  for (const acks of [1, -1]) {
    world.disk.failNext('pwritev', 'ENOSPC', 't-0')
    expect(await produce(9, produceOf('t', batchOf(['a']), { acks }))).toEqual(
      REFUSED(ErrorCode.KAFKA_STORAGE_ERROR),
    )
  }
  expect(await produce(9, produceOf('t', batchOf(['b']), { acks: 1 }))).toEqual([0, 0])
})

test('a sync that began before a batch was written does not make it safe', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.holdSyncs()
  const early = client.send(PRODUCE, 9, produceOf('t', batchOf(['a'])))
  await world.quiet()
  const late = world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['b'])))
  await world.quiet()
  world.disk.releaseSyncs()
  world.disk.holdSyncs()
  await world.quiet()
  expect(early.isAnswered).toBe(true)
  expect(late.isAnswered).toBe(false)
  world.disk.releaseSyncs()
  await world.quiet()
  expect(produced(late.value)).toEqual([0, 1])
})

test('mode os answers acks=1 and acks=all from the page cache', async () => {
  await begin({ 'ottla.durability': 'os' })
  await world.createTopic('t')
  world.disk.holdSyncs()
  expect(await produce(9, produceOf('t', batchOf(['a'])))).toEqual([0, 0])
  expect(await produce(9, produceOf('t', batchOf(['b']), { acks: 1 }))).toEqual([0, 1])
  expect(world.disk.syncCount).toBe(0)
})

test('flush.messages=1 makes acks=1 wait for the disk in mode os too', async () => {
  await begin({ 'ottla.durability': 'os' })
  await world.createTopic('t', { configs: { 'flush.messages': '1' } })
  world.disk.holdSyncs()
  const one = client.send(PRODUCE, 9, produceOf('t', batchOf(['a']), { acks: 1 }))
  await world.quiet()
  expect(one.isAnswered).toBe(false)
  world.disk.releaseSyncs()
  await world.quiet()
  expect(produced(one.value)).toEqual([0, 0])
})

test('flush.messages=3 in mode os: the append that reaches it waits, those before do not', async () => {
  await begin({ 'ottla.durability': 'os' })
  await world.createTopic('t', { configs: { 'flush.messages': '3' } })
  world.disk.holdSyncs()
  expect(await produce(9, produceOf('t', batchOf(['a', 'b']), { acks: 1 }))).toEqual([0, 0])
  const third = client.send(PRODUCE, 9, produceOf('t', batchOf(['c']), { acks: 1 }))
  await world.quiet()
  expect(third.isAnswered).toBe(false)
  world.disk.releaseSyncs()
  await world.quiet()
  expect(produced(third.value)).toEqual([0, 2])
})

test('NET-2 five pipelined Produce are answered in order and share one sync', async () => {
  await begin()
  await world.createTopic('t')
  await produce(9, produceOf('t', batchOf(['first'])))
  const before = world.disk.syncCount
  const replies = [1, 2, 3, 4, 5].map(n => client.send(PRODUCE, 9, produceOf('t', batchOf([`v${n}`]))))
  await world.quiet()
  expect(replies.map(reply => produced(reply.value))).toEqual([1, 2, 3, 4, 5].map(offset => [0, offset]))
  expect(world.disk.syncCount - before).toBe(1)
})

test('NET-2 a Produce that waits for no sync is answered behind the one before it that does', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.holdSyncs()
  const all = client.send(PRODUCE, 9, produceOf('t', batchOf(['a'])))
  const one = client.send(PRODUCE, 9, produceOf('t', batchOf(['b']), { acks: 1 }))
  const metadata = client.send(METADATA, 9, { topics: null })
  await world.quiet()
  expect([all.isAnswered, one.isAnswered, metadata.isAnswered]).toEqual([false, false, false])
  world.disk.releaseSyncs()
  await world.quiet()
  // Out of order they would not decode: the client checks the correlation ids.
  expect(produced(one.value)).toEqual([0, 1])
  expect(metadata.value.topics.map(({ name }) => name)).toEqual(['t'])
})

test('NET-7 acks=0 is never answered, and the next request of the connection is', async () => {
  await begin()
  await world.createTopic('t')
  client.sendSilently(PRODUCE, 9, produceOf('t', batchOf(['quiet']), { acks: 0 }))
  await world.quiet()
  expect(client.frames).toHaveLength(0)
  expect(await readAll('t')).toContain('quiet')
  const loud = world.connect()
  loud.sendSilently(PRODUCE, 9, produceOf('t', batchOf(['one']), { acks: 0 }))
  loud.sendSilently(METADATA, 9, { topics: null })
  await world.quiet()
  expect(loud.frames).toHaveLength(1)
  expect(loud.isClosed).toBe(false)
})

test.each([
  ['an unknown topic', 'missing', () => batchOf(['x'])],
  ['null records', 't', () => null],
  ['a batch that the log refuses', 't', () => batchOf(['x']).fill(0, 17, 21)],
])('NET-7 acks=0 with %s ends the connection without a word', async (_name, topic, records) => {
  await begin()
  await world.createTopic('t')
  client.sendSilently(PRODUCE, 9, produceOf(topic, records(), { acks: 0 }))
  await world.quiet()
  expect(client.isClosed).toBe(true)
  expect(client.frames).toHaveLength(0)
})

test('batches that a worker checks keep the order of their partition, and small ones wait behind them', async () => {
  await begin()
  await world.createTopic('t', { partitions: 2 })
  const large = client.send(PRODUCE, 9, produceOf('t', batchOf([RANDOM_TEXT], { codec: Codec.GZIP })))
  const small = client.send(PRODUCE, 9, produceOf('t', batchOf(['small'])))
  const other = world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['other']), { index: 1 }))
  await world.until(() => small.isAnswered)
  expect(produced(large.value)).toEqual([0, 0])
  expect(produced(small.value)).toEqual([0, 1])
  expect(produced(other.value)).toEqual([0, 0])
})

test('request memory of batches that a worker has checked is there for the next', async () => {
  const large = batchOf([RANDOM_TEXT], { codec: Codec.GZIP })
  await begin({ 'queued.max.request.bytes': `${Math.ceil(1.5 * large.length)}` })
  await world.createTopic('t')
  for (let offset = 0; offset < 3; offset += 1) {
    const reply = client.send(PRODUCE, 9, produceOf('t', large.slice()))
    await world.until(() => reply.isAnswered)
    expect(produced(reply.value)).toEqual([0, offset])
  }
})

test('a large damaged batch is refused, and acks=0 with one ends the connection', async () => {
  await begin()
  await world.createTopic('t')
  const damaged = batchOf([RANDOM_TEXT], { codec: Codec.GZIP })
  damaged[damaged.length - 20]! ^= 0xff
  const reply = client.send(PRODUCE, 9, produceOf('t', damaged))
  await world.until(() => reply.isAnswered)
  expect(produced(reply.value)).toEqual(REFUSED(ErrorCode.CORRUPT_MESSAGE))
  client.sendSilently(PRODUCE, 9, produceOf('t', damaged, { acks: 0 }))
  await world.until(() => client.isClosed)
  expect(client.frames).toHaveLength(1)
})

test('the stop waits for what is on its way to the disk, and answers it', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.holdSyncs()
  const waiting = client.send(PRODUCE, 9, produceOf('t', batchOf(['x'])))
  await world.quiet()
  await world.close()
  expect(produced(waiting.value)).toEqual([0, 0])
  await world.start()
  expect(await readAll('t')).toContain('x')
})

test('a batch that is being checked when the broker stops disturbs nobody', async () => {
  await begin()
  await world.createTopic('t')
  world.holdChecks()
  const large = client.send(PRODUCE, 9, produceOf('t', batchOf([RANDOM_TEXT], { codec: Codec.GZIP })))
  client.sendSilently(PRODUCE, 9, produceOf('t', batchOf(['behind']), { acks: 0 }))
  await world.quiet()
  await world.close()
  world.releaseChecks()
  await new Promise(resolve => setTimeout(resolve, REAL_CHECK_MS))
  expect(large.isAnswered).toBe(false)
  await world.start()
  client = world.connect()
  expect(await produce(9, produceOf('t', batchOf(['next'])))).toEqual([0, 0])
})

test('a batch that is being checked when its topic is deleted is told so, and so are those behind it', async () => {
  await begin()
  const topicId = await world.createTopic('t')
  world.holdChecks()
  const large = client.send(PRODUCE, 9, produceOf('t', batchOf([RANDOM_TEXT], { codec: Codec.GZIP })))
  const small = client.send(PRODUCE, 9, produceOf('t', batchOf(['small'])))
  await world.quiet()
  await world.settled(world.broker.metadata.deleteTopic({ name: null, topicId }))
  expect([large.isAnswered, small.isAnswered]).toEqual([false, false])
  world.releaseChecks()
  await world.until(() => small.isAnswered)
  const gone = REFUSED(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  expect([produced(large.value), produced(small.value)]).toEqual([gone, gone])
})

test('a client that leaves while its batch is being checked loses nothing of it and disturbs nobody', async () => {
  await begin()
  await world.createTopic('t')
  world.holdChecks()
  client.sendSilently(PRODUCE, 9, produceOf('t', batchOf([RANDOM_TEXT], { codec: Codec.GZIP })))
  await world.quiet()
  client.close()
  const behind = world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['behind'])))
  await world.quiet()
  world.releaseChecks()
  await world.until(() => behind.isAnswered)
  expect(produced(behind.value)).toEqual([0, 1])
})
