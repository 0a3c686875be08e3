import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { RecordBatch } from '../../protocol/record-batch.ts'
import { batchesOf } from '../../protocol/records/batches-of.ts'
import { DELETE_RECORDS, DELETE_TOPICS } from '../simulated-apis.test-support.ts'
import {
  batchOf,
  FETCH,
  fetched,
  fetchOf,
  OPEN_SEGMENTS_MAX,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from '../simulated-broker.test-support.ts'
import type { SimulatedClient } from '../simulated-client.test-support.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAZQ'
const READ_COMMITTED = 1
const BATCH_BYTES = batchOf(['v0']).length

let world: SimulatedBroker
let client: SimulatedClient

beforeEach(async () => {
  world = await SimulatedBroker.started()
  client = world.connect()
})

afterEach(() => world.close())

async function produce(name: string, ...values: readonly string[]): Promise<void> {
  for (const value of values) {
    const answer = await world.call(world.connect(), PRODUCE, 9, produceOf(name, batchOf([value])))
    expect(produced(answer)[0]).toBe(ErrorCode.NONE)
  }
}

async function fetch(version: number, request: Parameters<typeof FETCH.encode>[1]) {
  return fetched(await world.call(client, FETCH, version, request))
}

function offsetsOf(records: Uint8Array | null): number[] {
  const whole = [...batchesOf(records ?? new Uint8Array(0))]
  expect(whole.reduce((sum, batch) => sum + batch.length, 0)).toBe(records?.length ?? 0)
  return whole.map(batch =>
    new DataView(batch.buffer, batch.byteOffset).getInt32(RecordBatch.BASE_OFFSET + 4),
  )
}

async function deleteTopic(name: string): Promise<void> {
  const { responses } = await world.call(world.connect(), DELETE_TOPICS, 5, {
    topicNames: [name],
    timeoutMs: 1_000,
  })
  expect(responses[0]!.errorCode).toBe(ErrorCode.NONE)
}

test.each([4, 5, 7, 9, 11, 12])(
  'FET-3 version %i answers whole batches from the one that holds the offset',
  async version => {
    await world.createTopic('t')
    const three = batchOf(['a', 'b', 'c'])
    await world.call(client, PRODUCE, 9, produceOf('t', three))
    await produce('t', 'd')
    const data = await fetch(version, fetchOf('t', { fetchOffset: 1 }))
    expect(data).toMatchObject({ errorCode: 0, highWatermark: 4, lastStableOffset: 4, partitionIndex: 0 })
    expect(data.logStartOffset).toBe(version >= 5 ? 0 : -1)
    expect(offsetsOf(data.records)).toEqual([0, 3])
    expect((await fetch(version, fetchOf('t', { fetchOffset: 4 }))).records).toHaveLength(0)
  },
)

test.each([13, 16, 18])('FET-8 version %i names topics by id', async version => {
  const topicId = await world.createTopic('t')
  await produce('t', 'a')
  const partitions = [{ fetchOffset: 0, partitionMaxBytes: 1000 }]
  const request = (id: string) => ({ maxBytes: 1000, minBytes: 1, topics: [{ topicId: id, partitions }] })
  const answer = await world.call(client, FETCH, version, request(topicId))
  expect(answer.responses[0]!.topicId).toBe(topicId)
  expect(offsetsOf(fetched(answer).records)).toEqual([0])
  const unknown = await fetch(version, request(UNKNOWN_ID))
  expect(unknown).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, highWatermark: -1 })
})

test('FET-1 a Fetch waits for min_bytes and is answered by the append that reaches it', async () => {
  await world.createTopic('t')
  const reply = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 500, minBytes: BATCH_BYTES + 1 }))
  await produce('t', 'v0')
  expect(reply.isAnswered).toBe(false)
  await world.pass(100)
  await produce('t', 'v1')
  expect(offsetsOf(fetched(reply.value).records)).toEqual([0, 1])
})

test('FET-1 after max_wait_ms a Fetch is answered with what there is, not before', async () => {
  await world.createTopic('t')
  const reply = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 500, minBytes: 1_000_000 }))
  await produce('t', 'v0')
  await world.pass(499)
  expect(reply.isAnswered).toBe(false)
  await world.pass(1)
  expect(offsetsOf(fetched(reply.value).records)).toEqual([0])
})

