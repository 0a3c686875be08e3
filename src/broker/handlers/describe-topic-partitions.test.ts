import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { DescribeTopicPartitionsRequestInit } from '../../protocol/generated/describe-topic-partitions.ts'
import { DESCRIBE_TOPIC_PARTITIONS } from '../simulated-apis.test-support.ts'
import { SimulatedBroker } from '../simulated-broker.test-support.ts'

const NOT_ASKED = -2_147_483_648
const ALL_OF_A_TOPIC = 3576

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started({ 'max.request.partition.size.limit': '5' })
  await world.createTopic('b', { partitions: 3 })
  await world.createTopic('a', { partitions: 2 })
})

afterEach(() => world.close())

function describe(request: DescribeTopicPartitionsRequestInit) {
  const answered = { responsePartitionLimit: 100, topics: [], ...request }
  return world.call(world.connect(), DESCRIBE_TOPIC_PARTITIONS, 0, answered)
}

/** Each topic with its error, or with its partitions; and where to go on. */
async function page(request: DescribeTopicPartitionsRequestInit) {
  const { topics, nextCursor } = await describe(request)
  const shown = topics.map(({ name, errorCode, partitions }) =>
    errorCode === 0 ? `${name}:${partitions.map(row => row.partitionIndex).join()}` : `${name} ${errorCode}`,
  )
  return [shown.join(' '), nextCursor]
}

function at(topicName: string, partitionIndex: number) {
  return { topicName, partitionIndex }
}

test('MD-11 a row tells leader, epoch, replicas, and those eligible to lead, none without ELR', async () => {
  const topicId = await world.createTopic('t')
  const { topics } = await describe({ topics: [{ name: 't' }] })
  const partition = {
    errorCode: ErrorCode.NONE,
    partitionIndex: 0,
    leaderId: 0,
    leaderEpoch: 0,
    replicaNodes: [0],
    isrNodes: [0],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  }
  const described = { name: 't', topicId, errorCode: 0, isInternal: false, partitions: [partition] }
  expect(topics).toEqual([{ ...described, topicAuthorizedOperations: ALL_OF_A_TOPIC }])
})

test('MD-11 topics come in the order of their names; an empty list asks for all of them', async () => {
  expect(await page({})).toEqual(['a:0,1 b:0,1,2', null])
  expect(await page({ topics: [{ name: 'b' }, { name: 'a' }, { name: 'b' }] })).toEqual([
    'a:0,1 b:0,1,2',
    null,
  ])
})

test('MD-11 pages are cut at the limit of the request, and the cursor goes on where they end', async () => {
  const all = { responsePartitionLimit: 2 }
  expect(await page(all)).toEqual(['a:0,1', at('b', 0)])
  expect(await page({ ...all, cursor: at('b', 0) })).toEqual(['b:0,1', at('b', 2)])
  expect(await page({ ...all, cursor: at('b', 2) })).toEqual(['b:2', null])
  expect(await page({ responsePartitionLimit: 1 })).toEqual(['a:0', at('a', 1)])
  // At least one partition, so that every page leads on.
  expect(await page({ responsePartitionLimit: 0 })).toEqual(['a:0', at('a', 1)])
  expect(await page({ cursor: at('b', 9) })).toEqual(['b:', null])
})

test('MD-11 the broker has a limit of its own', async () => {
  await world.createTopic('c', { partitions: 4 })
  expect(await page({ responsePartitionLimit: 2_000 })).toEqual(['a:0,1 b:0,1,2', at('c', 0)])
})

test('MD-11 a topic that is not there, or cannot be, takes its place in the order', async () => {
  const topics = [{ name: 'zz' }, { name: 'b' }, { name: 'a b' }]
  expect(await page({ topics })).toEqual(['a b 17 b:0,1,2 zz 3', null])
  const unknown = await describe({ topics: [{ name: 'zz' }] })
  expect(unknown.topics[0]!.topicAuthorizedOperations).toBe(ALL_OF_A_TOPIC)
})

test('MD-11 a cursor at no partition, or at a topic that is not asked for, is refused', async () => {
  const topics = [{ name: 'a' }, { name: 'b' }]
  expect(await page({ topics, cursor: at('b', -1) })).toEqual(['a 42 b 42', null])
  expect(await page({ topics, cursor: at('aa', 0) })).toEqual(['a 42 b 42', null])
  const refused = await describe({ topics, cursor: at('zz', 0) })
  expect(refused.topics[0]).toMatchObject({ topicAuthorizedOperations: NOT_ASKED, partitions: [] })
  // Among all topics the one of the cursor may have been deleted since.
  expect(await page({ cursor: at('aa', 1) })).toEqual(['b:0,1,2', null])
})
