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