test('FET-1 a Fetch that waits hears at once that what it wants was deleted', async () => {
  await world.createTopic('t')
  const reply = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 500, minBytes: 1_000_000 }))
  await produce('t', 'v0')
  expect(reply.isAnswered).toBe(false)
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }]
  await world.call(world.connect(), DELETE_RECORDS, 2, { topics })
  expect(fetched(reply.value).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
})

test('FET-1 min_bytes of 0 and max_wait of 0 wait for nothing', async () => {
  await world.createTopic('t')
  expect((await fetch(11, fetchOf('t', { maxWaitMs: 500, minBytes: 0 }))).records).toHaveLength(0)
  expect((await fetch(11, fetchOf('t', { maxWaitMs: 0, minBytes: 100 }))).records).toHaveLength(0)
})

test('FET-1 a Fetch that waits holds up its own connection and no other', async () => {
  await world.createTopic('t')
  const waiting = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 500, minBytes: 1 }))
  const behind = client.send(PRODUCE, 9, produceOf('t', batchOf(['x'])))
  await world.quiet()
  expect([waiting.isAnswered, behind.isAnswered]).toEqual([false, false])
  await produce('t', 'from elsewhere')
  expect(offsetsOf(fetched(waiting.value).records)).toEqual([0])
  await world.quiet()
  expect(produced(behind.value)).toEqual([0, 1])
})

test('NET-2 a Fetch behind a Fetch that waits is looked at when its turn has come', async () => {
  await world.createTopic('slow')
  await world.createTopic('quick')
  const first = client.send(FETCH, 11, fetchOf('slow', { maxWaitMs: 500 }))
  const second = client.send(FETCH, 11, fetchOf('quick', { minBytes: 0 }))
  await world.quiet()
  await produce('quick', 'v0')
  await world.pass(500)
  expect(fetched(first.value).records).toHaveLength(0)
  expect(offsetsOf(fetched(second.value).records)).toEqual([0])
})

