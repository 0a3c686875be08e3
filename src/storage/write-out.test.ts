import { expect, test } from 'vitest'
import type { Log } from './log.ts'
import type { LogManagerOptions } from './log-manager.ts'
import { StorageWorld } from './storage-world.test-support.ts'

const MIB = 1024 * 1024
const LARGE = 'x'.repeat(MIB - 1024)

/** Logs `t-0` to `t-(count - 1)`. */
async function worldOf(
  durability: 'group' | 'os',
  count: number,
  options: Partial<LogManagerOptions> = {},
): Promise<StorageWorld> {
  const world = new StorageWorld({ durability, maxMessageSizeBytes: 2 * MIB, segmentSizeBytes: 1024 * MIB })
  world.managerOptions = options
  await world.startWithLogs(count)
  return world
}

function logOf(world: StorageWorld, index: number): Log {
  return world.logs.getLog('t', index)!
}

function appendTo(world: StorageWorld, index: number, value = 'v'): void {
  world.appendToAll({ values: [value] }, [logOf(world, index)])
}

const unflushed = (world: StorageWorld) => world.logs.directories[0]!.unflushed.writtenBytes

test('mode os: bytes lie in the cache until there is half of the bound, then they are written out', async () => {
  const world = await worldOf('os', 2, { unflushedMaxBytes: 4 * MIB })
  appendTo(world, 0)
  appendTo(world, 1, LARGE)
  world.sync()
  expect(unflushed(world)).toBe(logOf(world, 0).sizeBytes + logOf(world, 1).sizeBytes)
  for (let count = 0; count < 2; count += 1) appendTo(world, 1, LARGE)
  world.sync()
  expect(unflushed(world)).toBe(0)
})

test('what was written out may still be lost: it is not taken for synced', async () => {
  const world = await worldOf('os', 1, { unflushedMaxBytes: 1 })
  appendTo(world, 0)
  world.sync()
  expect([unflushed(world), world.syncedOffsets(), logOf(world, 0).recoveryPoint]).toEqual([0, [0], 0])
  await world.restartCleanly()
  expect([logOf(world, 0).recoveryPoint, logOf(world, 0).logEndOffset]).toEqual([1, 1])
})

test('of each segment 8 MiB are written out at a time, while there is more than half of the bound', async () => {
  const world = await worldOf('os', 1, { unflushedMaxBytes: 32 * MIB })
  world.disk.speed.stickNext(100, '/t-0/')
  for (let count = 0; count < 30; count += 1) appendTo(world, 0, LARGE)
  const left = new Set<number>()
  for (let ms = 0; ms < 200; ms += 1) {
    left.add(Math.round(unflushed(world) / MIB))
    world.time.advance(1)
  }
  expect([...left]).toEqual([30, 22, 14])
})

test('what the group journal takes of a segment that was written out is synced before the journal goes', async () => {
  const world = await worldOf('group', 3, { unflushedMaxBytes: 600 })
  const logs = [...world.logs.logs()]
  const change = (durability: 'group' | 'os') => {
    for (const log of logs) log.applyConfig({ ...world.config, durability })
  }
  // Their entries in the directory are synced, and a journal is made.
  for (let turn = 0; turn < 2; turn += 1) {
    for (const index of [0, 1, 2]) appendTo(world, index)
    world.sync()
  }
  change('os')
  for (const index of [0, 1, 2]) appendTo(world, index, 'x'.repeat(400))
  world.sync()
  expect([unflushed(world), world.syncedOffsets()]).toEqual([0, [2, 2, 2]])
  // The first goes alone, and the others behind it as a group.
  change('group')
  world.sync()
  expect([logs.map(({ safeOffset }) => safeOffset), world.syncedOffsets()]).toEqual([
    [3, 3, 3],
    [3, 2, 2],
  ])
  world.logs.directories[0]!.journal.retire()
  world.sync()
  expect(world.syncedOffsets()).toEqual([3, 3, 3])
})

