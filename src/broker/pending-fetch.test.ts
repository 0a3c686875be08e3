import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import type { PartitionData } from '../protocol/generated/fetch.ts'
import { Partition } from '../replication/partition.ts'
import { Partitions } from '../replication/partitions.ts'
import { type Place, SessionReader, type Topic } from './session-reader.test-support.ts'
import { DELETE_RECORDS, DELETE_TOPICS } from './simulated-apis.test-support.ts'
import {
  batchOf,
  fetched,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'

const MANY = 1_000
const CHANGED = [537, 0, 999]
const VERSION = 13
const WAIT_MS = 30_000
/** Then the disk is asked again. */
const REFUSED_RETRY_MS = 10_000
const RETENTION_CHECK_MS = 1_000
const RETAINED = { configs: { 'retention.ms': '1' } }
const BATCH_BYTES = batchOf(['v0']).length

let world: SimulatedBroker
let reader: SessionReader

beforeEach(async () => {
  world = await SimulatedBroker.started({
    'log.retention.check.interval.ms': String(RETENTION_CHECK_MS),
    'max.incremental.fetch.session.cache.slots': '1',
  })
  reader = new SessionReader(world, VERSION)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await world.close()
})

async function createTopic(
  name: string,
  options: Parameters<SimulatedBroker['createTopic']>[1] = {},
): Promise<Topic> {
  return { name, topicId: await world.createTopic(name, options) }
}

/** A session of all partitions of a topic, that was told of all. */
async function open(topic: Topic, partitions = 1): Promise<void> {
  for (let partition = 0; partition < partitions; partition += 1) reader.add(topic, partition)
  await reader.fetch()
}

async function produce(index = 0): Promise<void> {
  const answer = await world.call(world.connect(), PRODUCE, 9, produceOf('t', batchOf(['v0']), { index }))
  expect(produced(answer)[0]).toBe(ErrorCode.NONE)
}

async function deleteRecords(): Promise<void> {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }]
  await world.call(world.connect(), DELETE_RECORDS, 2, { topics, timeoutMs: 1_000 })
}

function partitionsOf(told: ReadonlyMap<Place, PartitionData>): number[] {
  return [...told.keys()].map(({ partition }) => partition)
}

/** What is done for each partition that is looked at. */
function countCosts() {
  const looks = vi.spyOn(Partition.prototype, 'read')
  const others = [
    vi.spyOn(Partition.prototype, 'watch'),
    vi.spyOn(Partition.prototype, 'unwatch'),
    vi.spyOn(Partitions.prototype, 'get'),
  ]
  return () => {
    const counts = [looks.mock.calls.length, others.reduce((sum, { mock }) => sum + mock.calls.length, 0)]
    for (const spy of [looks, ...others]) spy.mockClear()
    return counts
  }
}

test('FSS-1 of the 1,000 partitions of a session the one that has changed is looked at', async () => {
  const topic = await createTopic('t', { partitions: MANY })
  await open(topic, MANY)
  const takeCounts = countCosts()
  let waiting = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  expect(takeCounts()).toEqual([0, 0])
  for (const index of CHANGED) {
    await produce(index)
    expect(fetched(waiting.value)).toMatchObject({ partitionIndex: index, highWatermark: 1 })
    // The producer's own look-up.
    expect(takeCounts()).toEqual([1, 1])
    reader.take(waiting.value)
    reader.add(topic, index, 1)
    waiting = reader.send({ maxWaitMs: WAIT_MS })
    await world.quiet()
    // That it gave all is found out once.
    expect(takeCounts()).toEqual([1, 1])
  }
})

test('FSS-1 a change is a look at what has changed, and at what was too little to be answered', async () => {
  const topic = await createTopic('t', { partitions: 3 })
  await open(topic, 3)
  const waiting = reader.send({ maxWaitMs: WAIT_MS, minBytes: 3 * BATCH_BYTES })
  await world.quiet()
  const takeCounts = countCosts()
  for (const [index, looks] of [
    [0, 1],
    [1, 2],
  ] as const) {
    await produce(index)
    expect(takeCounts()[0]).toBe(looks)
  }
  await produce(1)
  expect(partitionsOf(reader.take(waiting.value))).toEqual([0, 1])
})

