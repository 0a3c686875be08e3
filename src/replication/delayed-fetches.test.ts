import { expect, test } from 'vitest'
import { VirtualTime } from '../platform/virtual-time.ts'
import { DelayedFetches, type ParkedFetch } from './delayed-fetches.ts'
import type { PartitionWatcher } from './partition.ts'

/** What a fetch watches. */
class Watched {
  readonly watchers = new Set<PartitionWatcher>()

  watch(watcher: PartitionWatcher): void {
    this.watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.watchers.delete(watcher)
  }

  change(): void {
    for (const watcher of this.watchers) watcher.onPartitionChanged()
  }
}

class Room {
  readonly time = new VirtualTime()
  readonly events: string[] = []
  readonly fetches = new DelayedFetches(this.time.timers, () => this.events.push('pass'))

  park(name: string, partitions: readonly Watched[], maxWaitMs = 100, isEnough = () => true): () => void {
    const fetch: ParkedFetch = {
      maxWaitMs,
      watch: watcher => {
        for (const partition of partitions) partition.watch(watcher)
      },
      unwatch: watcher => {
        for (const partition of partitions) partition.unwatch(watcher)
      },
      retry: () => {
        this.events.push(`retry ${name}`)
        return isEnough()
      },
      expire: () => this.events.push(`expire ${name}`),
    }
    const place = this.fetches.park(fetch)
    return () => place.takeBack()
  }
}

test('a fetch is looked at once per pass, however many of its partitions changed', () => {
  const room = new Room()
  const [a, b] = [new Watched(), new Watched()]
  room.park('x', [a, b], 100, () => false)
  a.change()
  a.change()
  b.change()
  expect(room.events).toEqual([])
  room.fetches.retryDirty()
  room.fetches.retryDirty()
  expect(room.events).toEqual(['retry x'])
  b.change()
  room.fetches.retryDirty()
  expect(room.events).toEqual(['retry x', 'retry x'])
  expect(room.fetches.count).toBe(1)
})

test('a fetch that was answered leaves nothing behind: no watcher, no timer', () => {
  const room = new Room()
  const partition = new Watched()
  room.park('x', [partition])
  partition.change()
  room.fetches.retryDirty()
  expect([room.fetches.count, partition.watchers.size]).toEqual([0, 0])
  room.time.advance(1_000)
  expect(room.events).toEqual(['retry x'])
})

test('a fetch whose time is over is answered, and a pass is asked for', () => {
  const room = new Room()
  const partition = new Watched()
  room.park('x', [partition], 100)
  room.park('y', [partition], 200)
  room.time.advance(99)
  expect(room.events).toEqual([])
  room.time.advance(1)
  expect(room.events).toEqual(['expire x', 'pass'])
  expect([room.fetches.count, partition.watchers.size]).toEqual([1, 1])
})

test('a fetch that expired after its partition changed is not looked at again', () => {
  const room = new Room()
  const partition = new Watched()
  room.park('x', [partition], 100)
  partition.change()
  room.time.advance(100)
  room.fetches.retryDirty()
  expect(room.events).toEqual(['expire x', 'pass'])
})

test('a fetch that is taken back is never answered', () => {
  const room = new Room()
  const partition = new Watched()
  const takeBack = room.park('x', [partition])
  partition.change()
  takeBack()
  takeBack()
  room.fetches.retryDirty()
  room.time.advance(1_000)
  expect(room.events).toEqual([])
  expect(partition.watchers.size).toBe(0)
})

test('the clean stop answers all of them', () => {
  const room = new Room()
  const partition = new Watched()
  room.park('x', [partition])
  room.park('y', [])
  room.fetches.expireAll()
  expect(room.events).toEqual(['expire x', 'expire y'])
  room.time.advance(1_000)
  expect(room.events).toHaveLength(2)
})
