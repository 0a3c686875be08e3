import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests } from '../group-requests.test-support.ts'

test('GRC-4: SyncGroup 5 without type and name is INCONSISTENT_GROUP_PROTOCOL', async () => {
  const world = await GroupRequests.started()
  const memberId = await world.stabilize()
  expect((await world.sync(5, memberId)).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const named = await world.sync(5, memberId, { protocolType: 'consumer', protocolName: 'range' })
  expect(named).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
})
