import { expect, test, vi } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, upTo } from '../group-requests.test-support.ts'

test('GRC-9: an unknown group is Dead, an error only from version 6', async () => {
  const world = await GroupRequests.started()
  for (const version of upTo(5)) {
    expect(await world.describe(version, 'x')).toMatchObject({
      errorCode: 0,
      groupState: 'Dead',
      members: [],
    })
  }
  const unknown = await world.describe(6, 'x')
  expect(unknown).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' })
})

test('GRC-8: a stable group shows its protocol, subscriptions and assignments', async () => {
  const world = await GroupRequests.started()
  const memberId = await world.stabilize()
  const group = await world.describe(5, 'g', true)
  expect(group).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
  expect(group?.authorizedOperations).toBe(3400)
  expect(group?.members[0]).toMatchObject({ memberId, clientId: 'client', clientHost: '/10.0.0.1' })
  expect([...(group?.members[0]?.memberMetadata ?? [])]).toEqual([1])
  expect([...(group?.members[0]?.memberAssignment ?? [])]).toEqual([9])
})

test('GRC-9: a group that is named many times is described as often, and looked at once', async () => {
  const world = await GroupRequests.started()
  await world.stabilize()
  const describe = vi.spyOn(world.groups, 'describeGroup')
  const states = (await world.describeAll(6, ['g', 'g', 'g'])).map(({ groupState }) => groupState)
  expect(states).toEqual(['Stable', 'Stable', 'Stable'])
  expect(describe).toHaveBeenCalledTimes(1)
})

test('GRC-1, GRC-9: a group is described in each of its states', async () => {
  const world = await GroupRequests.started()
  const state = async () => (await world.describe(5, 'g'))?.groupState
  expect(await state()).toBe('Dead')
  const { memberId } = await world.join(3)
  expect(await state()).toBe('CompletingRebalance')
  // Before the generation is settled neither protocol nor subscription is shown.
  const joined = await world.describe(5, 'g')
  expect(joined).toMatchObject({
    protocolData: '',
    members: [{ memberId, memberMetadata: new Uint8Array(0) }],
  })
  await world.sync(3, memberId)
  expect(await state()).toBe('Stable')
  void world.join(3)
  expect(await state()).toBe('PreparingRebalance')
  await world.join(3, { memberId })
  await world.leave(1, { groupId: 'g', memberId })
  const rest = (await world.describe(5, 'g'))!.members.map(member => ({ memberId: member.memberId }))
  await world.leave(3, { groupId: 'g', members: rest })
  expect(await state()).toBe('Empty')
})
