import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type Api,
  batchOf,
  FETCH,
  fetched,
  fetchOf,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from '../../src/broker/simulated-broker.test-support.ts'
import type { SimulatedClient } from '../../src/broker/simulated-client.test-support.ts'
import { ApiKey } from '../../src/protocol/api-key.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'
import * as deleteRecordsCodec from '../../src/protocol/generated/delete-records.ts'
import * as describeConfigsCodec from '../../src/protocol/generated/describe-configs.ts'
import * as findCoordinatorCodec from '../../src/protocol/generated/find-coordinator.ts'
import * as alterConfigsCodec from '../../src/protocol/generated/incremental-alter-configs.ts'
import * as initProducerIdCodec from '../../src/protocol/generated/init-producer-id.ts'
import * as offsetCommitCodec from '../../src/protocol/generated/offset-commit.ts'
import * as offsetFetchCodec from '../../src/protocol/generated/offset-fetch.ts'
import { encodePartitionMetadata } from '../../src/storage/partition-metadata.ts'

const DELETE_RECORDS = {
  apiKey: ApiKey.DeleteRecords,
  encode: deleteRecordsCodec.encodeDeleteRecordsRequest,
  decode: deleteRecordsCodec.decodeDeleteRecordsResponse,
}
const DESCRIBE_CONFIGS = {
  apiKey: ApiKey.DescribeConfigs,
  encode: describeConfigsCodec.encodeDescribeConfigsRequest,
  decode: describeConfigsCodec.decodeDescribeConfigsResponse,
}
const FIND_COORDINATOR = {
  apiKey: ApiKey.FindCoordinator,
  encode: findCoordinatorCodec.encodeFindCoordinatorRequest,
  decode: findCoordinatorCodec.decodeFindCoordinatorResponse,
}
const ALTER_CONFIGS = {
  apiKey: ApiKey.IncrementalAlterConfigs,
  encode: alterConfigsCodec.encodeIncrementalAlterConfigsRequest,
  decode: alterConfigsCodec.decodeIncrementalAlterConfigsResponse,
}
const INIT_PRODUCER_ID = {
  apiKey: ApiKey.InitProducerId,
  encode: initProducerIdCodec.encodeInitProducerIdRequest,
  decode: initProducerIdCodec.decodeInitProducerIdResponse,
}
const OFFSET_COMMIT = {
  apiKey: ApiKey.OffsetCommit,
  encode: offsetCommitCodec.encodeOffsetCommitRequest,
  decode: offsetCommitCodec.decodeOffsetCommitResponse,
}
const OFFSET_FETCH = {
  apiKey: ApiKey.OffsetFetch,
  encode: offsetFetchCodec.encodeOffsetFetchRequest,
  decode: offsetFetchCodec.decodeOffsetFetchResponse,
}
const TOPIC_RESOURCE = 2
const SET = 0
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAZQ'

let world: SimulatedBroker
let client: SimulatedClient

beforeEach(async () => {
  world = await SimulatedBroker.started()
  client = world.connect()
})

afterEach(() => world.close())

async function restart(): Promise<void> {
  await world.restart()
  client = world.connect()
}

function call<RequestInit, Response>(api: Api<RequestInit, Response>, version: number, body: RequestInit) {
  return world.call(client, api, version, body)
}

async function produce(topic: string, ...values: string[]) {
  return produced(await call(PRODUCE, 9, produceOf(topic, batchOf(values))))
}

async function read(topic: string, fetchOffset = 0) {
  return fetched(await world.call(world.connect(), FETCH, 11, fetchOf(topic, { fetchOffset })))
}

async function setConfig(topic: string, name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: SET, value }]
  const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configs }]
  const { responses } = await call(ALTER_CONFIGS, 1, { resources })
  expect(responses[0]!.errorCode).toBe(ErrorCode.NONE)
}

async function deleteRecords(topic: string, offset: number) {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }]
  const answer = await call(DELETE_RECORDS, 2, { topics, timeoutMs: 1000 })
  const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
  return [errorCode, lowWatermark]
}

async function findCoordinator(): Promise<void> {
  expect((await call(FIND_COORDINATOR, 2, { key: 'g' })).errorCode).toBe(ErrorCode.NONE)
}

async function commitOffset(groupId: string, committedOffset: number): Promise<number> {
  const partitions = [{ partitionIndex: 0, committedOffset }]
  const topics = [{ name: 't', partitions }]
  const body = { groupId, generationIdOrMemberEpoch: -1, topics }
  return (await call(OFFSET_COMMIT, 7, body)).topics[0]!.partitions[0]!.errorCode
}

async function committedOffset(groupId: string) {
  const answer = await call(OFFSET_FETCH, 7, { groupId, topics: [{ name: 't', partitionIndexes: [0] }] })
  return { errorCode: answer.errorCode, offset: answer.topics[0]?.partitions[0]?.committedOffset }
}

