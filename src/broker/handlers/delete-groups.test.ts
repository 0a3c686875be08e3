import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests } from '../group-requests.test-support.ts'

test('GRC-10: DeleteGroups answers each group', async () => {
  const world = await GroupRequests.started()
  await world.stabilize()
  await world.commit(8, { groupId: 'simple' })
  expect(await world.delete(2, 'g', 'simple', 'none', 'simple')).toEqual([
    ['g', ErrorCode.NON_EMPTY_GROUP],
    ['simple', ErrorCode.NONE],
    ['none', ErrorCode.GROUP_ID_NOT_FOUND],
  ])
})

test.each([0, 1, 2])('GRC-10: DeleteGroups %i removes a group and its offsets', async version => {
  const world = await GroupRequests.started()
  await world.commit(8)
  expect(await world.delete(version, 'g')).toEqual([['g', ErrorCode.NONE]])
  expect((await world.fetch(2, { groupId: 'g', topics: null })).topics).toEqual([])
  expect(await world.delete(version, 'g')).toEqual([['g', ErrorCode.GROUP_ID_NOT_FOUND]])
})
