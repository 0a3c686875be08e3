import { expect, test, vi } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, TOPIC_ID, upTo } from '../group-requests.test-support.ts'

test.each(upTo(10))('OFS-2: OffsetFetch %i tells what is stored and what is missing', async version => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const partitionIndexes = [0, 1]
  const topic = version >= 10 ? { topicId: TOPIC_ID, partitionIndexes } : { name: 't', partitionIndexes }
  const request =
    version >= 8 ? { groups: [{ groupId: 'g', topics: [topic] }] } : { groupId: 'g', topics: [topic] }
  const answer = await world.fetch(version, request)
  const { topics } = version >= 8 ? (answer.groups[0] ?? { topics: [] }) : answer
  const missing = version === 0 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE
  expect(topics[0]?.partitions).toMatchObject([
    { partitionIndex: 0, committedOffset: 42, metadata: 'm', errorCode: ErrorCode.NONE },
    { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: missing },
  ])
})

test('OFS-2: OffsetFetch 10 names topics by id, and refuses ids that no topic has', async () => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const all = await world.fetch(10, { groups: [{ groupId: 'g', topics: null }] })
  expect(all.groups[0]?.topics).toMatchObject([{ topicId: TOPIC_ID, partitions: [{ committedOffset: 42 }] }])
  const unknownId = 'AAAAAAAAAAAAAAAAAAAAAg'
  const request = { groups: [{ groupId: 'g', topics: [{ topicId: unknownId, partitionIndexes: [3] }] }] }
  const refused = await world.fetch(10, request)
  const errorCode = ErrorCode.UNKNOWN_TOPIC_ID
  expect(refused.groups[0]?.topics).toMatchObject([
    { topicId: unknownId, partitions: [{ partitionIndex: 3, errorCode }] },
  ])
})

test('OFS-2: a refused group stands at each partition, at the top from version 2, at the group from 8', async () => {
  const world = await GroupRequests.started()
  world.log.isTopicThere = false
  const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE
  const one = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }
  expect((await world.fetch(1, one)).topics[0]?.partitions).toMatchObject([
    { committedOffset: -1, errorCode },
  ])
  expect(await world.fetch(7, one)).toMatchObject({ errorCode, topics: [] })
  expect((await world.fetch(8, { groups: [one] })).groups).toMatchObject([
    { groupId: 'g', errorCode, topics: [] },
  ])
})

test('OFS-2: a group that is named many times is told of as often, and looked at once', async () => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const fetch = vi.spyOn(world.groups, 'fetchOffsets')
  const group = { groupId: 'g', topics: null }
  const { groups } = await world.fetch(8, { groups: [group, group, { groupId: 'h', topics: null }] })
  expect(groups.map(({ groupId, topics }) => [groupId, topics.length])).toEqual([
    ['g', 1],
    ['g', 1],
    ['h', 0],
  ])
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('OFS-2: OffsetFetch 8 answers several groups, each for itself', async () => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const request = {
    groups: ['g', 'unknown'].map(groupId => ({ groupId, topics: null })),
    requireStable: true,
  }
  for (const version of [8, 9]) {
    const { groups } = await world.fetch(version, request)
    expect(groups).toMatchObject([
      {
        groupId: 'g',
        errorCode: ErrorCode.NONE,
        topics: [{ name: 't', partitions: [{ committedOffset: 42 }] }],
      },
      { groupId: 'unknown', errorCode: ErrorCode.NONE, topics: [] },
    ])
  }
})

test.each([2, 5, 7])('OFS-2: OffsetFetch %i takes null topics for all of the group', async version => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const all = await world.fetch(version, { groupId: 'g', topics: null })
  expect(all.topics).toMatchObject([{ name: 't', partitions: [{ committedOffset: 42, errorCode: 0 }] }])
  expect((await world.fetch(version, { groupId: 'g', topics: [] })).topics).toEqual([])
})

test('OFS-2: what nobody committed has epoch -1 and empty metadata', async () => {
  const world = await GroupRequests.started()
  const topics = [{ name: 't', partitionIndexes: [9] }]
  const answer = await world.fetch(7, { groupId: 'g', topics })
  expect(answer).toMatchObject({ errorCode: ErrorCode.NONE })
  expect(answer.topics[0]?.partitions).toEqual([
    { partitionIndex: 9, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
  ])
})