test('a clean stop and start keep topics, ids, configs, records and the epoch that rises', async () => {
  const topicId = await world.createTopic('t', { partitions: 2, configs: { 'retention.ms': '123456' } })
  await produce('t', 'a', 'b')
  await restart()
  expect(world.log.lines).toEqual([])
  const { topics } = await call(METADATA, 12, { topics: null })
  expect(topics).toMatchObject([{ name: 't', topicId }])
  expect(topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex).sort()).toEqual([0, 1])
  expect(topics[0]!.partitions[0]!.leaderEpoch).toBe(1)
  const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: 't', configurationKeys: ['retention.ms'] }]
  const { results } = await call(DESCRIBE_CONFIGS, 1, { resources })
  expect(results[0]!.configs[0]!.value).toBe('123456')
  expect(new TextDecoder().decode((await read('t')).records!)).toContain('a')
  expect(await produce('t', 'c')).toEqual([0, 2])
})

test('what a topic sets for itself is in force again after a start', async () => {
  await world.createTopic('t', { configs: { 'max.message.bytes': '100' } })
  await world.createTopic('fast', { configs: { 'ottla.durability': 'os' } })
  await restart()
  expect(await produce('t', 'x'.repeat(200))).toEqual([ErrorCode.MESSAGE_TOO_LARGE, -1])
  world.disk.holdSyncs()
  expect(await produce('fast', 'x')).toEqual([0, 0])
})

test('a log that cannot be opened is offline; it is not begun anew over what is there', async () => {
  await world.createTopic('t')
  await produce('t', 'precious')
  await world.close()
  world.disk.failNext('open', 'EIO', 't-0/00000000000000000000.log')
  await world.start()
  client = world.connect()
  expect(await produce('t', 'x')).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, -1])
  expect((await read('t')).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await restart()
  expect(new TextDecoder().decode((await read('t')).records!)).toContain('precious')
  expect(await produce('t', 'x')).toEqual([0, 1])
})

test('a clean stop keeps what groups committed', async () => {
  await world.createTopic('t')
  await findCoordinator()
  for (const [groupId, offset] of [
    ['g', 5],
    ['h', 6],
    ['g', 7],
  ] as const) {
    expect(await commitOffset(groupId, offset)).toBe(ErrorCode.NONE)
  }
  await restart()
  expect(await committedOffset('g')).toEqual({ errorCode: 0, offset: 7 })
  expect(await committedOffset('h')).toEqual({ errorCode: 0, offset: 6 })
})

test('an offset is committed when it is on disk, whatever the durability of the broker', async () => {
  await world.close()
  world = await SimulatedBroker.started({ 'ottla.durability': 'os' })
  client = world.connect()
  await world.createTopic('t')
  await findCoordinator()
  expect(await commitOffset('g', 1)).toBe(ErrorCode.NONE)
  world.disk.holdSyncs()
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 2 }] }]
  const commit = client.send(OFFSET_COMMIT, 7, { groupId: 'g', generationIdOrMemberEpoch: -1, topics })
  await world.quiet()
  expect(commit.isAnswered).toBe(false)
  world.disk.releaseSyncs()
  await world.quiet()
  expect(commit.value.topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.NONE)
})

test('offsets that cannot be read are not taken for offsets that nobody committed', async () => {
  await world.createTopic('t')
  await findCoordinator()
  expect(await commitOffset('g', 5)).toBe(ErrorCode.NONE)
  await world.close()
  for (const partition of [0, 1]) {
    world.disk.failNext('open', 'EIO', `__consumer_offsets-${partition}/00000000000000000000.log`)
  }
  await world.start()
  client = world.connect()
  const { errorCode, offset } = await committedOffset('g')
  expect(errorCode).not.toBe(ErrorCode.NONE)
  expect(offset).toBeUndefined()
})

test('IDM-3 a producer id is never handed out twice, over restarts and by many at once', async () => {
  const seen = new Set<number>()
  let count = 0
  const draw = async (clients: number) => {
    const replies = Array.from({ length: clients }, () =>
      world.connect().send(INIT_PRODUCER_ID, 4, { transactionTimeoutMs: 1000 }),
    )
    await world.quiet()
    for (const { value } of replies) {
      expect(value.errorCode).toBe(ErrorCode.NONE)
      seen.add(value.producerId)
      count += 1
    }
  }
  await draw(3)
  await restart()
  await draw(3)
  // More than one block of ids, asked for in one wake-up.
  await draw(2500)
  expect(seen.size).toBe(count)
})

test('IDM-2 a producer goes on with its sequence after a clean stop', async () => {
  await world.createTopic('t')
  const { producerId, producerEpoch } = await call(INIT_PRODUCER_ID, 4, { transactionTimeoutMs: 1000 })
  const send = async (baseSequence: number) => {
    const batch = batchOf(['v'], { producerId, producerEpoch, baseSequence })
    return produced(await call(PRODUCE, 9, produceOf('t', batch)))
  }
  expect([await send(0), await send(1)]).toEqual([
    [0, 0],
    [0, 1],
  ])
  await restart()
  expect(await send(1)).toEqual([0, 1])
  expect((await send(5))[0]).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(await send(2)).toEqual([0, 2])
})

