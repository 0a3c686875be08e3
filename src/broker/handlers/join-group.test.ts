import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, upTo } from '../group-requests.test-support.ts'

test.each(upTo(9))('GRC-1: a group of one through JoinGroup %i', async version => {
  const world = await GroupRequests.started()
  const asked = await world.join(version)
  expect(asked.errorCode).toBe(version >= 4 ? ErrorCode.MEMBER_ID_REQUIRED : ErrorCode.NONE)
  const joined = version >= 4 ? await world.join(version, { memberId: asked.memberId }) : asked
  expect(joined).toMatchObject({
    errorCode: 0,
    generationId: 1,
    protocolName: 'range',
    leader: joined.memberId,
  })
  expect(joined.members).toHaveLength(1)
  const syncVersion = Math.min(version, 4)
  const synced = await world.sync(syncVersion, joined.memberId)
  expect([...synced.assignment]).toEqual([9])
  for (const heartbeatVersion of upTo(4)) {
    expect(await world.heartbeat(heartbeatVersion, joined.memberId)).toBe(ErrorCode.NONE)
  }
  const member = world.groups.describeGroup('g').group?.members.get(joined.memberId)
  expect(member).toMatchObject({
    clientHost: '/10.0.0.1',
    rebalanceTimeoutMs: version === 0 ? 10_000 : 20_000,
  })
})

test('GRC-4: a refused JoinGroup has an empty protocol name below version 7, and null from there', async () => {
  const world = await GroupRequests.started()
  expect((await world.join(6, { protocols: [] })).protocolName).toBe('')
  expect(await world.join(7, { protocols: [] })).toMatchObject({ protocolName: null, protocolType: null })
})
