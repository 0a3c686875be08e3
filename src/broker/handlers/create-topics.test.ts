import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { CreatableTopicInit } from '../../protocol/generated/create-topics.ts'
import { CREATE_PARTITIONS, DELETE_TOPICS } from '../simulated-apis.test-support.ts'
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

test('ADM-1 a refusal that quotes a name or a value of 32,767 bytes fits into the oldest versions', async () => {
  await begin()
  const long = 'x'.repeat(32_767)
  expect((await create(2, { name: long })).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  for (const config of [
    { name: long, value: '1' },
    { name: 'retention.ms', value: long },
  ]) {
    const answer = await create(2, { name: 't', configs: [config] })
    expect([answer.errorCode, answer.errorMessage?.length]).toEqual([ErrorCode.INVALID_CONFIG, 10_000])
  }
})

test('ADM-1 validate_only creates nothing', async () => {
  await begin()
  expect((await create(5, { name: 't' }, { validateOnly: true })).errorCode).toBe(ErrorCode.NONE)
  expect(await topicNames(9, null)).toEqual([])
  expect((await create(5, { name: 't', numPartitions: 0 }, { validateOnly: true })).errorCode).toBe(
    ErrorCode.INVALID_PARTITIONS,
  )
})

test('a topic whose log the disk refuses is there, offline, and its records are refused with 56', async () => {
  await begin()
  world.disk.failNext('open', 'EACCES', 't-0')
  expect((await create(5, { name: 't' })).errorCode).toBe(ErrorCode.NONE)
  expect((await produce('t', 0))[0]).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await world.createTopic('other')
  expect(await produce('other', 0)).toEqual([0, 0])
  await world.pass(10_000)
  expect(await produce('t', 0)).toEqual([0, 0])
})

test('a log that the disk refuses again and again is made once it can be, unless its topic is deleted', async () => {
  await begin()
  for (let attempt = 0; attempt < 4; attempt += 1) {
    world.disk.failNext('makeDirectory', 'ENOSPC', 'full-0')
    world.disk.failNext('makeDirectory', 'ENOSPC', 'gone-0')
  }
  await world.createTopic('full')
  await world.createTopic('gone')
  await world.pass(10_000)
  const deletion = await call(DELETE_TOPICS, 5, { topicNames: ['gone'], timeoutMs: 1_000 })
  expect(deletion.responses[0]!.errorCode).toBe(ErrorCode.NONE)
  await world.pass(10_000)
  expect((await produce('full', 0))[0]).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  for (let attempt = 0; attempt < 3; attempt += 1) await world.pass(10_000)
  expect(await produce('full', 0)).toEqual([0, 0])
  expect(world.disk.exists('/data/gone-0')).toBe(false)
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

test.each([2, 4, 5, 7])(
  'ADM-1 version %i takes -1 for the counts that the broker is set to',
  async version => {
    await begin({ 'num.partitions': '3' })
    const answer = await create(version, { name: 't', numPartitions: -1, replicationFactor: -1 })
    expect(answer.errorCode).toBe(ErrorCode.NONE)
    const { topics } = await call(METADATA, 9, { topics: [{ name: 't' }] })
    expect(topics[0]!.partitions.map(({ replicaNodes }) => replicaNodes)).toEqual([[0], [0], [0]])
  },
)

test.each([0, 4, 5, 6, 7])(
  'ADM-1 version %i tells counts and configs from 5 on, the id from 7',
  async version => {
    await begin()
    const configs = [{ name: 'retention.ms', value: '5000' }]
    const answer = await create(version, { name: 't', numPartitions: 2, configs })
    if (version < 5) expect(answer).toMatchObject({ numPartitions: -1, replicationFactor: -1, configs: null })
    else {
      expect(answer).toMatchObject({ numPartitions: 2, replicationFactor: 1, topicConfigErrorCode: 0 })
      const byName = new Map(answer.configs!.map(config => [config.name, config]))
      expect(byName.get('retention.ms')).toMatchObject({ value: '5000', configSource: 1, readOnly: false })
      expect(byName.get('cleanup.policy')).toMatchObject({
        value: 'delete',
        configSource: 5,
        isSensitive: false,
      })
      expect(byName.size).toBeGreaterThan(30)
    }
    const { topics } = await call(METADATA, 12, { topics: [{ name: 't' }] })
    expect(answer.topicId).toBe(version >= 7 ? topics[0]!.topicId : 'AAAAAAAAAAAAAAAAAAAAAA')
  },
)

test('ADM-1 what is refused has no counts and an empty list of configs, and says why from version 1', async () => {
  await begin()
  for (const version of [0, 1, 5, 7]) {
    expect(await create(version, { name: 't', numPartitions: 0 })).toMatchObject({
      errorCode: ErrorCode.INVALID_PARTITIONS,
      errorMessage: version === 0 ? null : 'Number of partitions was set to an invalid non-positive value.',
      numPartitions: -1,
      replicationFactor: -1,
      configs: version >= 5 ? [] : null,
    })
  }
})

test('ADM-1 the replicas of each partition may be given', async () => {
  await begin({ 'node.id': '4' })
  const counts = { numPartitions: -1, replicationFactor: -1 }
  const at = (...brokerIds: readonly number[][]) =>
    brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids }))
  const error = async (name: string, assignments: object[], change: object = counts) =>
    (await create(5, { name, ...change, assignments } as CreatableTopicInit)).errorCode
  expect(await create(5, { name: 't', ...counts, assignments: at([4], [4]) })).toMatchObject({
    errorCode: ErrorCode.NONE,
    numPartitions: 2,
    replicationFactor: 1,
  })
  expect(await produce('t', 1)).toEqual([0, 0])
  expect(await error('u', at([4]), {})).toBe(ErrorCode.INVALID_REQUEST)
  const code = ErrorCode.INVALID_REPLICA_ASSIGNMENT
  expect(await error('u', at([9]))).toBe(code)
  expect(await error('u', at([4, 4]))).toBe(code)
  expect(await error('u', at([]))).toBe(code)
  expect(await error('u', [{ partitionIndex: 1, brokerIds: [4] }])).toBe(code)
  expect(await error('u', [...at([4]), ...at([4])])).toBe(code)
  expect(await topicNames(1, null)).toEqual(['t'])
})

