import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, TOPIC_ID, upTo } from '../group-requests.test-support.ts'

test.each(upTo(10))('OFS-1: OffsetCommit %i stores, and refuses topics that are not there', async version => {
  const world = await GroupRequests.started()
  expect(await world.commit(version)).toBe(ErrorCode.NONE)
  const unknown = version >= 10 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  expect(await world.commit(version, {}, 'missing')).toBe(unknown)
  const { topics } = await world.fetch(2, { groupId: 'g', topics: null })
  expect(topics[0]?.partitions[0]).toMatchObject({ committedOffset: 42, metadata: 'm' })
})

test('OFS-1: a generation on an unknown group is 22, from version 9 on 69', async () => {
  const world = await GroupRequests.started()
  const member = { groupId: 'new', memberId: 'm', generationIdOrMemberEpoch: 1 }
  expect(await world.commit(8, member)).toBe(ErrorCode.ILLEGAL_GENERATION)
  expect(await world.commit(9, member)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})

test.each([6, 7, 8, 9])(
  'OFS-1: OffsetCommit %i keeps the leader epoch, and readers are told it from 5 on',
  async version => {
    const world = await GroupRequests.started()
    const partitions = [{ partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 3 }]
    expect(await world.commit(version, { topics: [{ name: 't', partitions }] })).toBe(ErrorCode.NONE)
    const epochAt = async (fetchVersion: number) => {
      const { topics } = await world.fetch(fetchVersion, { groupId: 'g', topics: null })
      return topics[0]!.partitions[0]!.committedLeaderEpoch
    }
    expect([await epochAt(4), await epochAt(5), await epochAt(7)]).toEqual([-1, 3, 3])
  },
)

test('OFS-1: OffsetCommit of a member counts in its generation only, and is 82 when it was replaced', async () => {
  const world = await GroupRequests.started()
  const groupInstanceId = 'i'
  const { memberId: former } = await world.join(5, { groupInstanceId })
  await world.sync(3, former, { groupInstanceId })
  const member = { memberId: former, generationIdOrMemberEpoch: 1 }
  expect(await world.commit(6, member)).toBe(ErrorCode.NONE)
  expect(await world.commit(6, { ...member, generationIdOrMemberEpoch: 0 })).toBe(
    ErrorCode.ILLEGAL_GENERATION,
  )
  expect(await world.commit(6, { ...member, memberId: 'nobody' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  // Who is no member at all may not commit while there are members.
  expect(await world.commit(6)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  await world.join(5, { groupInstanceId })
  for (const version of [7, 8, 9]) {
    expect(await world.commit(version, { ...member, groupInstanceId })).toBe(ErrorCode.FENCED_INSTANCE_ID)
  }
})

test('OFS-4: 4096 characters of metadata are kept, one more is refused with 12, for its partition alone', async () => {
  const world = await GroupRequests.started()
  const partition = (partitionIndex: number, characters: number) => ({
    partitionIndex,
    committedOffset: 1,
    // Kafka counts characters, not bytes.
    committedMetadata: 'ü'.repeat(characters),
  })
  const commit = async (...partitions: object[]) => {
    await world.commit(8, { topics: [{ name: 't', partitions }] })
    const { topics } = await world.fetch(2, { groupId: 'g', topics: null })
    return topics[0]?.partitions.map(({ partitionIndex, metadata }) => [partitionIndex, metadata?.length])
  }
  expect(await world.commit(8, { topics: [{ name: 't', partitions: [partition(0, 4_097)] }] })).toBe(
    ErrorCode.OFFSET_METADATA_TOO_LARGE,
  )
  expect(await commit(partition(0, 4_097), partition(1, 4_096))).toEqual([[1, 4_096]])
})

test('GRC-5: an empty group id is good enough for a simple OffsetCommit and for OffsetFetch', async () => {
  const world = await GroupRequests.started()
  expect(await world.commit(2, { groupId: '' })).toBe(ErrorCode.NONE)
  const { topics } = await world.fetch(2, { groupId: '', topics: null })
  expect(topics[0]?.partitions[0]).toMatchObject({ committedOffset: 42 })
})

test.each([2, 8, 10])(
  'OFS-4: OffsetCommit %i refuses a partition that its topic has not, alone',
  async version => {
    const world = await GroupRequests.started()
    const unknown = [{ partitionIndex: 3, committedOffset: 42 }]
    const partitions = [3, 1, -1].map(partitionIndex => ({ partitionIndex, committedOffset: 42 }))
    const topic = version >= 10 ? { topicId: TOPIC_ID } : { name: 't' }
    expect(await world.commitAll(version, [{ ...topic, partitions: unknown }])).toEqual([
      [3, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ])
    // Nothing was committed, so there is no group.
    expect(await world.list(0)).toEqual([])
    expect(await world.commitAll(version, [{ ...topic, partitions }])).toEqual([
      [3, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [1, ErrorCode.NONE],
      [-1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ])
    expect(await world.commitAll(version, [{ ...topic, partitions: partitions.slice(0, 1) }])).toEqual([
      [3, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ])
    const { topics } = await world.fetch(2, { groupId: 'g', topics: null })
    expect(topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([1])
  },
)