test('what only the group journal has counts, and a quarter of the bound in it retires it early', async () => {
  const world = await worldOf('group', 2, { unflushedMaxBytes: 2000 })
  const appendToBoth = (value: string) => {
    world.appendToAll({ values: [value] })
    world.sync()
  }
  // The entries of new segments are synced one by one, and the first group finds no journal.
  appendToBoth('first')
  appendToBoth('second')
  appendToBoth('third')
  expect(world.syncedOffsets()).toEqual([2, 2])
  const before = unflushed(world)
  expect(before).toBeGreaterThan(0)
  appendToBoth('x'.repeat(400))
  expect([world.syncedOffsets(), unflushed(world)]).toEqual([[4, 4], 0])
})

test('what is written out stands in no group commit of its directory', async () => {
  const world = await worldOf('os', 2, { unflushedMaxBytes: 1 })
  logOf(world, 1).applyConfig({ ...world.config, durability: 'group' })
  world.disk.speed.stickNext(5000, '/t-0/')
  appendTo(world, 0)
  appendTo(world, 1)
  world.sync()
  expect([unflushed(world), logOf(world, 1).durableOffset]).toEqual([logOf(world, 0).sizeBytes, 1])
  world.time.advance(5000)
  expect(unflushed(world)).toBe(0)
})

test('a segment is not taken for synced before its entry in the directory is', async () => {
  const world = await worldOf('group', 1)
  world.disk.failNext('syncDirectory', 'EIO', '/t-0')
  appendTo(world, 0)
  world.sync()
  expect([world.syncedOffsets(), logOf(world, 0).isOffline]).toEqual([[0], true])
})

test('a failed write-out fences the directory, and is not tried again', async () => {
  const world = await worldOf('os', 2, { unflushedMaxBytes: 1 })
  world.disk.failNext('sync_file_range', 'EIO', '/t-0/')
  appendTo(world, 0)
  appendTo(world, 1)
  world.sync()
  expect([logOf(world, 1).isOffline, world.syncedOffsets()]).toEqual([true, [0, 0]])
  await world.settled(world.logs.close())
  expect(world.disk.exists('/data/.kafka_cleanshutdown')).toBe(false)
})

test('a log that is deleted while it is written out fails nothing, and is not made again', async () => {
  const world = await worldOf('os', 2, { unflushedMaxBytes: 1 })
  world.disk.speed.stickNext(100, '/t-0/')
  world.disk.failNext('sync_file_range', 'EIO', '/t-0/')
  appendTo(world, 0)
  await world.settled(world.logs.deleteLog('t', 0))
  world.time.advance(200)
  expect([logOf(world, 1).isOffline, world.disk.exists('/data/t-0'), unflushed(world)]).toEqual([
    false,
    false,
    0,
  ])
})

test('RET-1 what lies about is synced before retention takes it, and goes whatever is written meanwhile', async () => {
  const world = await worldOf('os', 1)
  const log = logOf(world, 0)
  log.applyConfig({ ...world.config, retentionMs: 1000, fileDeleteDelayMs: 0 })
  appendTo(world, 0)
  log.highWatermark = log.logEndOffset
  expect(log.applyRetention(world.time.clock.wallMs() + 2000)).toBe(0)
  // The log has rolled: what comes now does not keep what was there.
  appendTo(world, 0)
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 1])
  world.sync()
  expect(log.segments[0]!.hasUnsyncedBytes).toBe(false)
  appendTo(world, 0)
  expect(log.applyRetention(world.time.clock.wallMs() + 2000)).toBe(1)
  world.time.advance(100)
  // The second one is too old by now, too.
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([1, 3])
  expect(world.files('.log')).not.toContain('00000000000000000000.log')
})

test('without a descriptor for it bytes lie until there is one, and nothing is fenced', async () => {
  const world = await worldOf('os', 3, { unflushedMaxBytes: 400, openSegmentsMax: 1 })
  for (const index of [0, 1]) appendTo(world, index)
  for (let count = 0; count < 8; count += 1) world.disk.failNext('open', 'EMFILE', '/t-0/')
  appendTo(world, 2)
  world.time.advance(5000)
  expect([logOf(world, 0).isOffline, unflushed(world) < 200]).toEqual([false, true])
  await world.settled(world.logs.close())
})
