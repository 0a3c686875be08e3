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
