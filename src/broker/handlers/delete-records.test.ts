import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { DELETE_RECORDS, LIST_OFFSETS } from '../simulated-apis.test-support.ts'
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

const EARLIEST = -2

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
  await world.createTopic('t')
  for (const value of ['a', 'b', 'c']) await produce(value)
})

afterEach(() => world.close())

async function produce(value: string): Promise<void> {
  const answer = await world.call(world.connect(), PRODUCE, 9, produceOf('t', batchOf([value])))
  expect(produced(answer)[0]).toBe(ErrorCode.NONE)
}

/** `[errorCode, lowWatermark]` of one partition. */
async function deleteBefore(offset: number, name = 't', partitionIndex = 0, version = 2) {
  const topics = [{ name, partitions: [{ partitionIndex, offset }] }]
  const answer = await world.call(world.connect(), DELETE_RECORDS, version, { topics, timeoutMs: 1_000 })
  expect(answer.topics).toMatchObject([{ name, partitions: [{ partitionIndex }] }])
  const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
  return [errorCode, lowWatermark]
}

async function earliest(): Promise<number> {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: EARLIEST }] }]
  const answer = await world.call(world.connect(), LIST_OFFSETS, 7, { replicaId: -1, topics })
  return answer.topics[0]!.partitions[0]!.offset
}

test.each([0, 1, 2])('RET-2 version %i raises the log start offset and answers it', async version => {
  expect(await deleteBefore(2, 't', 0, version)).toEqual([ErrorCode.NONE, 2])
  expect(await earliest()).toBe(2)
  const before = await world.call(world.connect(), FETCH, 11, fetchOf('t', { fetchOffset: 1 }))
  expect(fetched(before).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  const from = fetched(await world.call(world.connect(), FETCH, 11, fetchOf('t', { fetchOffset: 2 })))
  expect(from).toMatchObject({ errorCode: ErrorCode.NONE, logStartOffset: 2, highWatermark: 3 })
  expect(from.records!.length).toBeGreaterThan(0)
  await world.restart()
  expect(await earliest()).toBe(2)
})

test('RET-2 -1 deletes up to the high watermark, no further', async () => {
  world.disk.holdSyncs()
  world.connect().sendSilently(PRODUCE, 9, produceOf('t', batchOf(['not safe yet']), { acks: 1 }))
  await world.quiet()
  expect(await deleteBefore(-1)).toEqual([ErrorCode.NONE, 3])
  expect(await deleteBefore(4)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1])
  world.disk.releaseSyncs()
  await world.quiet()
  expect(await deleteBefore(-1)).toEqual([ErrorCode.NONE, 4])
})

test('RET-2 the log start offset never goes back', async () => {
  expect(await deleteBefore(2)).toEqual([ErrorCode.NONE, 2])
  expect(await deleteBefore(1)).toEqual([ErrorCode.NONE, 2])
  expect(await earliest()).toBe(2)
})

test('RET-2 an offset that is none, an unknown partition and an internal topic are refused', async () => {
  const internal = { topics: [{ name: '__consumer_offsets' }], allowAutoTopicCreation: true }
  await world.call(world.connect(), METADATA, 9, internal)
  expect(await deleteBefore(4)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1])
  expect(await deleteBefore(-2)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1])
  expect(await deleteBefore(0, 't', 7)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
  expect(await deleteBefore(0, 'missing')).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
  expect(await deleteBefore(0, '__consumer_offsets')).toEqual([ErrorCode.INVALID_TOPIC_EXCEPTION, -1])
  expect(await earliest()).toBe(0)
})

test('RET-2 a topic that is only compacted keeps its records: 44', async () => {
  await world.createTopic('compact', { configs: { 'cleanup.policy': 'compact' } })
  await world.createTopic('both', { configs: { 'cleanup.policy': 'compact,delete' } })
  expect(await deleteBefore(-1, 'compact')).toEqual([ErrorCode.POLICY_VIOLATION, -1])
  expect(await deleteBefore(-1, 'both')).toEqual([ErrorCode.NONE, 0])
})

test('RET-2 is answered once no crash brings the records back, and with 56 if the disk cannot keep that', async () => {
  world.disk.failNext('rename', 'ENOSPC', 'log-start-offset-checkpoint')
  expect(await deleteBefore(1)).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, -1])
  expect(await deleteBefore(2)).toEqual([ErrorCode.NONE, 2])
  const file = world.disk.open('/data/log-start-offset-checkpoint', 'read')
  const bytes = new Uint8Array(world.disk.sizeBytes(file))
  world.disk.pread(file, bytes, 0)
  world.disk.close(file)
  expect(new TextDecoder().decode(bytes)).toContain('t 0 2')
})
