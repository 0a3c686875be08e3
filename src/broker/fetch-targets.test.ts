import { beforeEach, expect, test, vi } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import { EVICTION_MS, IDS, look, placesOf, Waiting, World } from './fetch-sessions.test-support.ts'

let world: World

beforeEach(() => {
  world = new World()
})

test('FSS-1: whatever the topics are made of is looked up anew when one of them has changed', () => {
  const id = world.open(['t-0', 'u-0'])
  world.change('u-0')
  world.image.apply({
    type: 'partitions-added',
    topicId: IDS.u,
    partitions: [{ replicas: [1], leaderEpoch: 0 }],
  })
  const next = world.fetch(13, id, 1)
  expect(placesOf(next)).toEqual(['u-0', 't-0'])
  next.select(look(next))
  world.image.apply({ type: 'producer-ids-allocated', nextProducerId: 1000 })
  expect(placesOf(world.fetch(13, id, 2))).toEqual([])
})

test('FSS-1: topics that are named without a partition are not remembered', () => {
  const id = world.open(['t-0'])
  const begun = world.request(13, {
    sessionId: id,
    sessionEpoch: 1,
    topics: [{ topicId: IDS.u, partitions: [] }],
  })
  expect(begun.ok).toBe(true)
  world.deleteTopic('u')
  const lookUps = vi.spyOn(world.image, 'topicById')
  world.fetch(13, id, 2)
  expect(lookUps.mock.calls).toEqual([[IDS.t]])
})

test('FSS-1: a session watches its partitions while they are its own, and no longer than it lives', () => {
  const id = world.open(['t-0', 't-1', 'u-0'])
  expect(world.watcherCount).toBe(3)
  world.fetch(13, id, 1, ['t-2'], ['t-0', 'u-0'])
  expect(
    [...world.partitions].filter(([, { watchers }]) => watchers.size > 0).map(([place]) => place),
  ).toEqual(['t-1', 't-2'])
  world.fetch(13, id, -1, ['t-1'])
  expect(world.watcherCount).toBe(0)
})

test.each<[string, (id: number) => void]>([
  ['another one takes its place', id => world.fetch(13, id, 0)],
  ['its last partition is forgotten', id => world.fetch(13, id, 1, [], ['t-0', 't-1'])],
  ['it grows beyond the bound of all', id => world.errorOf(13, id, 1, ['u-0', 'u-1', 'u-2'])],
  [
    'it is evicted',
    () => {
      world.nowMs = EVICTION_MS + 1
      world.open([])
    },
  ],
])('FSS-1: no partition remembers a session when %s', (_when, end) => {
  world = new World({ slotsMax: 1, partitionsMax: 4 })
  const id = world.open(['t-0', 't-1'])
  expect(world.watcherCount).toBe(2)
  end(id)
  expect(world.watcherCount).toBe(0)
})

test('FSS-1: a partition of a deleted topic is let go at once, and is no partition any more', () => {
  const id = world.open(['t-0'])
  const fetch = world.fetch(13, id, 1)
  const deleted = world.partitions.get('t-0')!
  expect(fetch.isOver).toBe(false)
  world.deleteTopic('t')
  expect(deleted.watchers.size).toBe(0)
  expect(fetch.isOver).toBe(true)
  expect(fetch.targets[0]).toMatchObject({ partition: null, wasDeleted: true })
  // The next request did not wait for it.
  expect(world.fetch(13, id, 2).targets[0]).toMatchObject({ partition: null, wasDeleted: false })
})

test.each([-1, 0])('FSS-1: a fetch that waits hears of its partitions, in session epoch %i', epoch => {
  const fetch = world.fetch(13, 0, epoch, ['t-0', 't-1'])
  const waiting = new Waiting()
  fetch.watch(waiting)
  expect(world.watcherCount).toBe(2)
  world.change('t-1', 't-0')
  expect(waiting.wakeUps).toBe(2)
  fetch.unwatch(waiting)
  world.change('t-1')
  expect(waiting.wakeUps).toBe(2)
  expect(world.watcherCount).toBe(epoch === 0 ? 2 : 0)
})

test('FSS-1: a fetch that waits is told when it was overtaken, and later changes go to the other one', () => {
  const id = world.open(['t-0'])
  const [older, newer] = [new Waiting(), new Waiting()]
  const first = world.fetch(13, id, 1)
  first.watch(older)
  const second = world.fetch(13, id, 2)
  expect(older.wakeUps).toBe(1)
  second.watch(newer)
  first.unwatch(older)
  world.change('t-0')
  expect([older.wakeUps, newer.wakeUps]).toEqual([1, 1])
  expect(placesOf(second)).toEqual(['t-0'])
})

test('FSS-1: a fetch that waits is told when its session ends', () => {
  const id = world.open(['t-0'])
  const waiting = new Waiting()
  const fetch = world.fetch(13, id, 1)
  fetch.watch(waiting)
  world.fetch(13, id, -1)
  expect(waiting.wakeUps).toBe(1)
  expect(fetch).toMatchObject({ isOver: true, errorCode: ErrorCode.NONE })
})
