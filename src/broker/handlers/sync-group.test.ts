import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, upTo } from '../group-requests.test-support.ts'

test('GRC-4: SyncGroup 5 without type and name is INCONSISTENT_GROUP_PROTOCOL', async () => {
  const world = await GroupRequests.started()
  const memberId = await world.stabilize()
  expect((await world.sync(5, memberId)).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  for (const half of [{ protocolType: 'consumer' }, { protocolName: 'range' }]) {
    expect((await world.sync(5, memberId, half)).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  }
  const named = await world.sync(5, memberId, { protocolType: 'consumer', protocolName: 'range' })
  expect(named).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
})

test.each(upTo(5))(
  'GRC-1: SyncGroup %i hands each member the bytes that the leader has for it',
  async version => {
    const world = await GroupRequests.started()
    const leader = await world.stabilize()
    const joins = [world.join(3), world.join(3, { memberId: leader })]
    const [follower, joined] = await Promise.all(joins)
    const protocol = version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}
    const generation = { generationId: joined!.generationId, ...protocol }
    const waiting = world.sync(version, follower!.memberId, { ...generation, assignments: [] })
    const assignments = [
      { memberId: leader, assignment: new Uint8Array([1, 2]) },
      { memberId: follower!.memberId, assignment: new Uint8Array([3]) },
    ]
    const own = await world.sync(version, leader, { ...generation, assignments })
    const answers = [own, await waiting]
    expect(answers.map(({ errorCode, assignment }) => [errorCode, [...assignment]])).toEqual([
      [ErrorCode.NONE, [1, 2]],
      [ErrorCode.NONE, [3]],
    ])
  },
)

test.each(upTo(5))(
  'GRC-5: SyncGroup %i of strangers, old generations and no group is refused',
  async version => {
    const world = await GroupRequests.started()
    const memberId = await world.stabilize()
    const protocol = version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}
    const error = async (change: object) =>
      (await world.sync(version, memberId, { ...protocol, ...change })).errorCode
    expect(await error({ memberId: 'nobody' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(await error({ generationId: 7 })).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(await error({ groupId: '' })).toBe(ErrorCode.INVALID_GROUP_ID)
    expect(await error({})).toBe(ErrorCode.NONE)
    void world.join(3)
    expect(await error({})).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  },
)
