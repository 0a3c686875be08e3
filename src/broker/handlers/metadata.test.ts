import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { CreatableTopicInit } from '../../protocol/generated/create-topics.ts'
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

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAZQ'
const NOT_ASKED = -2_147_483_648
const ALL_OF_A_TOPIC = 3576
const ALL_OF_A_CLUSTER = 8096

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
  expect(await ask(12, { topicId: UNKNOWN_ID, name: null })).toEqual([100, null, UNKNOWN_ID])
  for (const version of [10, 11]) {
    expect((await ask(version, { topicId, name: 't' }))[0]).toBe(ErrorCode.INVALID_REQUEST)
    expect((await ask(version, { name: null }))[0]).toBe(ErrorCode.INVALID_REQUEST)
  }
})

test.each([0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])(
  'MD-6 what version %i tells of a topic',
  async version => {
    await begin()
    const topicId = await world.createTopic('t')
    await world.restart()
    client = world.connect()
    const asked = {
      ...(version >= 8 ? { includeTopicAuthorizedOperations: true } : {}),
      ...(version >= 8 && version <= 10 ? { includeClusterAuthorizedOperations: true } : {}),
    }
    const answer = await call(METADATA, version, { topics: [{ name: 't' }], ...asked })
    const topic = answer.topics[0]!
    expect(topic).toMatchObject({ errorCode: ErrorCode.NONE, name: 't', isInternal: false })
    expect(topic.topicId).toBe(version >= 10 ? topicId : 'AAAAAAAAAAAAAAAAAAAAAA')
    expect(topic.partitions).toMatchObject([
      { errorCode: 0, partitionIndex: 0, leaderId: 0, replicaNodes: [0], isrNodes: [0], offlineReplicas: [] },
    ])
    // MD-7: the second start, the second epoch.
    expect(topic.partitions[0]!.leaderEpoch).toBe(version >= 7 ? 1 : -1)
    expect(topic.topicAuthorizedOperations).toBe(version >= 8 ? ALL_OF_A_TOPIC : NOT_ASKED)
    const isOfCluster = version >= 8 && version <= 10
    expect(answer.clusterAuthorizedOperations).toBe(isOfCluster ? ALL_OF_A_CLUSTER : NOT_ASKED)
    const unasked = await call(METADATA, version, { topics: [{ name: 't' }] })
    expect(unasked.topics[0]!.topicAuthorizedOperations).toBe(NOT_ASKED)
    expect(unasked.clusterAuthorizedOperations).toBe(NOT_ASKED)
  },
)

test.each([10, 12, 13])(
  'MD-6 neither name nor id is 42 in version %i, at the top too from 13',
  async version => {
    await begin()
    // Kafka: UNKNOWN_SERVER_ERROR from version 12 on.
    const answer = await call(METADATA, version, { topics: [{ name: null }] })
    expect(answer.topics[0]!.errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect(answer.errorCode).toBe(version >= 13 ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE)
  },
)

test('MD-7 leader epochs rise with every start and never go back', async () => {
  await begin()
  await world.createTopic('t')
  const epochs: number[] = []
  for (let start = 0; start < 3; start += 1) {
    const answer = await call(METADATA, 9, { topics: [{ name: 't' }] })
    epochs.push(answer.topics[0]!.partitions[0]!.leaderEpoch)
    await world.restart()
    client = world.connect()
  }
  expect(epochs).toEqual([0, 1, 2])
})

test('MD-8 the cluster id is told from version 2 on, and stays', async () => {
  await begin()
  const id = async (version: number) => (await call(METADATA, version, { topics: [] })).clusterId
  const first = await id(2)
  expect(first).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect([await id(1), await id(13)]).toEqual([null, first])
  await world.restart()
  client = world.connect()
  expect(await id(9)).toBe(first)
})

test('MD-2 a topic that cannot be created is answered with what hinders it, and is not there', async () => {
  await begin({ 'default.replication.factor': '3' })
  expect(await look(9, 'new', { allowAutoTopicCreation: true })).toBe(ErrorCode.INVALID_REPLICATION_FACTOR)
  expect(await topicNames(9, null)).toEqual([])
})
