import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, upTo } from '../group-requests.test-support.ts'

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