test('FSS-1 FET-2 what a full answer had no room to look into is looked at the next time', async () => {
  const topic = await createTopic('t', { partitions: 2 })
  await open(topic, 2)
  await produce(0)
  reader.add(topic, 0)
  reader.add(topic, 1, 9)
  expect([...(await reader.fetch({ maxBytes: BATCH_BYTES })).values()]).toMatchObject([{ highWatermark: 1 }])
  reader.add(topic, 0, 1)
  const [told] = (await reader.fetch()).values()
  expect(told).toMatchObject({ partitionIndex: 1, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
})

test('FSS-1 a Fetch that waits is answered with 71 once another one has overtaken it; no append is lost', async () => {
  await open(await createTopic('t', { partitions: 2 }), 2)
  const older = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  reader.reconnect()
  const newer = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  expect(older.value).toMatchObject({ errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, responses: [] })
  expect(newer.isAnswered).toBe(false)
  await produce(1)
  expect(partitionsOf(reader.take(newer.value))).toEqual([1])
  expect(world.broker.parkedFetchCount).toBe(0)
})

test('FSS-1 an append in the wake-up in which a Fetch is overtaken goes to the newer one', async () => {
  await open(await createTopic('t'))
  const older = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  reader.reconnect()
  const producer = world.connect()
  const newer = reader.send({ maxWaitMs: WAIT_MS })
  const appended = producer.send(PRODUCE, 9, produceOf('t', batchOf(['v0'])))
  await world.quiet()
  expect(appended.isAnswered).toBe(true)
  expect(older.value.errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  expect(partitionsOf(reader.take(newer.value))).toEqual([0])
})

test('FSS-2 a Fetch that waits is answered when its session gives way to another one', async () => {
  await open(await createTopic('t', { partitions: 2 }))
  await world.pass(120_001)
  const waiting = reader.send({ maxWaitMs: WAIT_MS })
  await world.pass(120_001)
  const larger = new SessionReader(world, VERSION)
  const again = reader.send({ maxWaitMs: 10 * WAIT_MS })
  await world.quiet()
  expect([waiting.isAnswered, again.isAnswered]).toEqual([true, false])
  for (const partition of [0, 1]) larger.add([...reader.places.values()][0]!.topic, partition)
  await larger.fetch()
  expect(again.value).toMatchObject({ errorCode: ErrorCode.NONE, responses: [] })
  expect(world.broker.parkedFetchCount).toBe(0)
})

test('FSS-1 a log start offset that moved is told, whoever moved it', async () => {
  await open(await createTopic('t'))
  await produce()
  reader.add([...reader.places.values()][0]!.topic, 0, 1)
  expect([...(await reader.fetch()).values()]).toMatchObject([{ highWatermark: 1, logStartOffset: 0 }])
  await deleteRecords()
  expect([...(await reader.fetch()).values()]).toMatchObject([{ highWatermark: 1, logStartOffset: 1 }])
  expect(await reader.fetch()).toEqual(new Map())
})

test('FSS-1 RET-1 a log start offset that retention moved is told', async () => {
  const topic = await createTopic('t', RETAINED)
  await open(topic)
  await produce()
  reader.add(topic, 0, 1)
  await reader.fetch()
  await world.pass(RETENTION_CHECK_MS)
  expect([...(await reader.fetch()).values()]).toMatchObject([{ highWatermark: 1, logStartOffset: 1 }])
})

test('FET-1 a Fetch that waits hears at once that retention has taken what it wants', async () => {
  const topic = await createTopic('t', RETAINED)
  await produce()
  await open(topic)
  const waiting = reader.send({ maxWaitMs: WAIT_MS, minBytes: 2 * BATCH_BYTES })
  await world.quiet()
  expect(waiting.isAnswered).toBe(false)
  await world.pass(RETENTION_CHECK_MS)
  expect(fetched(waiting.value).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
})

test('FET-1 what a Fetch found while it waited is looked at again when its time is over', async () => {
  const topic = await createTopic('t', RETAINED)
  await produce()
  await open(topic)
  const waiting = reader.send({ maxWaitMs: 2 * RETENTION_CHECK_MS, minBytes: 2 * BATCH_BYTES })
  await world.quiet()
  // Both are due in one go, and no pass comes between.
  world.time.advance(2 * RETENTION_CHECK_MS)
  await world.quiet()
  expect(fetched(waiting.value).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
})

test('FSS-1 a topic that is deleted ends the wait of a session, and is told again when it is made anew', async () => {
  const topic = await createTopic('t')
  reader = new SessionReader(world, 12)
  await open(topic)
  const waiting = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  await world.call(world.connect(), DELETE_TOPICS, 5, { topicNames: ['t'], timeoutMs: 1_000 })
  const unknown = { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  expect([...reader.take(waiting.value).values()]).toMatchObject([unknown])
  expect([...(await reader.fetch()).values()]).toMatchObject([unknown])
  await createTopic('t')
  expect([...(await reader.fetch()).values()]).toMatchObject([
    { errorCode: ErrorCode.NONE, highWatermark: 0 },
  ])
  const next = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  await produce()
  expect(partitionsOf(reader.take(next.value))).toEqual([0])
})

test('FSS-1 a session finds a partition whose log could not be made before', async () => {
  world.disk.failNext('open', 'EACCES', 't-0')
  const topic = await createTopic('t')
  await createTopic('other')
  reader.add(topic, 0)
  const offline = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
  for (let time = 0; time < 2; time += 1) {
    expect([...(await reader.fetch({ maxWaitMs: WAIT_MS })).values()]).toMatchObject([offline])
  }
  await world.pass(REFUSED_RETRY_MS)
  expect([...(await reader.fetch()).values()]).toMatchObject([
    { errorCode: ErrorCode.NONE, highWatermark: 0 },
  ])
  const waiting = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  await produce()
  expect(partitionsOf(reader.take(waiting.value))).toEqual([0])
})

test('FSS-1 a Fetch of a session is woken when its directory has failed', async () => {
  await open(await createTopic('t'))
  const waiting = reader.send({ maxWaitMs: WAIT_MS })
  await world.quiet()
  world.disk.failNext('fdatasync', 'EIO', '.log')
  world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['lost'])))
  await world.quiet()
  expect(fetched(waiting.value).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
})
