import { expect, test } from 'vitest'
import { StorageWorld, tellingOfSyncs } from './storage-world.test-support.ts'

const PARTITIONS = 6
/** Every batch begins a segment. */
const ONE_BATCH_BYTES = 200

async function startWithLogs(world: StorageWorld, count: number): Promise<void> {
  world.managerOptions = { ...world.managerOptions, groupJournalMaxBytes: 0 }
  await world.startWithLogs(count)
}

/** Groups of new segments until so much time has passed. */
async function rolledUntil(endMs: number, seed: number): Promise<StorageWorld> {
  const world = new StorageWorld({ segmentSizeBytes: ONE_BATCH_BYTES }, seed)
  world.diskStepMaxMs = 8
  await startWithLogs(world, PARTITIONS)
  for (let ms = 0; ms < endMs; ms += 1) {
    if (ms % 10 === 0) world.appendToAll({ values: ['x'.repeat(80)] })
    world.time.advance(1)
  }
  return world
}

test('a segment is durable when its bytes and its entry in the directory are, whatever comes first', async () => {
  let moved = 0
  for (let ms = 1; ms <= 60; ms += 1) {
    const world = await rolledUntil(ms, ms)
    const durable = world.durableOffsets()
    await world.cutPower()
    const ends = [...world.logs.logs()].map(log => log.logEndOffset)
    for (const [index, end] of ends.entries()) expect(end).toBeGreaterThanOrEqual(durable[index]!)
    moved += durable.reduce((sum, offset) => sum + offset, 0)
  }
  expect(moved).toBeGreaterThan(100)
})

test('a group holds 256 descriptors at most; what is dirty beyond is of the next', async () => {
  const world = new StorageWorld()
  let syncCount = 0
  const onSync = () => {
    syncCount += 1
  }
  world.wrapDisk = disk => tellingOfSyncs(disk, onSync)
  await startWithLogs(world, 300)
  syncCount = 0
  world.appendToAll()
  expect(syncCount).toBe(256)
  world.time.advance(1000)
  expect(syncCount).toBe(300)
  expect(world.durableOffsets()).toEqual(Array(300).fill(1))
})

/** One segment is open at a time. Of `t-0` all is synced; its next sync finds no descriptor, so many times. */
async function worldShortOfDescriptors(logCount: number, refusalCount: number): Promise<StorageWorld> {
  const world = new StorageWorld()
  world.managerOptions = { openSegmentsMax: 1 }
  await startWithLogs(world, logCount)
  world.appendToAll()
  world.sync()
  for (let count = 0; count < refusalCount; count += 1) {
    // Its write comes first. Each time it is opened again when others were closed.
    for (const callsBefore of [count === 0 ? 1 : 0, 0])
      world.disk.failNext('open', 'EMFILE', '/t-0/', callsBefore)
  }
  world.appendToAll()
  world.sync()
  return world
}

test('without a descriptor for its sync a segment waits for a second, and others do not', async () => {
  // With the others, and when they have ended.
  const world = await worldShortOfDescriptors(3, 2)
  expect([world.log.isOffline, world.durableOffsets()]).toEqual([false, [1, 2, 2]])
  world.time.advance(1100)
  expect(world.durableOffsets()).toEqual([2, 2, 2])
})

test('without one for its entry in the directory a segment is not durable, and tried again', async () => {
  const world = new StorageWorld()
  await startWithLogs(world, 2)
  world.disk.failNext('syncDirectory', 'EMFILE', '/t-0')
  world.appendToAll()
  world.sync()
  expect(world.durableOffsets()).toEqual([0, 1])
  world.time.advance(1100)
  expect([world.log.isOffline, world.log.durableOffset]).toEqual([false, 1])
  await world.cutPower()
  expect(world.log.logEndOffset).toBe(1)
})

test('nor does a stop wait for one that does not come: the next start recovers', async () => {
  const world = await worldShortOfDescriptors(2, 10)
  await world.settled(world.logs.close())
  expect(world.errors).toContain('no clean stop: the next start recovers')
})
