import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, upTo } from '../group-requests.test-support.ts'

test.each(upTo(4))('GRC-5: Heartbeat %i knows members of this generation, and no others', async version => {
  const world = await GroupRequests.started()
  const memberId = await world.stabilize()
  const beat = (change = {}) => world.heartbeat(version, memberId, change)
  expect(await beat()).toBe(ErrorCode.NONE)
  expect(await beat({ memberId: 'nobody' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(await beat({ generationId: 0 })).toBe(ErrorCode.ILLEGAL_GENERATION)
  expect(await beat({ generationId: 2 })).toBe(ErrorCode.ILLEGAL_GENERATION)
  expect(await beat({ groupId: 'other' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(await beat({ groupId: '' })).toBe(ErrorCode.INVALID_GROUP_ID)
})

test('GRC-5: Heartbeat is 27 while members join, and nothing between JoinGroup and SyncGroup', async () => {
  const world = await GroupRequests.started()
  const { memberId } = await world.join(3)
  expect(await world.heartbeat(4, memberId)).toBe(ErrorCode.NONE)
  await world.sync(3, memberId)
  void world.join(3)
  expect(await world.heartbeat(4, memberId)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  await world.join(3, { memberId })
  expect(await world.heartbeat(4, memberId, { generationId: 2 })).toBe(ErrorCode.NONE)
})

test('GRC-5, GRC-6: Heartbeat 3 and above of a static member that was replaced is 82', async () => {
  const world = await GroupRequests.started()
  const groupInstanceId = 'i'
  const { memberId: former } = await world.join(5, { groupInstanceId })
  await world.sync(3, former, { groupInstanceId })
  const { memberId } = await world.join(5, { groupInstanceId })
  expect(memberId).not.toBe(former)
  for (const version of [3, 4]) {
    expect(await world.heartbeat(version, former, { groupInstanceId })).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(await world.heartbeat(version, memberId, { groupInstanceId })).toBe(ErrorCode.NONE)
  }
})
