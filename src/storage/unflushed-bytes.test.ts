import { expect, test } from 'vitest'
import { StorageWorld } from './storage-world.test-support.ts'
import { UnflushedBytes } from './unflushed-bytes.ts'

const MIB = 1024 * 1024
const LARGE = 'x'.repeat(MIB - 1024)

function unflushedOf(world: StorageWorld): UnflushedBytes {
  return world.logs.directories[0]!.unflushed
}

async function worldOf(durability: 'group' | 'os', unflushedMaxBytes = 1024 * MIB): Promise<StorageWorld> {
  const world = new StorageWorld({ durability, maxMessageSizeBytes: 2 * MIB, segmentSizeBytes: 1024 * MIB })
  world.managerOptions = { unflushedMaxBytes }
  await world.startWithLogs(1)
  return world
}

test('bytes count from their write until the disk has them', async () => {
  const world = await worldOf('group')
  const unflushed = unflushedOf(world)
  world.stage()
  expect(unflushed.writtenBytes).toBe(0)
  world.logs.writeStaged()
  expect(unflushed.writtenBytes).toBe(world.log.sizeBytes)
  world.append()
  expect(unflushed.writtenBytes).toBe(world.log.sizeBytes)
  world.sync()
  expect(unflushed.writtenBytes).toBe(0)
})

test('what was written while its segment was being synced still counts when that has ended', async () => {
  const world = await worldOf('group')
  world.append()
  world.sync()
  const firstBytes = world.log.sizeBytes
  world.disk.speed.stickNext(50, '.log')
  world.append({ values: ['second'] })
  world.time.advance(30)
  world.append({ values: ['third'] })
  const { writtenBytes } = unflushedOf(world)
  expect(writtenBytes).toBe(world.log.sizeBytes - firstBytes)
  world.time.advance(22)
  expect(unflushedOf(world).writtenBytes).toBeLessThan(writtenBytes)
  expect(unflushedOf(world).writtenBytes).toBeGreaterThan(0)
  world.sync()
  expect(unflushedOf(world).writtenBytes).toBe(0)
})

test('what was written and taken back was never counted', async () => {
  const world = await worldOf('group')
  world.append()
  world.sync()
  world.disk.failNext('pwritev', 'ENOSPC', '.log')
  world.append({ values: [LARGE] })
  expect(unflushedOf(world).writtenBytes).toBe(0)
  world.append()
  world.sync()
  expect([unflushedOf(world).writtenBytes, world.log.logEndOffset]).toEqual([0, 2])
})

test('what is with a worker fills the account before it is written; room is told when there is some again', () => {
  let rooms = 0
  const unflushed = new UnflushedBytes(100, () => {
    rooms += 1
  })
  unflushed.written(60)
  expect([unflushed.isFull, unflushed.roomBytes]).toEqual([false, 40])
  unflushed.expect(50)
  expect([unflushed.isFull, unflushed.roomBytes, rooms]).toEqual([true, 0, 0])
  unflushed.arrived(50)
  expect([unflushed.isFull, rooms]).toEqual([false, 1])
  unflushed.written(90)
  unflushed.gone(20)
  expect([unflushed.isFull, rooms]).toEqual([true, 1])
  unflushed.gone(120)
  unflushed.gone(10)
  expect([unflushed.writtenBytes, rooms]).toEqual([0, 2])
  expect(() => unflushed.gone(1)).toThrow('only what was written')
  expect(() => unflushed.arrived(1)).toThrow('only what was expected')
})

test.each(['group', 'os'] as const)(
  'mode %s: what is deleted counts no more, nor does the end of its sync',
  async durability => {
    const world = await worldOf(durability)
    world.append({ values: [LARGE] })
    expect(unflushedOf(world).writtenBytes).toBeGreaterThan(MIB / 2)
    const deleted = world.logs.deleteLog('t', 0)
    expect(unflushedOf(world).writtenBytes).toBe(0)
    await world.settled(deleted)
    world.sync()
    expect(unflushedOf(world).writtenBytes).toBe(0)
  },
)

test.each(['group', 'os'] as const)(
  'mode %s: what retention is to remove counts until its sync has ended, and goes then',
  async durability => {
    const world = await worldOf(durability)
    world.disk.speed.stickNext(100, '.log')
    world.append({ values: [LARGE] })
    world.log.flush()
    world.log.highWatermark = world.log.logEndOffset
    world.log.applyConfig({ ...world.config, retentionMs: 1000 })
    const removeOld = () => world.log.applyRetention(world.time.clock.wallMs() + 2000)
    expect(removeOld()).toBe(0)
    expect(unflushedOf(world).writtenBytes).toBeGreaterThan(0)
    world.time.advance(200)
    expect(removeOld()).toBe(1)
    expect([unflushedOf(world).writtenBytes, world.log.isOffline]).toEqual([0, false])
    world.append({ values: ['next'] })
    world.log.flush()
    world.sync()
    expect(unflushedOf(world).writtenBytes).toBe(0)
  },
)

test.each(['group', 'os'] as const)(
  'mode %s: nothing is unflushed after a clean stop, nor after a start',
  async durability => {
    const world = await worldOf(durability)
    world.append({ values: [LARGE] })
    const before = unflushedOf(world)
    await world.restartCleanly()
    expect(before.writtenBytes).toBe(0)
    expect(unflushedOf(world).writtenBytes).toBe(0)
    world.append({ values: ['after'] })
    world.log.flush()
    world.sync()
    expect(unflushedOf(world).writtenBytes).toBe(0)
  },
)

test.each(['group', 'os'] as const)(
  'mode %s: a directory that failed holds nobody up, whatever its disk still had to take',
  async durability => {
    const world = await worldOf(durability, MIB / 2)
    let rooms = 0
    world.onRoom = () => {
      rooms += 1
    }
    world.disk.failNext(durability === 'os' ? 'sync_file_range' : 'fdatasync', 'EIO', '.log')
    world.append({ values: [LARGE] })
    expect(unflushedOf(world).isFull).toBe(true)
    world.sync()
    expect(world.logs.directories[0]!.isFailed).toBe(true)
    expect([unflushedOf(world).isFull, rooms]).toEqual([false, 1])
  },
)