test('FET-1 an unknown partition beside an empty one does not end the wait, alone it does', async () => {
  await world.createTopic('t')
  const ask = (indexes: readonly number[]) => ({
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 1000,
    topics: [{ topic: 't', partitions: indexes.map(partition => ({ partition, partitionMaxBytes: 1000 })) }],
  })
  const beside = client.send(FETCH, 11, ask([0, 9]))
  const alone = world.connect().send(FETCH, 11, ask([9]))
  await world.quiet()
  expect(beside.isAnswered).toBe(false)
  expect(fetched(alone.value)).toMatchObject({
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    abortedTransactions: [],
  })
  await world.pass(500)
  const errors = beside.value.responses[0]!.partitions.map(({ errorCode }) => errorCode)
  expect(errors).toEqual([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
})

test('FET-2 the first batch is whole whatever the limits, the second needs room', async () => {
  await world.createTopic('t')
  await produce('t', 'v0', 'v1', 'v2')
  const offsets = async (limits: Parameters<typeof fetchOf>[1]) =>
    offsetsOf((await fetch(11, fetchOf('t', { fetchOffset: 0, ...limits }))).records)
  expect(await offsets({ maxBytes: 1 })).toEqual([0])
  expect(await offsets({ partitionMaxBytes: 0 })).toEqual([0])
  expect(await offsets({ partitionMaxBytes: 2 * BATCH_BYTES - 1 })).toEqual([0])
  expect(await offsets({ partitionMaxBytes: 2 * BATCH_BYTES })).toEqual([0, 1])
  expect(await offsets({ maxBytes: 2 * BATCH_BYTES })).toEqual([0, 1])
})

test('FET-2 partitions are filled in the order of the request until max_bytes', async () => {
  await world.createTopic('t', { partitions: 3 })
  for (const index of [0, 1, 2]) {
    await world.call(client, PRODUCE, 9, produceOf('t', batchOf(['v0']), { index }))
  }
  const partitions = [2, 0, 1].map(partition => ({ partition, partitionMaxBytes: 1000 }))
  const ask = (maxBytes: number) => ({ maxBytes, minBytes: 1, topics: [{ topic: 't', partitions }] })
  const counts = async (maxBytes: number) => {
    const { responses } = await world.call(client, FETCH, 11, ask(maxBytes))
    return responses[0]!.partitions.map(({ partitionIndex, records }) => [
      partitionIndex,
      offsetsOf(records).length,
    ])
  }
  expect(await counts(1)).toEqual([
    [2, 1],
    [0, 0],
    [1, 0],
  ])
  expect(await counts(2 * BATCH_BYTES)).toEqual([
    [2, 1],
    [0, 1],
    [1, 0],
  ])
})

test('FET-2 an empty partition in front leaves the one whole batch to the next', async () => {
  await world.createTopic('t', { partitions: 2 })
  await world.call(client, PRODUCE, 9, produceOf('t', batchOf(['v0']), { index: 1 }))
  const partitions = [0, 1].map(partition => ({ partition, partitionMaxBytes: 1 }))
  const answer = await world.call(client, FETCH, 11, { maxBytes: 1, topics: [{ topic: 't', partitions }] })
  expect(answer.responses[0]!.partitions.map(({ records }) => offsetsOf(records))).toEqual([[], [0]])
})

test.each([-1, 3, 1_000_000])(
  'FET-4 offset %i of a log that ends at 2 is out of range, told at once',
  async fetchOffset => {
    await world.createTopic('t')
    await produce('t', 'v0', 'v1')
    const data = await fetch(11, fetchOf('t', { fetchOffset, maxWaitMs: 500 }))
    expect(data).toMatchObject({
      errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
      highWatermark: -1,
      lastStableOffset: -1,
      abortedTransactions: null,
    })
    expect(data.records).toHaveLength(0)
  },
)

test('FET-5 nothing is visible before it is safe, and the append that is wakes the reader', async () => {
  await world.createTopic('t')
  await produce('t', 'v0')
  world.disk.holdSyncs()
  world.connect().sendSilently(PRODUCE, 9, produceOf('t', batchOf(['v1']), { acks: 1 }))
  await world.quiet()
  const data = await fetch(11, fetchOf('t', { fetchOffset: 0 }))
  expect(data.highWatermark).toBe(1)
  expect(offsetsOf(data.records)).toEqual([0])
  // Its own append may be confirmed before it is visible; that is not out of range.
  const waiting = client.send(FETCH, 11, fetchOf('t', { fetchOffset: 1, maxWaitMs: 500 }))
  const ahead = world.connect().send(FETCH, 11, fetchOf('t', { fetchOffset: 2, maxWaitMs: 500 }))
  await world.quiet()
  expect([waiting.isAnswered, ahead.isAnswered]).toEqual([false, false])
  world.disk.releaseSyncs()
  await world.quiet()
  expect(offsetsOf(fetched(waiting.value).records)).toEqual([1])
  expect(ahead.isAnswered).toBe(false)
})

test('FET-5 read_committed gets an empty list of aborted transactions, read_uncommitted none', async () => {
  await world.createTopic('t')
  await produce('t', 'v0')
  const committed = { ...fetchOf('t'), isolationLevel: READ_COMMITTED }
  expect((await fetch(11, committed)).abortedTransactions).toEqual([])
  expect((await fetch(11, fetchOf('t'))).abortedTransactions).toBeNull()
})

test('FET-6 an older leader epoch is fenced, a newer one unknown, both at once', async () => {
  await world.createTopic('t')
  await world.restart()
  client = world.connect()
  const ask = (currentLeaderEpoch: number) =>
    fetch(12, fetchOf('t', { currentLeaderEpoch, maxWaitMs: 500, minBytes: 0 }))
  expect((await ask(0)).errorCode).toBe(ErrorCode.FENCED_LEADER_EPOCH)
  expect((await ask(1)).errorCode).toBe(ErrorCode.NONE)
  expect((await ask(2)).errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
  expect((await ask(-1)).errorCode).toBe(ErrorCode.NONE)
})

test('FET-6 a reader behind a cut log is told where its epoch ends', async () => {
  await world.createTopic('t')
  await produce('t', 'v0', 'v1')
  await world.restart()
  client = world.connect()
  await produce('t', 'v2')
  const ask = (lastFetchedEpoch: number, fetchOffset: number) =>
    fetch(12, fetchOf('t', { lastFetchedEpoch, fetchOffset, maxWaitMs: 500 }))
  const diverging = await ask(0, 3)
  expect(diverging).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 2 } })
  expect(diverging.records).toHaveLength(0)
  expect(await ask(0, 2)).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: -1, endOffset: -1 } })
  expect(offsetsOf((await ask(0, 2)).records)).toEqual([2])
  expect((await ask(9, 1)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
})

