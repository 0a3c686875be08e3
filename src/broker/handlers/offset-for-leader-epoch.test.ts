import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { OffsetRequests } from '../offset-requests.test-support.ts'

let world: OffsetRequests

beforeEach(async () => {
  world = await OffsetRequests.started()
})

afterEach(() => {
  expect(world.errors.filter(text => text !== 'an offset could not be looked up')).toEqual([])
})

test.each([0, 1, 2, 3, 4])('LO-5: where a leader epoch ended, in version %i', async version => {
  world.append(100, 200)
  await world.restart()
  world.append(300)
  await world.restart()
  await world.restart()
  world.append(400)
  const epoch = (leaderEpoch: number) => (version >= 1 ? leaderEpoch : -1)
  expect(await world.epochEnd(version, 0)).toEqual([0, epoch(0), 2])
  expect(await world.epochEnd(version, 1)).toEqual([0, epoch(1), 3])
  expect(await world.epochEnd(version, 3)).toEqual([0, epoch(3), 4])
})

test('LO-5: an epoch that never was, or is not yet, ends nowhere', async () => {
  world.append(100)
  expect(await world.epochEnd(4, 1)).toEqual([0, -1, -1])
  expect(await world.epochEnd(4, -1)).toEqual([0, -1, -1])
})

test('LO-5: the current leader epoch is checked, and so is the partition', async () => {
  await world.restart()
  expect((await world.epochEnd(2, 1, 1))[0]).toBe(ErrorCode.NONE)
  expect(await world.epochEnd(2, 1, 0)).toEqual([ErrorCode.FENCED_LEADER_EPOCH, -1, -1])
  expect(await world.epochEnd(2, 1, 2)).toEqual([ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1])
  expect(await world.epochEnd(4, 0, -1, 't', 2)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
  expect(await world.epochEnd(4, 0, -1, 'unknown')).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
})
