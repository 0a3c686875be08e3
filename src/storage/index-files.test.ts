import { expect, test } from 'vitest'
import { StorageWorld } from './storage-world.test-support.ts'

const FIRST = '/data/t-0/00000000000000000000'

function bytesOf(world: StorageWorld, path: string): DataView {
  const file = world.disk.open(path, 'read')
  const bytes = new Uint8Array(world.disk.sizeBytes(file))
  world.disk.pread(file, bytes, 0)
  world.disk.close(file)
  return new DataView(bytes.buffer)
}

test('LOG-2: after a clean stop the offset index has an entry for each index.interval.bytes', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 150 })
  const sizeBytes = world.batch({ values: ['a', 'b'] }).length
  // Two batches are more than an interval: the third, the fifth ... has an entry.
  expect(sizeBytes).toBeLessThan(150)
  expect(2 * sizeBytes).toBeGreaterThan(150)
  for (let count = 0; count < 7; count += 1) world.append({ values: ['a', 'b'] })
  world.sync()
  await world.settled(world.logs.close())
  const index = bytesOf(world, `${FIRST}.index`)
  const entries = Array.from({ length: index.byteLength / 8 }, (_, entry) => [
    index.getInt32(8 * entry),
    index.getInt32(8 * entry + 4),
  ])
  // The last offset of a batch, and where the batch begins.
  expect(entries).toEqual([
    [5, 2 * sizeBytes],
    [9, 4 * sizeBytes],
    [13, 6 * sizeBytes],
  ])
})

test('LOG-2: entries are counted from the base offset of their segment', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 0, segmentSizeBytes: 300 })
  for (let count = 0; count < 8; count += 1) world.append()
  world.sync()
  const [, second] = world.log.segments
  const base = second!.baseOffset
  expect(base).toBeGreaterThan(0)
  await world.settled(world.logs.close())
  const index = bytesOf(world, `/data/t-0/${`${base}`.padStart(20, '0')}.index`)
  expect(index.getInt32(0)).toBeLessThan(base)
  const segment = bytesOf(world, `/data/t-0/${`${base}`.padStart(20, '0')}.log`)
  const position = index.getInt32(4)
  expect(Number(segment.getBigInt64(position))).toBe(base + index.getInt32(0))
})

test('LOG-2: the time index has the largest timestamp so far, with its offset, both rising', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 150 })
  const nowMs = world.time.clock.wallMs()
  // The fourth batch passes the interval, and so does the eighth; the largest time is not theirs.
  for (const afterMs of [10, 30, 5, 20, 7, 50, 40, 6]) world.append({ timestampMs: nowMs + afterMs })
  world.sync()
  await world.settled(world.logs.close())
  const index = bytesOf(world, `${FIRST}.timeindex`)
  const entries = Array.from({ length: index.byteLength / 12 }, (_, entry) => [
    Number(index.getBigInt64(12 * entry)) - nowMs,
    index.getInt32(12 * entry + 8),
  ])
  expect(entries).toEqual([
    [30, 1],
    [50, 5],
  ])
})

test('RET-3: without delete among its policies no segment of a log goes by age or by size', async () => {
  const over = { segmentSizeBytes: 100, retentionMs: 1_000, retentionSizeBytes: 0 }
  for (const [cleanupDelete, cleanupCompact, logStartOffset] of [
    [true, false, 3],
    [true, true, 3],
    [false, true, 0],
  ] as const) {
    const world = await StorageWorld.open({ ...over, cleanupDelete, cleanupCompact: false })
    for (let count = 0; count < 3; count += 1) world.append()
    world.sync()
    world.log.applyConfig({ ...world.config, cleanupCompact })
    world.time.advance(5_000)
    world.logs.applyRetention()
    expect(world.log.logStartOffset).toBe(logStartOffset)
  }
})

test('LOG-3, LOG-6: what a crash left of deletions and compactions is removed by the next start', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100 })
  for (let count = 0; count < 4; count += 1) world.append()
  world.sync()
  for (const extension of ['deleted', 'cleaned', 'tmp']) {
    world.disk.close(world.disk.open(`${FIRST}.log.${extension}`, 'create'))
  }
  world.disk.syncDirectory('/data/t-0')
  await world.cutPower()
  expect(world.disk.list('/data/t-0').filter(({ name }) => /\.(deleted|cleaned|tmp)$/.test(name))).toEqual([])
  expect(world.values()).toEqual(['v', 'v', 'v', 'v'])
})