test('a topic that is deleted ends the waits of its readers and producers with its own code', async () => {
  await world.createTopic('t')
  const reading = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 30_000 }))
  await world.quiet()
  world.disk.holdSyncs()
  const writing = world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['lost'])))
  await world.quiet()
  await deleteTopic('t')
  expect(produced(writing.value)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
  expect(fetched(reading.value).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('FET-8 a reader by id that waits is told when its topic is deleted', async () => {
  const topicId = await world.createTopic('t')
  const partitions = [{ fetchOffset: 0, partitionMaxBytes: 1000 }]
  const reading = client.send(FETCH, 13, {
    maxWaitMs: 30_000,
    minBytes: 1,
    topics: [{ topicId, partitions }],
  })
  await world.quiet()
  await deleteTopic('t')
  expect(fetched(reading.value).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('a topic that is made anew has another id and an empty log', async () => {
  const first = await world.createTopic('t')
  await produce('t', 'v0', 'v1')
  await deleteTopic('t')
  const second = await world.createTopic('t')
  expect(second).not.toBe(first)
  expect(await fetch(11, fetchOf('t', { fetchOffset: 0 }))).toMatchObject({ errorCode: 0, highWatermark: 0 })
  await produce('t', 'new')
  const data = await fetch(11, fetchOf('t', { fetchOffset: 0 }))
  expect(offsetsOf(data.records)).toEqual([0])
  expect(new TextDecoder().decode(data.records!)).toContain('new')
  const partitions = [{ fetchOffset: 0, partitionMaxBytes: 1000 }]
  const old = await world.call(client, FETCH, 13, {
    maxBytes: 1000,
    topics: [{ topicId: first, partitions }],
  })
  expect(fetched(old).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
})

test('a reader that left is no trouble to the append it waited for', async () => {
  await world.createTopic('t')
  client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 30_000 }))
  await world.quiet()
  client.close()
  await world.quiet()
  await produce('t', 'v0')
  client = world.connect()
  expect(offsetsOf((await fetch(11, fetchOf('t'))).records)).toEqual([0])
})

test('readers that wait are answered empty when the broker stops', async () => {
  await world.createTopic('t')
  const reading = client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 30_000 }))
  await world.quiet()
  const beforeMs = world.time.clock.monotonicMs()
  await world.close()
  expect(fetched(reading.value)).toMatchObject({ errorCode: 0, highWatermark: 0 })
  expect(client.isClosed).toBe(true)
  expect(world.time.clock.monotonicMs() - beforeMs).toBeLessThan(100)
})

test('a Fetch that waits goes with its connection', async () => {
  await world.createTopic('t')
  client.send(FETCH, 11, fetchOf('t', { maxWaitMs: 2_147_483_647, minBytes: 1 }))
  await world.pass(10)
  expect(world.broker.parkedFetchCount).toBe(1)
  client.close()
  await world.pass(10)
  expect(world.broker.parkedFetchCount).toBe(0)
})

