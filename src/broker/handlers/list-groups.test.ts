import { expect, test } from 'vitest'
import { GroupRequests } from '../group-requests.test-support.ts'

test('GRC-9: groups are listed, filtered by state from version 4 and by type from 5', async () => {
  const world = await GroupRequests.started()
  await world.stabilize()
  await world.commit(8, { groupId: 'simple' })
  const names = async (...call: Parameters<GroupRequests['list']>) =>
    (await world.list(...call)).map(group => group.groupId)
  expect((await names(0)).sort()).toEqual(['g', 'simple'])
  expect(await names(4, { statesFilter: ['stable'] })).toEqual(['g'])
  expect(await names(5, { typesFilter: ['consumer'] })).toEqual([])
  expect(await world.list(5, { typesFilter: ['Classic'], statesFilter: ['Empty'] })).toMatchObject([
    { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' },
  ])
})

test('GRC-9: a group has the protocol type that its members gave it, such as connect', async () => {
  const world = await GroupRequests.started()
  await world.join(3, {
    protocolType: 'connect',
    protocols: [{ name: 'sessioned', metadata: new Uint8Array([1]) }],
  })
  const listed = { groupId: 'g', protocolType: 'connect', groupState: '', groupType: '' }
  expect(await world.list(3)).toEqual([listed])
  expect(await world.list(4)).toEqual([{ ...listed, groupState: 'CompletingRebalance' }])
  expect(await world.list(5)).toEqual([
    { ...listed, groupState: 'CompletingRebalance', groupType: 'classic' },
  ])
})
