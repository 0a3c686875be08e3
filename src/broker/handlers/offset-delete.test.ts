import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupRequests } from '../group-requests.test-support.ts'

test('GRC-10: OffsetDelete removes offsets, and refuses topics that are not there', async () => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const unknown = await world.deleteOffsets('missing')
  expect(unknown.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const deleted = await world.deleteOffsets('t')
  expect(deleted).toMatchObject({ errorCode: 0, topics: [{ name: 't', partitions: [{ errorCode: 0 }] }] })
  expect((await world.fetch(2, { groupId: 'g', topics: null })).topics).toEqual([])
})

test('GRC-10: OffsetDelete refuses a partition that its topic has not, beside one that it has', async () => {
  const world = await GroupRequests.started()
  await world.commit(8)
  const { errorCode, topics } = await world.deleteOffsets('t', 3)
  expect(errorCode).toBe(ErrorCode.NONE)
  expect(topics).toEqual([
    {
      name: 't',
      partitions: [
        { partitionIndex: 0, errorCode: ErrorCode.NONE },
        { partitionIndex: 3, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
      ],
    },
  ])
})

test('GRC-10: OffsetDelete of a group that is not there is 69', async () => {
  const world = await GroupRequests.started()
  expect((await world.deleteOffsets('t')).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})
