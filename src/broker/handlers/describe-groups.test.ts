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
