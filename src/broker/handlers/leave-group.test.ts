import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests } from '../group-requests.test-support.ts'

test('GRC-7: LeaveGroup answers at the top below version 3, and for each member from there', async () => {
  const world = await GroupRequests.started()
  const memberId = await world.stabilize()
  const code = ErrorCode.UNKNOWN_MEMBER_ID
  expect((await world.leave(0, { groupId: 'g', memberId: 'nobody' })).errorCode).toBe(code)
  const members = [{ memberId, groupInstanceId: null }, { memberId: 'nobody' }]
  const answer = await world.leave(5, { groupId: 'g', members })
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  expect(answer.members.map(member => member.errorCode)).toEqual([ErrorCode.NONE, code])
  expect((await world.leave(2, { groupId: 'gone', memberId: 'm' })).errorCode).toBe(code)
})

test.each([3, 4, 5])('GRC-7: LeaveGroup %i takes members by instance id, and answers each', async version => {
  const world = await GroupRequests.started()
  const { memberId } = await world.join(5, { groupInstanceId: 'i' })
  await world.sync(3, memberId, { groupInstanceId: 'i' })
  const reason = version >= 5 ? { reason: 'the test is over' } : {}
  const members = [
    { memberId: '', groupInstanceId: 'i', ...reason },
    { memberId: 'x', groupInstanceId: 'other', ...reason },
  ]
  const answer = await world.leave(version, { groupId: 'g', members })
  expect(answer.members).toMatchObject([
    { groupInstanceId: 'i', errorCode: ErrorCode.NONE },
    { groupInstanceId: 'other', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
  ])
  expect((await world.describe(5, 'g'))?.groupState).toBe('Empty')
})

test.each([0, 1, 2])('GRC-7: LeaveGroup %i lets its one member go', async version => {
  const world = await GroupRequests.started()
  const memberId = await world.stabilize()
  expect((await world.leave(version, { groupId: 'g', memberId })).errorCode).toBe(ErrorCode.NONE)
  expect((await world.describe(5, 'g'))?.groupState).toBe('Empty')
  expect((await world.leave(version, { groupId: '', memberId })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
})
