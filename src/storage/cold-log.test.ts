import { expect, test } from 'vitest'
import { StorageWorld } from './storage-world.test-support.ts'

const RECENT_MS = 3000
const VALUE = 'x'.repeat(900)
const MIB = 1024 * 1024

/** A log whose bytes and indexes are on the disk only. */
async function coldWorld(batches: number, value = VALUE, config = {}): Promise<StorageWorld> {
  const world = await StorageWorld.open({ indexIntervalBytes: 2000, segmentSizeBytes: 64 * MIB, ...config })
  for (let index = 0; index < batches; index += 1) world.append({ values: [value], timestampMs: 100 + index })
  world.sync()
  await world.restartCleanly()
  drop(world)
  return world
}

function drop(world: StorageWorld): void {
  world.disk.dropCaches('/data/t-0')
  world.disk.waitingReads.length = 0
}

function readOf(world: StorageWorld, offset: number, maxBytes = 4000) {
  const result = world.log.read(offset, maxBytes, world.log.highWatermark, true)
  if (!result.ok) throw new Error(result.errorMessage)
  return result
}

/** Asks the threads for what a read needs; answers what they say. */
function wait(world: StorageWorld, read: ReturnType<typeof readOf>): number {
  const told: number[] = []
  expect(read.cold).toBeDefined()
  read.cold!.wait(errno => told.push(errno))
  expect(told).toEqual([])
  world.sync()
  expect(told).toHaveLength(1)
  return told[0]!
}

test('FET-12 a read of what is on the disk only answers what has to be read first, and waits for nothing', async () => {
  const world = await coldWorld(20)
  const cold = readOf(world, 5)
  expect(cold.range).toBeNull()
  expect(wait(world, cold)).toBe(0)
  const range = world.readLog(5, 4000, world.log.highWatermark)
  expect(range).toMatchObject({ ok: true, range: { sizeBytes: expect.any(Number) } })
  expect(world.read(5)[0]!.offset).toBe(5)
  expect(world.disk.waitingReads).toEqual([])
})

test('FET-12 the end of the log needs no look at the disk, nor at what the kernel says of it', async () => {
  const world = await coldWorld(20)
  world.append({ values: ['new'] })
  world.sync()
  world.disk.isResident = () => {
    throw new Error('the kernel is asked')
  }
  expect(readOf(world, 20).range).not.toBeNull()
  world.time.advance(RECENT_MS)
  expect(() => readOf(world, 20)).toThrow('the kernel is asked')
})

test('FET-12 an index that is not in memory is read by a thread, whole', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 0, segmentSizeBytes: 300 })
  for (let index = 0; index < 9; index += 1) world.append({ values: ['v'] })
  world.sync()
  await world.restartCleanly()
  drop(world)
  expect(world.values()).toHaveLength(9)
  expect(world.disk.waitingReads).toEqual([])
})

test('FET-12 a batch that the index does not point to is searched for without waiting', async () => {
  const world = await coldWorld(40, VALUE, { indexIntervalBytes: 1_000_000 })
  expect(world.read(30)[0]!.offset).toBe(30)
  expect(world.disk.waitingReads).toEqual([])
})

test('FET-12 of a cold log one answer takes 2 MiB at most, and says that there is more', async () => {
  const world = await coldWorld(30, 'x'.repeat(200_000))
  const all = world.log.segments[0]!.writtenSizeBytes
  while (readOf(world, 0, all).range === null) wait(world, readOf(world, 0, all))
  const first = readOf(world, 0, all)
  expect(first.isCut).toBe(true)
  expect(first.range!.sizeBytes).toBeLessThanOrEqual(2 * MIB)
  expect(first.range!.sizeBytes).toBeGreaterThan(1.7 * MIB)
})

test('FET-12 a batch that is larger than that comes whole', async () => {
  const world = await coldWorld(2, 'x'.repeat(3 * MIB), { maxMessageSizeBytes: 4 * MIB })
  while (readOf(world, 0).range === null) wait(world, readOf(world, 0))
  expect(readOf(world, 0).range!.sizeBytes).toBeGreaterThan(3 * MIB)
  expect(world.disk.waitingReads).toEqual([])
})

test('FET-12 the disk is read ahead of one who reads range after range', async () => {
  const world = await coldWorld(60, 'x'.repeat(100_000))
  const sizeBytes = 500_000
  const colds: number[] = []
  let offset = 0
  for (let fetch = 0; fetch < 8; fetch += 1) {
    const before = world.time.clock.monotonicMs()
    while (readOf(world, offset, sizeBytes).range === null) wait(world, readOf(world, offset, sizeBytes))
    colds.push(world.time.clock.monotonicMs() - before)
    offset += Math.floor(readOf(world, offset, sizeBytes).range!.sizeBytes / 100_000)
    world.sync()
  }
  expect(colds.slice(0, 2).every(ms => ms > 0)).toBe(true)
  expect(colds.slice(2)).toEqual([0, 0, 0, 0, 0, 0])
})

test('FET-12 a file that is gone by the time it is read is no failure of the disk', async () => {
  const world = await coldWorld(20)
  const read = readOf(world, 5)
  world.disk.unlink('/data/t-0/00000000000000000000.index')
  expect(wait(world, read)).toBe(0)
})

test('FET-12 who waits when the broker stops is told nothing any more', async () => {
  const world = await coldWorld(20)
  const told: number[] = []
  readOf(world, 5).cold!.wait(errno => told.push(errno))
  await world.logs.close()
  world.sync()
  expect(told).toEqual([])
})

test('FET-12 what a thread could not read is reported, and asked for again', async () => {
  const world = await coldWorld(20)
  world.disk.failNext('warm', 'EIO', 't-0')
  expect(wait(world, readOf(world, 5))).toBeGreaterThan(0)
  expect(world.errors).toEqual(['a read of the log failed'])
  expect(wait(world, readOf(world, 5))).toBe(0)
})

test('FET-12 where nobody can tell what is in memory, what a thread has read is taken for it', async () => {
  const world = await coldWorld(20)
  world.disk.isResident = () => false
  world.disk.preadResident = () => -1
  expect(world.read(5)[0]!.offset).toBe(5)
})

test('LO-1: a time is looked up in what is on the disk only without waiting for it', async () => {
  const world = await coldWorld(40)
  expect(await world.settled(world.log.offsetForTimestamp(120))).toMatchObject({ offset: 20 })
  drop(world)
  world.time.advance(RECENT_MS)
  expect(await world.settled(world.log.maxTimestampOffset())).toMatchObject({ offset: 39 })
  expect(world.disk.waitingReads).toEqual([])
})

test('LO-1: a disk that fails under a look for a time is reported', async () => {
  const world = await coldWorld(40)
  world.disk.failNext('warm', 'EIO', 't-0')
  await expect(world.settled(world.log.offsetForTimestamp(120))).rejects.toThrow('EIO')
})

test('LO-1: a segment that is removed while its time is looked up is not opened again', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 300, retentionMs: -1, retentionSizeBytes: 1 })
  for (let index = 0; index < 6; index += 1) world.append({ timestampMs: 100 + index })
  world.sync()
  await world.restartCleanly()
  drop(world)
  const first = world.log.segments[0]!
  const found = world.log.offsetForTimestamp(100)
  world.logs.applyRetention()
  expect(world.log.segments).not.toContain(first)
  expect((await world.settled(found))!.offset).toBeGreaterThanOrEqual(world.log.logStartOffset)
  world.time.advance(120_000)
  expect(world.files('.log')).not.toContain('00000000000000000000.log')
})
