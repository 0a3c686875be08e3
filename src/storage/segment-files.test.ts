import { expect, test } from 'vitest'
import { SimDisk } from '../native/sim-disk.ts'
import { VirtualTime } from '../platform/virtual-time.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { SegmentFiles } from './segment-files.ts'
import { StorageWorld } from './storage-world.test-support.ts'

/** Every batch is a segment of its own. */
async function worldOfSegments(count: number, openSegmentsMax: number): Promise<StorageWorld> {
  const world = new StorageWorld({ segmentSizeBytes: 80 })
  world.managerOptions = { openSegmentsMax }
  await world.startWithLogs(1)
  for (let index = 0; index < count; index += 1) {
    world.append({ values: [`v${index}`] })
    world.sync()
    world.logs.rangesSent()
  }
  expect(world.log.segments).toHaveLength(count)
  return world
}

function rangeAt(world: StorageWorld, offset: number) {
  const result = world.log.read(offset, 1000, world.log.highWatermark, true)
  if (!result.ok || result.range === null) throw new Error(`nothing at ${offset}`)
  return result.range
}

test('segments hold no more descriptors than the budget, however many are read', async () => {
  const world = await worldOfSegments(40, 8)
  expect(world.disk.openFileCount).toBeLessThanOrEqual(8)
  for (let offset = 0; offset < 40; offset += 1) {
    rangeAt(world, offset)
    world.logs.rangesSent()
    expect(world.disk.openFileCount).toBeLessThanOrEqual(8)
  }
  expect(world.values()).toHaveLength(40)
})

test('a range that was not sent yet keeps its descriptor, whatever the budget', async () => {
  const world = await worldOfSegments(40, 8)
  const ranges = Array.from({ length: 40 }, (_, offset) => rangeAt(world, offset))
  expect(world.disk.openFileCount).toBe(40)
  for (const { file, position, sizeBytes } of ranges) {
    expect(world.disk.pread(file, new Uint8Array(sizeBytes), position)).toBe(sizeBytes)
  }
  world.logs.rangesSent()
  world.append({ values: ['one more segment'] })
  expect(world.disk.openFileCount).toBeLessThan(41)
})

test('the descriptors that were not used for longest go first, those with unsynced bytes last', () => {
  const disk = new SimDisk({ schedule: () => {} })
  const files = new SegmentFiles(disk, new VirtualTime().clock, 3)
  const closed: string[] = []
  const add = (name: string, lastUsedPass: number, hasUnsyncedBytes: boolean) => {
    const holder = { lastUsedPass, lastRangePass: -1, hasUnsyncedBytes, releaseFile: () => release() }
    const file = files.open(holder, `/${name}`, 'create')
    const release = () => {
      closed.push(name)
      files.close(holder, file)
    }
  }
  add('unsynced', 1, true)
  add('young', 3, false)
  add('old', 2, false)
  for (const name of ['a', 'b', 'c']) add(name, 9, false)
  expect(closed).toEqual(['old', 'young', 'a'])
})

test('without a descriptor to write with nothing is fenced, and nothing is lost', async () => {
  const world = await worldOfSegments(1, 8)
  world.log.segments[0]!.releaseFile()
  const small = world.log.config
  world.log.applyConfig({ ...small, segmentSizeBytes: 10_000 })
  world.stage({ values: ['refused'] })
  for (let count = 0; count < 2; count += 1) world.disk.failNext('open', 'EMFILE', '.log')
  const [failed] = world.logs.writeStaged()
  expect(failed).toMatchObject({ fromOffset: 1, errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
  expect(world.log.isOffline).toBe(false)
  world.append({ values: ['later'] })
  world.sync()
  expect(world.values()).toEqual(['v0', 'later'])
})

test('a descriptor that others have taken is had by closing segments that are open', async () => {
  const world = await worldOfSegments(8, 16)
  world.disk.failNext('open', 'EMFILE', '.log')
  expect(world.append({ values: ['v8'] }).ok).toBe(true)
})
