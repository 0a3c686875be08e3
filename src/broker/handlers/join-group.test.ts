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

test.each(upTo(9))(
  'GRC-2: JoinGroup %i asks a new member to come back with its id from version 4 on',
  async version => {
    const world = await GroupRequests.started()
    const asked = await world.join(version)
    if (version < 4) {
      expect(asked).toMatchObject({ errorCode: ErrorCode.NONE, generationId: 1 })
      return
    }
    expect(asked).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, generationId: -1, members: [] })
    expect(asked.memberId).toMatch(/^client-.{36}$/)
    expect(await world.join(version, { memberId: asked.memberId })).toMatchObject({
      errorCode: ErrorCode.NONE,
      memberId: asked.memberId,
    })
  },
)

test.each([5, 6, 9])('GRC-2: JoinGroup %i of a static member is never asked to come back', async version => {
  const world = await GroupRequests.started()
  const joined = await world.join(version, { groupInstanceId: 'i' })
  expect(joined).toMatchObject({ errorCode: ErrorCode.NONE, generationId: 1 })
  expect(joined.members).toMatchObject([{ groupInstanceId: 'i' }])
})

test('GRC-5: JoinGroup without a group, or with an id that nobody was given, is refused', async () => {
  const world = await GroupRequests.started()
  expect((await world.join(3, { groupId: '' })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
  expect((await world.join(3, { memberId: 'm' })).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

test('GRC-3, LIM-1: sessions of 6 seconds to 30 minutes are taken, others are 26', async () => {
  for (const [sessionTimeoutMs, errorCode] of [
    [5_999, ErrorCode.INVALID_SESSION_TIMEOUT],
    [6_000, ErrorCode.NONE],
    [1_800_000, ErrorCode.NONE],
    [1_800_001, ErrorCode.INVALID_SESSION_TIMEOUT],
  ] as const) {
    const world = await GroupRequests.started()
    expect((await world.join(3, { sessionTimeoutMs })).errorCode).toBe(errorCode)
  }
})

test('GRC-4: JoinGroup 7 and above names the type of the protocol that was chosen', async () => {
  for (const version of [6, 7]) {
    const world = await GroupRequests.started()
    const { memberId } = await world.join(version)
    const joined = await world.join(version, { memberId })
    expect(joined).toMatchObject({ protocolName: 'range', protocolType: version >= 7 ? 'consumer' : null })
  }
})

test.each([5, 8, 9])(
  'GRC-6: JoinGroup %i of a static leader that restarts makes no rebalance',
  async version => {
    const world = await GroupRequests.started()
    const groupInstanceId = 'i'
    const { memberId: former } = await world.join(version, { groupInstanceId })
    await world.sync(3, former, { groupInstanceId })
    const joined = await world.join(version, { groupInstanceId })
    expect(joined).toMatchObject({ errorCode: ErrorCode.NONE, generationId: 1 })
    expect(joined.memberId).not.toBe(former)
    // From KIP-814 on it leads and is told to assign nothing; before, it must not think that it leads.
    expect([joined.skipAssignment, joined.leader, joined.members.length]).toEqual(
      version >= 9 ? [true, joined.memberId, 1] : [false, former, 0],
    )
    expect([
      ...(await world.sync(3, joined.memberId, { groupInstanceId, assignments: [] })).assignment,
    ]).toEqual([9])
  },
)
