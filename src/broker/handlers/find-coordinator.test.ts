import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests, upTo } from '../group-requests.test-support.ts'

test('MD-12: the coordinator of a group is this broker, alone and in a batch', async () => {
  const world = await GroupRequests.started()
  const here = { nodeId: 7, host: 'localhost', port: 9092, errorCode: 0 }
  expect(await world.find(0, { key: 'g' })).toMatchObject(here)
  expect(await world.find(3, { key: 'g', keyType: 0 })).toMatchObject({ ...here, errorMessage: 'NONE' })
  const batch = await world.find(4, { keyType: 0, coordinatorKeys: ['g', 'h'] })
  expect(batch.coordinators).toMatchObject([
    { key: 'g', ...here, errorMessage: '' },
    { key: 'h', ...here, errorMessage: '' },
  ])
})

test('MD-12: COORDINATOR_NOT_AVAILABLE while the topic cannot be made; other kinds of keys are refused', async () => {
  const world = await GroupRequests.started()
  expect(await world.find(1, { key: 'x', keyType: 1 })).toMatchObject({
    errorCode: ErrorCode.INVALID_REQUEST,
  })
  world.log.isTopicThere = false
  world.log.createError = ErrorCode.INVALID_REPLICATION_FACTOR
  const answer = await world.find(2, { key: 'g', keyType: 0 })
  expect(answer).toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1, port: -1 })
})

test.each(upTo(6))(
  'MD-12: FindCoordinator %i finds groups, by the key or by each of the keys',
  async version => {
    const world = await GroupRequests.started()
    const here = { nodeId: 7, host: 'localhost', port: 9092, errorCode: ErrorCode.NONE }
    if (version >= 4) {
      const { coordinators } = await world.find(version, { keyType: 0, coordinatorKeys: ['g', '', 'g'] })
      expect(coordinators.map(({ key }) => key)).toEqual(['g', '', 'g'])
      for (const coordinator of coordinators) expect(coordinator).toMatchObject({ ...here, errorMessage: '' })
      expect((await world.find(version, { keyType: 0, coordinatorKeys: [] })).coordinators).toEqual([])
      return
    }
    const answer = await world.find(version, version === 0 ? { key: 'g' } : { key: 'g', keyType: 0 })
    expect(answer).toMatchObject({ ...here, errorMessage: version === 0 ? null : 'NONE' })
  },
)

test.each([1, 2, 9, -1])(
  'MD-12: a key of type %i has no coordinator here: 42, for each key',
  async keyType => {
    const world = await GroupRequests.started()
    const { coordinators } = await world.find(6, { keyType, coordinatorKeys: ['a', 'b'] })
    const errorCode = ErrorCode.INVALID_REQUEST
    expect(coordinators).toMatchObject([
      { key: 'a', nodeId: -1, host: '', port: -1, errorCode },
      { key: 'b', nodeId: -1, host: '', port: -1, errorCode },
    ])
    expect(await world.find(3, { keyType, key: 'a' })).toMatchObject({ nodeId: -1, port: -1, errorCode })
  },
)