test('a topic that changes from os to group syncs what it has, and waits from then on', async () => {
  await world.createTopic('t', { configs: { 'ottla.durability': 'os' } })
  expect(await produce('t', 'a')).toEqual([0, 0])
  expect(world.disk.syncCount).toBe(0)
  await setConfig('t', 'ottla.durability', 'group')
  expect(world.disk.syncCount).toBe(1)
  expect((await read('t')).highWatermark).toBe(1)
  world.disk.holdSyncs()
  const waiting = client.send(PRODUCE, 9, produceOf('t', batchOf(['b'])))
  await world.quiet()
  expect(waiting.isAnswered).toBe(false)
  // The high watermark does not go back either.
  expect((await read('t')).highWatermark).toBe(1)
  world.disk.releaseSyncs()
  await world.quiet()
  expect(produced(waiting.value)).toEqual([0, 1])
})

test('a topic that changes from group to os waits no more, and loses nobody who waited', async () => {
  await world.createTopic('t')
  world.disk.holdSyncs()
  const waiting = client.send(PRODUCE, 9, produceOf('t', batchOf(['a'])))
  await world.quiet()
  client = world.connect()
  await setConfig('t', 'ottla.durability', 'os')
  const next = client.send(PRODUCE, 9, produceOf('t', batchOf(['b'])))
  await world.quiet()
  expect(produced(next.value)).toEqual([0, 1])
  expect(produced(waiting.value)).toEqual([0, 0])
})

test('CFG-3 a smaller max.message.bytes is in force for the next batch', async () => {
  await world.createTopic('t')
  await setConfig('t', 'max.message.bytes', '100')
  expect(await produce('t', 'x'.repeat(200))).toEqual([ErrorCode.MESSAGE_TOO_LARGE, -1])
  expect(await produce('t', 'x')).toEqual([0, 0])
})

test('RET-2 DeleteRecords raises the log start offset, which readers and a restart see', async () => {
  await world.createTopic('t')
  for (const value of ['a', 'b', 'c']) await produce('t', value)
  expect(await deleteRecords('t', 2)).toEqual([0, 2])
  expect((await read('t', 1)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  expect(await read('t', 2)).toMatchObject({ errorCode: 0, logStartOffset: 2, highWatermark: 3 })
  expect(await deleteRecords('t', 1)).toEqual([0, 2])
  expect(await deleteRecords('t', 4)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1])
  expect(await deleteRecords('t', -1)).toEqual([0, 3])
  await restart()
  expect((await read('t', 2)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  expect(await produce('t', 'd')).toEqual([0, 3])
})

test('RET-2 DeleteRecords refuses internal and unknown topics', async () => {
  await findCoordinator()
  expect((await deleteRecords('__consumer_offsets', -1))[0]).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  expect((await deleteRecords('missing', -1))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('a log that the metadata does not know is set aside, its bytes are kept, and its name is free', async () => {
  await world.createTopic('t')
  await produce('t', 'precious')
  await world.close()
  world.disk.rename('/data/t-0', '/data/ghost-0')
  await world.start()
  client = world.connect()
  const names = world.disk.list('/data').map(({ name }) => name)
  expect(names).not.toContain('ghost-0')
  const stray = names.filter(name => name.endsWith('-stray'))
  expect(stray).toHaveLength(1)
  expect(stray[0]).toMatch(/^ghost-0\./)
  const kept = world.disk.list(`/data/${stray[0]}`).find(({ name }) => name.endsWith('.log'))
  expect(kept!.sizeBytes).toBeGreaterThan(0)
  expect(world.log.lines.map(({ message }) => message)).toContain('a stray log is set aside')
  // What the metadata knows and the disk has lost is there again, empty.
  expect(await read('t')).toMatchObject({ errorCode: 0, highWatermark: 0 })
  await world.createTopic('ghost')
  expect(await produce('ghost', 'x')).toEqual([0, 0])
})

test('a log of another id than the topic has is set aside for an empty one', async () => {
  await world.createTopic('t')
  await produce('t', 'old')
  await world.close()
  const path = '/data/t-0/partition.metadata'
  world.disk.unlink(path)
  const file = world.disk.open(path, 'create')
  world.disk.pwritev(file, [encodePartitionMetadata(OTHER_ID)], 0)
  world.disk.close(file)
  await world.start()
  client = world.connect()
  expect(await produce('t', 'new')).toEqual([0, 0])
  expect(new TextDecoder().decode((await read('t')).records!)).not.toContain('old')
  expect(world.disk.list('/data').filter(({ name }) => name.endsWith('-stray'))).toHaveLength(1)
})

test('logs whose metadata is gone are not set aside: the start is refused, and nothing is touched', async () => {
  await world.createTopic('t')
  await produce('t', 'precious')
  await world.close()
  world.disk.rename('/data/ottla-metadata.log', '/data/mislaid')
  const before = world.disk.list('/data').map(({ name }) => name)
  await expect(world.start()).rejects.toThrow(
    '/data has logs, such as t-0, but /data has no ottla-metadata.log',
  )
  expect(world.disk.list('/data').map(({ name }) => name)).toEqual(before)
  world.disk.rename('/data/mislaid', '/data/ottla-metadata.log')
  await restart()
  expect(await read('t')).toMatchObject({ errorCode: 0, highWatermark: 1 })
})