test('ADM-1 unknown settings, or without a value, are refused; of one given twice the last counts', async () => {
  await begin()
  const error = async (...configs: { name: string; value: string | null }[]) =>
    (await create(5, { name: 'u', configs })).errorCode
  expect(await error({ name: 'no.such', value: '1' })).toBe(ErrorCode.INVALID_CONFIG)
  expect(await error({ name: 'retention.ms', value: null })).toBe(ErrorCode.INVALID_CONFIG)
  const configs = ['1000', '2000'].map(value => ({ name: 'retention.ms', value }))
  const answer = await create(5, { name: 'twice', configs })
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  expect(answer.configs!.find(({ name }) => name === 'retention.ms')!.value).toBe('2000')
  expect(await topicNames(9, null)).toEqual(['twice'])
})

test('ADM-1 a name that is given twice is refused once', async () => {
  await begin()
  const topics = ['t', 'u', 't'].map(name => ({ name, numPartitions: 1, replicationFactor: 1 }))
  const answer = await call(CREATE_TOPICS, 5, { topics, timeoutMs: 1_000 })
  expect(answer.topics).toMatchObject([
    { name: 't', errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' },
    { name: 'u', errorCode: ErrorCode.NONE },
  ])
  expect(await topicNames(9, null)).toEqual(['u'])
})

test.each([0, -1])(
  'ADM-1 with a timeout of %i nothing is created, and each topic told so',
  async timeoutMs => {
    await begin()
    for (const validateOnly of [false, true]) {
      const answer = await create(5, { name: 't' }, { timeoutMs, validateOnly })
      expect(answer).toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT, configs: [] })
    }
    expect(await topicNames(9, null)).toEqual([])
  },
)
