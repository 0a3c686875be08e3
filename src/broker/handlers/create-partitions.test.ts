import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { CREATE_PARTITIONS } from '../simulated-apis.test-support.ts'
import {
  type Api,
  batchOf,
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

async function addPartitions(name: string, count: number, validateOnly = false): Promise<number> {
  const topics = [{ name, count, assignments: null }]
  const answer = await call(CREATE_PARTITIONS, 2, { topics, timeoutMs: 1_000, validateOnly })
  return answer.results[0]!.errorCode
}

async function produce(name: string, index: number) {
  return produced(await call(PRODUCE, 9, produceOf(name, batchOf(['x']), { index })))
}

test('ADM-2 CreatePartitions adds partitions that take records at once, and leaves the others', async () => {
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

test.each([0, 1, 2, 3])('ADM-2 version %i places the new partitions where it is told', async version => {
  await begin({ 'node.id': '4' })
  await world.createTopic('t')
  const add = async (count: number, assignments: { brokerIds: number[] }[]) => {
    const topics = [{ name: 't', count, assignments }]
    return (await call(CREATE_PARTITIONS, version, { topics, timeoutMs: 1_000 })).results[0]!.errorCode
  }
  const here = { brokerIds: [4] }
  const code = ErrorCode.INVALID_REPLICA_ASSIGNMENT
  // An empty list is not null: it places none of them.
  expect(await add(2, [])).toBe(code)
  expect(await add(2, [here, here])).toBe(code)
  expect(await add(2, [{ brokerIds: [9] }])).toBe(code)
  expect(await add(3, [here, here])).toBe(ErrorCode.NONE)
  expect(await produce('t', 2)).toEqual([0, 0])
})

test('ADM-2 CreatePartitions refuses a topic that is named twice, once', async () => {
  await begin()
  await world.createTopic('t')
  const topics = [3, 4].map(count => ({ name: 't', count, assignments: null }))
  const { results } = await call(CREATE_PARTITIONS, 3, { topics, timeoutMs: 1_000 })
  expect(results).toMatchObject([{ name: 't', errorCode: ErrorCode.INVALID_REQUEST }])
  expect(await addPartitions('t', 2)).toBe(ErrorCode.NONE)
})

test.each([0, -1])(
  'ADM-2 with a timeout of %i no partition is added, and each topic told so',
  async timeoutMs => {
    await begin()
    await world.createTopic('t')
    const topics = ['t', 'missing'].map(name => ({ name, count: 2, assignments: null }))
    const { results } = await call(CREATE_PARTITIONS, 3, { topics, timeoutMs })
    const errorCode = ErrorCode.REQUEST_TIMED_OUT
    expect(results).toMatchObject([
      { name: 't', errorCode },
      { name: 'missing', errorCode },
    ])
    expect((await produce('t', 1))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  },
)

test('ADM-2 more than 10,000 partitions are not added at once', async () => {
  await begin()
  await world.createTopic('t')
  expect(await addPartitions('t', 10_001, true)).toBe(ErrorCode.NONE)
  expect(await addPartitions('t', 10_002, true)).toBe(ErrorCode.POLICY_VIOLATION)
})
