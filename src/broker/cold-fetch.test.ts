import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import type { FetchRequestInit, FetchResponse, PartitionData } from '../protocol/generated/fetch.ts'
import { type Place, SessionReader } from './session-reader.test-support.ts'
import { DELETE_TOPICS } from './simulated-apis.test-support.ts'
import {
  batchOf,
  FETCH,
  fetched,
  fetchOf,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'

/** What was written longer ago is not taken for being in memory. */
const RECENT_MS = 3000
const BATCH_BYTES = batchOf(['v0']).length

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
})

afterEach(() => world.close())

async function produce(name: string, index = 0): Promise<void> {
  const answer = await world.call(world.connect(), PRODUCE, 9, produceOf(name, batchOf(['v0']), { index }))
  expect(produced(answer)[0]).toBe(ErrorCode.NONE)
}

/** A topic with one batch in each partition, which is on the disk only. */
async function coldTopic(name: string, partitions = 1): Promise<void> {
  await world.createTopic(name, { partitions })
  for (let index = 0; index < partitions; index += 1) await produce(name, index)
  await world.pass(RECENT_MS)
  for (let index = 0; index < partitions; index += 1) world.disk.dropCaches(`/data/${name}-${index}`)
}

/** Partition 0 of each topic. */
function fetchAll(names: readonly string[], maxWaitMs: number, minBytes = 1): FetchRequestInit {
  const partitions = [{ fetchOffset: 0, partitionMaxBytes: 1_000_000 }]
  return { maxWaitMs, minBytes, maxBytes: 1_000_000, topics: names.map(topic => ({ topic, partitions })) }
}

function sizesOf({ responses }: FetchResponse): number[] {
  return responses.flatMap(({ partitions }) => partitions.map(({ records }) => records?.length ?? 0))
}

test('FET-12 a Fetch of what is on the disk only is answered when a thread has read it', async () => {
  await coldTopic('t')
  world.disk.holdReads()
  const reply = world.connect().send(FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  await world.quiet()
  expect(reply.isAnswered).toBe(false)
  world.disk.releaseReads()
  await world.quiet()
  expect(fetched(reply.value).records).toHaveLength(BATCH_BYTES)
  expect(world.disk.waitingReads).toEqual([])
})

test('FET-12 meanwhile others are served: appends, and readers of what is in memory', async () => {
  await coldTopic('t')
  await world.createTopic('hot')
  world.disk.holdReads()
  const cold = world.connect().send(FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  await world.quiet()
  await produce('hot')
  await produce('t')
  const answer = await world.call(world.connect(), FETCH, 11, fetchOf('hot'))
  expect(fetched(answer).records).toHaveLength(BATCH_BYTES)
  expect(cold.isAnswered).toBe(false)
})

test('FET-12 a Fetch is answered with what is in memory, and the rest is read for the next one', async () => {
  await coldTopic('t')
  await world.createTopic('hot')
  await produce('hot')
  const client = world.connect()
  world.disk.holdReads()
  const request = fetchAll(['t', 'hot'], 500)
  expect(sizesOf(await world.call(client, FETCH, 11, request))).toEqual([0, BATCH_BYTES])
  expect(world.disk.heldPaths).toEqual(['/data/t-0/00000000000000000000.log'])
  world.disk.releaseReads()
  await world.quiet()
  world.disk.holdReads()
  expect(sizesOf(await world.call(client, FETCH, 11, request))).toEqual([BATCH_BYTES, BATCH_BYTES])
})

test('FET-12 a Fetch of several partitions is answered with the first that was read', async () => {
  await coldTopic('a')
  await coldTopic('b')
  world.disk.holdReads()
  const reply = world.connect().send(FETCH, 11, fetchAll(['a', 'b'], 500))
  await world.quiet()
  expect(world.disk.heldPaths).toHaveLength(2)
  world.disk.releaseRead()
  await world.quiet()
  expect(sizesOf(reply.value)).toEqual([BATCH_BYTES, 0])
})

test('FET-12 what is on the disk counts for min_bytes: a Fetch that has read all there is waits for more', async () => {
  await coldTopic('t')
  const minBytes = 2 * BATCH_BYTES
  const reply = world.connect().send(FETCH, 11, fetchOf('t', { maxWaitMs: 10_000, minBytes }))
  await world.quiet()
  expect(reply.isAnswered).toBe(false)
  await produce('t')
  expect(fetched(reply.value).records).toHaveLength(minBytes)
})

test('FET-12 a Fetch does not wait for min_bytes when what is missing lies on the disk', async () => {
  await world.createTopic('t')
  const batch = batchOf(['x'.repeat(900_000)])
  for (let index = 0; index < 4; index += 1) {
    await world.call(world.connect(), PRODUCE, 9, produceOf('t', batch))
  }
  await world.pass(RECENT_MS)
  world.disk.dropCaches('/data/t-0')
  const limits = { minBytes: 4 * batch.length, maxBytes: 10_000_000, partitionMaxBytes: 10_000_000 }
  const answer = await world.call(world.connect(), FETCH, 11, fetchOf('t', { maxWaitMs: 500, ...limits }))
  expect(fetched(answer).records).toHaveLength(2 * batch.length)
})

test('FET-12 a Fetch that may not wait does so for the disk, and for nothing else', async () => {
  await coldTopic('t')
  world.disk.holdReads()
  const client = world.connect()
  const reply = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 0, minBytes: 1_000_000 }))
  await world.pass(999)
  expect(reply.isAnswered).toBe(false)
  world.disk.releaseReads()
  await world.quiet()
  expect(fetched(reply.value).records).toHaveLength(BATCH_BYTES)
})

