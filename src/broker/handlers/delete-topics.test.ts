import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { DELETE_TOPICS } from '../simulated-apis.test-support.ts'
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

async function produce(name: string, index: number) {
  return produced(await call(PRODUCE, 9, produceOf(name, batchOf(['x']), { index })))
}

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
  const ask = async (topic: object) =>
    (await call(DELETE_TOPICS, 6, { topics: [topic], timeoutMs: 1_000 })).responses[0]!
  expect((await ask({ name: null, topicId: UNKNOWN_ID })).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  expect((await ask({ name: 't', topicId })).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  expect(await ask({ name: null, topicId })).toMatchObject({ errorCode: 0, name: 't', topicId })
  expect(await topicNames(9, null)).toEqual([])
})

test('ADM-2 delete.topic.enable=false: 42 below version 3, 73 from it on', async () => {
  await begin({ 'delete.topic.enable': 'false' })
  await world.createTopic('t')
  const ask = async (version: number) =>
    (await call(DELETE_TOPICS, version, { topicNames: ['t'], timeoutMs: 1_000 })).responses[0]!.errorCode
  expect(await ask(1)).toBe(ErrorCode.INVALID_REQUEST)
  expect(await ask(3)).toBe(ErrorCode.TOPIC_DELETION_DISABLED)
  expect(await produce('t', 0)).toEqual([0, 0])
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

test.each([1, 5])(
  'ADM-2 version %i refuses a name that is given twice, once, and deletes nothing of it',
  async version => {
    await begin()
    await world.createTopic('t')
    await world.createTopic('u')
    const request = { topicNames: ['t', 'u', 't'], timeoutMs: 1_000 }
    const { responses } = await call(DELETE_TOPICS, version, request)
    expect(responses).toMatchObject([
      { name: 't', errorCode: ErrorCode.INVALID_REQUEST },
      { name: 'u', errorCode: ErrorCode.NONE },
    ])
    expect(responses[0]!.errorMessage).toBe(version >= 5 ? 'Duplicate topic name.' : null)
    expect(await topicNames(1, null)).toEqual(['t'])
  },
)

test('ADM-2 version 6 refuses an id that is given twice, and a topic that is named by both', async () => {
  await begin()
  const topicId = await world.createTopic('t')
  const ask = async (...topics: object[]) =>
    (await call(DELETE_TOPICS, 6, { topics, timeoutMs: 1_000 })).responses
  const byId = { name: null, topicId }
  const errorCode = ErrorCode.INVALID_REQUEST
  expect(await ask(byId, byId)).toMatchObject([
    { name: null, topicId, errorCode, errorMessage: 'Duplicate topic id.' },
  ])
  const errorMessage = 'The provided topic name maps to an ID that was already supplied.'
  expect(await ask({ name: 't' }, byId)).toMatchObject([{ name: 't', topicId, errorCode, errorMessage }])
  expect(await ask(byId, { name: 't' })).toMatchObject([{ name: 't', topicId, errorCode, errorMessage }])
  expect(await ask({ name: null })).toMatchObject([
    { errorCode, errorMessage: 'Neither topic name nor id were specified.' },
  ])
  expect(await topicNames(9, null)).toEqual(['t'])
})

test.each([0, -1])(
  'ADM-2 with a timeout of %i nothing is deleted, and each topic told so',
  async timeoutMs => {
    await begin()
    await world.createTopic('t')
    const { responses } = await call(DELETE_TOPICS, 5, { topicNames: ['t', 'missing'], timeoutMs })
    const errorCode = ErrorCode.REQUEST_TIMED_OUT
    expect(responses).toMatchObject([
      { name: 't', errorCode },
      { name: 'missing', errorCode },
    ])
    expect(await topicNames(9, null)).toEqual(['t'])
  },
)