test('a Fetch that waits hears at once that its directory has failed, with no producer beside it', async () => {
  await world.createTopic('t')
  await produce('t', 'v0')
  const reply = client.send(FETCH, 11, fetchOf('t', { fetchOffset: 1, maxWaitMs: 60_000 }))
  await world.pass(10)
  expect(reply.isAnswered).toBe(false)
  world.disk.failNext('fdatasync', 'EIO', '.log')
  world.disk.holdSyncs()
  const other = world.connect()
  await world.call(other, PRODUCE, 9, produceOf('t', batchOf(['lost']), { acks: 1 }))
  await world.pass(20)
  expect(reply.isAnswered).toBe(false)
  world.disk.releaseSyncs()
  await world.pass(20)
  expect(fetched(reply.value).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
})

test('segments of fetched partitions are closed again, however many there are', async () => {
  const partitions = 4 * OPEN_SEGMENTS_MAX
  const filesBefore = world.disk.openFileCount
  await world.createTopic('t', { partitions })
  for (let index = 0; index < partitions; index += 1) {
    const answer = await world.call(client, PRODUCE, 9, produceOf('t', batchOf(['v']), { index }))
    expect(produced(answer)[0]).toBe(ErrorCode.NONE)
  }
  for (let partition = 0; partition < partitions; partition += 1) {
    expect(offsetsOf((await fetch(12, fetchOf('t', { partition }))).records)).toEqual([0])
    expect(world.disk.openFileCount - filesBefore).toBeLessThanOrEqual(OPEN_SEGMENTS_MAX)
  }
})

test('FET-2 a negative limit is taken for 0: one batch (Kafka: UNKNOWN_SERVER_ERROR)', async () => {
  await world.createTopic('t')
  await produce('t', 'v0', 'v1')
  const data = await fetch(11, fetchOf('t', { fetchOffset: 0, partitionMaxBytes: -1 }))
  expect(data.errorCode).toBe(ErrorCode.NONE)
  expect(offsetsOf(data.records)).toEqual([0])
})

test('LIM-1 fetch.max.bytes bounds what a reader may ask for', async () => {
  await world.close()
  world = await SimulatedBroker.started({ 'fetch.max.bytes': '2048' })
  client = world.connect()
  await world.createTopic('t')
  const value = 'x'.repeat(900)
  await produce('t', value, value, value)
  const data = await fetch(11, fetchOf('t', { fetchOffset: 0, maxBytes: 1_000_000 }))
  expect(offsetsOf(data.records)).toEqual([0, 1])
})

test('FSS-1 a session tells what is new since its last answer, from version 7 on', async () => {
  await world.createTopic('t', { partitions: 2 })
  await produce('t', 'v0')
  const partitions = [0, 1].map(partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 }))
  const base = { maxWaitMs: 0, minBytes: 1, maxBytes: 10_000 }
  const call = (change: object) => world.call(client, FETCH, 11, { ...base, ...change })
  const shown = (answer: Awaited<ReturnType<typeof call>>) =>
    answer.responses.flatMap(topic => topic.partitions.map(data => data.partitionIndex))
  const opened = await call({ sessionId: 0, sessionEpoch: 0, topics: [{ topic: 't', partitions }] })
  const { sessionId } = opened
  expect(sessionId).toBeGreaterThan(0)
  expect(shown(opened)).toEqual([0, 1])
  const behind = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1000 }] }]
  expect(shown(await call({ sessionId, sessionEpoch: 1, topics: behind }))).toEqual([])
  await world.call(world.connect(), PRODUCE, 9, produceOf('t', batchOf(['x']), { index: 1 }))
  expect(shown(await call({ sessionId, sessionEpoch: 2, topics: [] }))).toEqual([1])
  const forgottenTopicsData = [{ topic: 't', partitions: [1] }]
  expect(shown(await call({ sessionId, sessionEpoch: 3, topics: [], forgottenTopicsData }))).toEqual([])
  const errorOf = async (change: object) => {
    const { errorCode, responses } = await call({ topics: [], ...change })
    expect(responses).toEqual([])
    return errorCode
  }
  expect(await errorOf({ sessionId, sessionEpoch: 9 })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  expect(await errorOf({ sessionId: sessionId + 1, sessionEpoch: 1 })).toBe(
    ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  )
  await call({ sessionId, sessionEpoch: -1, topics: [] })
  expect(await errorOf({ sessionId, sessionEpoch: 4 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test.each([4, 11, 14, 15, 18])(
  'FET-5 version %i tells a broker that it has no replica here: 6',
  async version => {
    const topicId = await world.createTopic('t')
    await produce('t', 'v0')
    const named = version >= 13 ? { topicId } : { topic: 't' }
    const ask = (replicaId: number) => ({
      minBytes: 1,
      maxBytes: 1_000,
      ...(version >= 15 ? { replicaState: { replicaId } } : { replicaId }),
      topics: [{ ...named, partitions: [{ fetchOffset: 0, partitionMaxBytes: 1_000 }] }],
    })
    expect(await fetch(version, ask(1))).toMatchObject({
      errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
      highWatermark: -1,
    })
    // Consumers are -1; a tool that debugs, -2.
    for (const replicaId of [-1, -2]) {
      expect(offsetsOf((await fetch(version, ask(replicaId))).records)).toEqual([0])
    }
  },
)