test('FET-12 a disk that takes too long leaves a Fetch empty, without an error; the next one finds it', async () => {
  await coldTopic('t')
  world.disk.holdReads()
  const client = world.connect()
  const slow = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  await world.pass(999)
  expect(slow.isAnswered).toBe(false)
  await world.pass(1)
  expect(fetched(slow.value)).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 1 })
  expect(fetched(slow.value).records).toHaveLength(0)
  world.disk.releaseReads()
  await world.quiet()
  expect(fetched(await world.call(client, FETCH, 11, fetchOf('t'))).records).toHaveLength(BATCH_BYTES)
})

test('FET-12 a read that fails is answered with KAFKA_STORAGE_ERROR, once', async () => {
  await coldTopic('t')
  world.disk.failNext('warm', 'EIO', 't-0')
  const client = world.connect()
  const failed = await world.call(client, FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  expect(fetched(failed)).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, highWatermark: -1 })
  const again = await world.call(client, FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  expect(fetched(again).records).toHaveLength(BATCH_BYTES)
})

test('FET-12 nothing is read for a connection that has gone before its turn', async () => {
  await coldTopic('t', 4)
  world.disk.holdReads()
  const clients = [0, 1, 2, 3].map(partition => {
    const client = world.connect()
    const topics = [{ topic: 't', partitions: [{ partition, partitionMaxBytes: 1_000_000 }] }]
    client.send(FETCH, 11, { maxWaitMs: 500, minBytes: 1, maxBytes: 1_000_000, topics })
    return client
  })
  await world.quiet()
  expect(world.disk.heldPaths).toHaveLength(3)
  clients[3]!.close()
  await world.quiet()
  expect(world.broker.parkedFetchCount).toBe(3)
  world.disk.releaseReads()
  world.disk.holdReads()
  await world.quiet()
  expect(world.disk.heldPaths).toEqual([])
})

test('FSS-1 FET-12 a session waits for the disk, and hears next of what it was not answered with', async () => {
  await coldTopic('t', 2)
  const topic = { name: 't', topicId: '' }
  const reader = new SessionReader(world, 12)
  world.disk.holdReads()
  for (const partition of [0, 1]) reader.add(topic, partition, 1)
  await reader.fetch()
  for (const partition of [0, 1]) reader.add(topic, partition, 0)
  const reply = reader.send({ maxWaitMs: 500 })
  await world.quiet()
  expect(world.disk.heldPaths).toHaveLength(2)
  world.disk.releaseRead()
  await world.quiet()
  const told = (data: ReadonlyMap<Place, PartitionData>) => [...data.keys()].map(({ partition }) => partition)
  expect(told(reader.take(reply.value))).toEqual([0])
  reader.add(topic, 0, 1)
  world.disk.releaseReads()
  await world.quiet()
  expect(told(await reader.fetch())).toEqual([1])
})

test('FET-12 a topic that is deleted while a Fetch waits for its disk is unknown at once', async () => {
  await coldTopic('t')
  world.disk.holdReads()
  const reply = world.connect().send(FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  await world.quiet()
  await world.call(world.connect(), DELETE_TOPICS, 5, { topicNames: ['t'], timeoutMs: 1_000 })
  expect(fetched(reply.value).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('FET-12 a stop waits for no disk', async () => {
  await coldTopic('t')
  world.disk.holdReads()
  const reply = world.connect().send(FETCH, 11, fetchOf('t', { maxWaitMs: 500 }))
  await world.quiet()
  const before = world.time.clock.monotonicMs()
  await world.close()
  expect(world.time.clock.monotonicMs() - before).toBeLessThan(500)
  expect(fetched(reply.value).records).toHaveLength(0)
})
