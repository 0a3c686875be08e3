import { afterEach, expect, test } from 'vitest'
import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import * as createPartitionsCodec from '../../protocol/generated/create-partitions.ts'
import type { CreatableTopicInit } from '../../protocol/generated/create-topics.ts'
import * as deleteTopicsCodec from '../../protocol/generated/delete-topics.ts'
import {
  type Api,
  batchOf,
  CREATE_TOPICS,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from '../simulated-broker.test-support.ts'
import type { SimulatedClient } from '../simulated-client.test-support.ts'

const CREATE_PARTITIONS = {
  apiKey: ApiKey.CreatePartitions,
  encode: createPartitionsCodec.encodeCreatePartitionsRequest,
  decode: createPartitionsCodec.decodeCreatePartitionsResponse,
}
const DELETE_TOPICS = {
  apiKey: ApiKey.DeleteTopics,
  encode: deleteTopicsCodec.encodeDeleteTopicsRequest,
  decode: deleteTopicsCodec.decodeDeleteTopicsResponse,
}
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAZQ'

let world: SimulatedBroker
let client: SimulatedClient

async function begin(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await SimulatedBroker.started(settings)
  client = world.connect()
}

afterEach(() => world.close())

function call<RequestInit, Response>(api: Api<RequestInit, Response>, version: number, body: RequestInit) {
  return world.call(client, api, version, body)
}

async function topicNames(version: number, topics: readonly { name: string }[] | null): Promise<string[]> {
  const answer = await call(METADATA, version, { topics })
  return answer.topics.map(({ name }) => name ?? '').sort()
}

/** Asks for one topic and answers its error. */
async function look(version: number, name: string, change: object = {}): Promise<number> {
  const answer = await call(METADATA, version, { topics: [{ name }], ...change })
  return answer.topics[0]!.errorCode
}

async function create(version: number, topic: CreatableTopicInit, change: object = {}) {
  const topics = [{ numPartitions: 1, replicationFactor: 1, ...topic }]
  const answer = await call(CREATE_TOPICS, version, { topics, timeoutMs: 1_000, ...change })
  return answer.topics[0]!
}

async function addPartitions(name: string, count: number, validateOnly = false): Promise<number> {
  const topics = [{ name, count, assignments: null }]
  const answer = await call(CREATE_PARTITIONS, 2, { topics, timeoutMs: 1_000, validateOnly })
  return answer.results[0]!.errorCode
}

async function produce(name: string, index: number) {
  return produced(await call(PRODUCE, 9, produceOf(name, batchOf(['x']), { index })))
}

test('MD-1 version 0 takes an empty list for all topics, later ones take null', async () => {
  await begin()
  await world.createTopic('a')
  await world.createTopic('b')
  expect(await topicNames(0, [])).toEqual(['a', 'b'])
  for (const version of [1, 5, 9, 12, 13]) {
    expect(await topicNames(version, null)).toEqual(['a', 'b'])
    expect(await topicNames(version, [])).toEqual([])
    expect(await topicNames(version, [{ name: 'b' }])).toEqual(['b'])
  }
})

test.each([0, 3, 4, 9, 13])(
  'MD-2 version %i creates the topic before it answers, and it takes records',
  async version => {
    await begin({ 'num.partitions': '3' })
    const answer = await call(METADATA, version, { topics: [{ name: 'new' }], allowAutoTopicCreation: true })
    expect(answer.topics).toMatchObject([{ errorCode: 0, name: 'new' }])
    const partitions = answer.topics[0]!.partitions.map(({ partitionIndex, leaderId }) => [
      partitionIndex,
      leaderId,
    ])
    const nodeId = answer.brokers[0]!.nodeId
    expect(partitions).toEqual([0, 1, 2].map(index => [index, nodeId]))
    expect(await produce('new', 2)).toEqual([0, 0])
  },
)

test('MD-2 nothing is created when the client or the broker does not want it', async () => {
  await begin()
  expect(await look(9, 'new', { allowAutoTopicCreation: false })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  await world.close()
  await begin({ 'auto.create.topics.enable': 'false' })
  expect(await look(9, 'new', { allowAutoTopicCreation: true })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  expect(await topicNames(9, null)).toEqual([])
})

test('MD-2 many clients that ask for a new topic at once are all given the same one', async () => {
  await begin()
  const request = { topics: [{ name: 'new' }], allowAutoTopicCreation: true }
  const replies = Array.from({ length: 20 }, () => world.connect().send(METADATA, 12, request))
  await world.quiet()
  const ids = new Set(replies.map(({ value }) => value.topics[0]!.topicId))
  expect(ids.size).toBe(1)
  expect(replies.map(({ value }) => value.topics[0]!.errorCode)).toEqual(replies.map(() => 0))
})

test.each(['', '.', '..', 'a b', 'ü', 'x'.repeat(250)])('MD-3 the name %j is invalid', async name => {
  await begin()
  expect(await look(9, name, { allowAutoTopicCreation: true })).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  expect((await create(5, { name })).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
})

test('MD-3 a name that differs in . and _ only is not created', async () => {
  await begin()
  await world.createTopic('a.b')
  expect(await look(9, 'a_b', { allowAutoTopicCreation: true })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  expect((await create(5, { name: 'a_b' })).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
})

test('MD-4, MD-8, NET-10 the answer names the cluster, a controller that lives, and where to connect', async () => {
  await begin({ 'node.id': '4', 'advertised.listeners': 'PLAINTEXT://kafka.example:19092' })
  const answer = await call(METADATA, 9, { topics: null })
  expect(answer.clusterId).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect(answer.controllerId).toBe(4)
  expect(answer.brokers).toMatchObject([{ nodeId: 4, host: 'kafka.example', port: 19092, rack: null }])
  expect(answer.clusterAuthorizedOperations).toBe(-2147483648)
})

test('MD-6 topics are looked up by id from version 12 on', async () => {
  await begin()
  const topicId = await world.createTopic('t')
  const ask = async (version: number, topic: object) => {
    const { topics } = await call(METADATA, version, { topics: [topic] })
    return [topics[0]!.errorCode, topics[0]!.name, topics[0]!.topicId]
  }
  expect(await ask(12, { topicId, name: null })).toEqual([0, 't', topicId])
  expect(await ask(12, { topicId, name: 'other' })).toEqual([0, 't', topicId])
  expect((await ask(12, { topicId: UNKNOWN_ID, name: null }))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  for (const version of [10, 11]) {
    expect((await ask(version, { topicId, name: 't' }))[0]).toBe(ErrorCode.INVALID_REQUEST)
    expect((await ask(version, { name: null }))[0]).toBe(ErrorCode.INVALID_REQUEST)
  }
})

test.each([0, 1, 2, 4, 5, 7])('ADM-1 CreateTopics %i creates once, and says what is wrong', async version => {
  await begin()
  expect((await create(version, { name: 't', numPartitions: 2 })).errorCode).toBe(ErrorCode.NONE)
  expect(await produce('t', 1)).toEqual([0, 0])
  expect((await create(version, { name: 't' })).errorCode).toBe(ErrorCode.TOPIC_ALREADY_EXISTS)
  expect((await create(version, { name: 'u', numPartitions: 0 })).errorCode).toBe(
    ErrorCode.INVALID_PARTITIONS,
  )
  expect((await create(version, { name: 'u', replicationFactor: 2 })).errorCode).toBe(
    ErrorCode.INVALID_REPLICATION_FACTOR,
  )
  const configs = [{ name: 'retention.ms', value: 'soon' }]
  expect((await create(version, { name: 'u', configs })).errorCode).toBe(ErrorCode.INVALID_CONFIG)
  expect(await topicNames(1, null)).toEqual(['t'])
})

test('ADM-1 validate_only creates nothing', async () => {
  await begin()
  expect((await create(5, { name: 't' }, { validateOnly: true })).errorCode).toBe(ErrorCode.NONE)
  expect(await topicNames(9, null)).toEqual([])
  expect((await create(5, { name: 't', numPartitions: 0 }, { validateOnly: true })).errorCode).toBe(
    ErrorCode.INVALID_PARTITIONS,
  )
})

test.each([0, 1, 3, 5])('ADM-2 DeleteTopics %i deletes by name, its log too', async version => {
  await begin()
  await world.createTopic('t')
  await produce('t', 0)
  const { responses } = await call(DELETE_TOPICS, version, { topicNames: ['t', 'missing'], timeoutMs: 1_000 })
  expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
    ['t', 0],
    ['missing', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ])
  expect(await topicNames(1, null)).toEqual([])
  expect((await produce('t', 0))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  await world.pass(120_000)
  expect(
    world.disk.list('/data').filter(({ name }) => name.startsWith('t-') || name.startsWith('t.')),
  ).toEqual([])
})

test('ADM-2 version 6 deletes by id as well', async () => {
  await begin()
  const topicId = await world.createTopic('t')
  const ask = async (topic: object) => (await call(DELETE_TOPICS, 6, { topics: [topic] })).responses[0]!
  expect((await ask({ name: null, topicId: UNKNOWN_ID })).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  expect((await ask({ name: 't', topicId })).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  expect(await ask({ name: null, topicId })).toMatchObject({ errorCode: 0, name: 't', topicId })
  expect(await topicNames(9, null)).toEqual([])
})

test('ADM-2 delete.topic.enable=false: 42 below version 3, 73 from it on', async () => {
  await begin({ 'delete.topic.enable': 'false' })
  await world.createTopic('t')
  const ask = async (version: number) =>
    (await call(DELETE_TOPICS, version, { topicNames: ['t'] })).responses[0]!.errorCode
  expect(await ask(1)).toBe(ErrorCode.INVALID_REQUEST)
  expect(await ask(3)).toBe(ErrorCode.TOPIC_DELETION_DISABLED)
  expect(await produce('t', 0)).toEqual([0, 0])
})

test('ADM-3 CreatePartitions adds partitions that take records at once, and leaves the others', async () => {
  await begin()
  await world.createTopic('t')
  await produce('t', 0)
  expect(await addPartitions('t', 3, true)).toBe(ErrorCode.NONE)
  expect((await produce('t', 2))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  expect(await addPartitions('t', 3)).toBe(ErrorCode.NONE)
  expect([await produce('t', 2), await produce('t', 0)]).toEqual([
    [0, 0],
    [0, 1],
  ])
  for (const count of [1, 3]) expect(await addPartitions('t', count)).toBe(ErrorCode.INVALID_PARTITIONS)
  expect(await addPartitions('missing', 3)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('deletions and creations of one name by several clients at once leave metadata and logs agreed', async () => {
  await begin()
  await world.createTopic('t')
  const others = Array.from({ length: 6 }, () => world.connect())
  const replies = others.map((other, index) =>
    index % 2 === 0
      ? other.send(DELETE_TOPICS, 5, { topicNames: ['t'], timeoutMs: 1_000 })
      : other.send(CREATE_TOPICS, 5, {
          topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }],
          timeoutMs: 1_000,
        }),
  )
  await world.quiet()
  for (const { isAnswered } of replies) expect(isAnswered).toBe(true)
  const isThere = (await topicNames(9, null)).includes('t')
  expect((await produce('t', 0))[0]).toBe(isThere ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  await world.restart()
  client = world.connect()
  expect((await topicNames(9, null)).includes('t')).toBe(isThere)
  expect(world.disk.list('/data').filter(({ name }) => name.endsWith('-stray'))).toEqual([])
})

test('a topic whose log the disk refuses is there, offline, and its records are refused with 56', async () => {
  await begin()
  world.disk.failNext('open', 'EACCES', 't-0')
  expect((await create(5, { name: 't' })).errorCode).toBe(ErrorCode.NONE)
  expect((await produce('t', 0))[0]).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await world.createTopic('other')
  expect(await produce('other', 0)).toEqual([0, 0])
})

test('ADM-1, ADM-2: a client neither creates, extends nor deletes a topic that the broker manages', async () => {
  await begin()
  const name = '__consumer_offsets'
  expect((await create(7, { name })).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  await look(4, name, { allowAutoTopicCreation: true })
  const extended = await call(CREATE_PARTITIONS, 2, { topics: [{ name, count: 90 }], timeoutMs: 1_000 })
  expect(extended.results[0]!.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  const { responses } = await call(DELETE_TOPICS, 5, { topicNames: [name], timeoutMs: 1_000 })
  expect(responses[0]!.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  expect(await look(4, name)).toBe(ErrorCode.NONE)
})
