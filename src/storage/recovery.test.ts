import { expect, test } from 'vitest'
import { StorageError } from '../base/storage-error.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { afterKill, KillableProcess } from './killable-process.test-support.ts'
import { StorageWorld } from './storage-world.test-support.ts'

const LOG_PATH = '/data/t-0/00000000000000000000.log'
const MARKER_PATH = '/data/.kafka_cleanshutdown'
const OTHER_TOPIC_ID = 'BBBBBBBBBBBBBBBBBBBBBQ'
const SEED_COUNT = 300

function overwrite(world: StorageWorld, position: number, bytes: readonly number[]): void {
  const file = world.disk.open(LOG_PATH, 'write')
  world.disk.pwritev(file, [Uint8Array.from(bytes)], position)
  world.disk.fdatasync(file)
  world.disk.close(file)
}

test('LOG-3: the marker is there after a clean stop only, and goes before anything else', async () => {
  const world = await StorageWorld.open()
  expect(world.disk.exists(MARKER_PATH)).toBe(false)
  await world.settled(world.logs.close())
  expect(world.disk.exists(MARKER_PATH)).toBe(true)
  await world.start()
  expect(world.disk.exists(MARKER_PATH)).toBe(false)
})

test('LOG-3: a start after a clean stop writes no file of a log, and syncs none', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 100 })
  for (let index = 0; index < 20; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  await world.restartCleanly()
  const before = world.values()
  await world.settled(world.logs.close())
  world.disk.failNext('fdatasync', 'EIO', 't-0')
  world.disk.failNext('pwritev', 'EIO', 't-0')
  await world.start()
  expect(world.values()).toEqual(before)
  expect(world.disk.openFileCount).toBeLessThan(10)
})

test('the state after a clean restart is the state before: indexes, times, where the next batch goes', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 100, segmentSizeBytes: 2000 })
  for (let index = 0; index < 50; index += 1)
    world.append({ values: [`v${index}`], timestampMs: 1000 + index })
  world.sync()
  const state = () =>
    world.log.segments.map(segment => ({
      base: segment.baseOffset,
      end: [segment.endOffset, segment.endPosition],
      index: segment.offsetIndex.encode(),
      maxTimestampMs: segment.maxTimestampMs,
    }))
  const before = state()
  await world.restartCleanly()
  expect(state()).toEqual(before)
  expect(world.append()).toMatchObject({ baseOffset: 50 })
})

test('LOG-3: above the recovery point a log is cut at the first bad batch', async () => {
  const world = await StorageWorld.open()
  for (let index = 0; index < 3; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  const sizeBytes = world.log.sizeBytes
  overwrite(world, sizeBytes - 1, [0xff])
  await world.cutPower()
  expect(world.values()).toEqual(['v0', 'v1'])
  expect(world.append({ values: ['w'] })).toMatchObject({ baseOffset: 2 })
})

test('R4: below the recovery point a bad batch is corruption: the log is offline, its bytes stay', async () => {
  const world = await StorageWorld.open()
  for (let index = 0; index < 3; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  await world.settled(world.logs.checkpoint())
  const sizeBytes = world.log.sizeBytes
  overwrite(world, 70, [0xff])
  await world.cutPower()
  expect(world.logs.getLog('t', 0)).toBeUndefined()
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(true)
  expect(world.disk.list('/data/t-0').find(({ name }) => name.endsWith('.log'))?.sizeBytes).toBe(sizeBytes)
  expect(world.errors).toContain('the log is offline: it could not be recovered')
  await world.settled(world.logs.close())
  expect(world.disk.exists(MARKER_PATH)).toBe(false)
  // The checkpoints were written without the log: the next start must not take the damage for an unsynced tail.
  await world.start()
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(true)
  expect(world.disk.list('/data/t-0').find(({ name }) => name.endsWith('.log'))?.sizeBytes).toBe(sizeBytes)
})

test('RET-2: a start offset that was saved survives a power cut', async () => {
  const world = await StorageWorld.open()
  for (let index = 0; index < 3; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  expect(world.log.deleteRecordsBefore(2)).toMatchObject({ ok: true })
  expect(await world.settled(world.logs.saveStartOffset(world.log))).toBe(true)
  await world.cutPower()
  expect(world.log.logStartOffset).toBe(2)
  expect(world.values()).toEqual(['v2'])
})

test('a log that could not be read is deleted like any other: its name is free, its bytes go', async () => {
  const world = await StorageWorld.open({ fileDeleteDelayMs: 1000 })
  world.append()
  world.sync()
  await world.settled(world.logs.checkpoint())
  overwrite(world, 30, [0xff])
  await world.cutPower()
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(true)
  await world.settled(world.logs.deleteLog('t', 0))
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(false)
  await world.createLog(0)
  world.append({ values: ['new'] })
  world.time.advance(2000)
  expect(world.values()).toEqual(['new'])
  expect(world.disk.list('/data').filter(({ isDirectory }) => isDirectory)).toHaveLength(1)
  await world.restartCleanly()
  expect(world.values()).toEqual(['new'])
})

test('a directory that another broker holds, or of another cluster, is refused', async () => {
  const world = await StorageWorld.open()
  const second = new StorageWorld()
  second.disk = world.disk
  second.time = world.time
  await expect(second.start()).rejects.toMatchObject({ code: 'EWOULDBLOCK' })
  await world.settled(world.logs.close())
  await expect(second.start('another')).rejects.toBeInstanceOf(StorageError)
})

test('when one log directory is refused, those before it are let go', async () => {
  const holder = new StorageWorld()
  holder.directories = ['/b']
  await holder.start()
  const world = new StorageWorld()
  world.disk = holder.disk
  world.time = holder.time
  world.directories = ['/a', '/b']
  await expect(world.start()).rejects.toMatchObject({ code: 'EWOULDBLOCK' })
  world.directories = ['/a']
  await world.start()
})

test('an index that is damaged is built again', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 0 })
  for (let index = 0; index < 10; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  const before = world.log.segments[0]!.offsetIndex.encode()
  await world.settled(world.logs.close())
  const file = world.disk.open(LOG_PATH.replace('.log', '.index'), 'write')
  world.disk.pwritev(file, [new Uint8Array([1, 2, 3])], 0)
  world.disk.truncate(file, 3)
  world.disk.close(file)
  await world.start()
  expect(world.log.segments[0]!.offsetIndex.encode()).toEqual(before)
})

test('LOG-6: a log is deleted at once, and its bytes after the delay', async () => {
  const world = await StorageWorld.open({ fileDeleteDelayMs: 1000 })
  await world.settled(world.logs.deleteLog('t', 0))
  expect(world.logs.getLog('t', 0)).toBeUndefined()
  const names = () => world.disk.list('/data').map(({ name }) => name)
  expect(names().some(name => /^t-0\.[0-9a-f]{32}-delete$/.test(name))).toBe(true)
  world.time.advance(2000)
  expect(names().some(name => name.endsWith('-delete'))).toBe(false)
})

test('the partitions of a topic spread over the log directories', async () => {
  const world = new StorageWorld()
  world.directories = ['/a', '/b']
  await world.start()
  const created = [0, 1, 2, 3].map(index =>
    world.logs.createLog('t', 'AAAAAAAAAAAAAAAAAAAAAQ', index, world.config),
  )
  await world.settled(Promise.all(created))
  const paths = [0, 1, 2, 3].map(index => world.logs.getLog('t', index)!.directoryPath.slice(0, 2))
  expect(paths.toSorted()).toEqual(['/a', '/a', '/b', '/b'])
})

test('a log under the name of a deleted one has nothing of its offsets, after a power cut', async () => {
  const world = await StorageWorld.open()
  for (let index = 0; index < 5; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  world.log.deleteRecordsBefore(3)
  await world.settled(world.logs.checkpoint())
  await world.settled(world.logs.deleteLog('t', 0))
  await world.createLog(0, OTHER_TOPIC_ID)
  world.append({ values: ['new'] })
  world.sync()
  expect(world.log.durableOffset).toBe(1)
  await world.cutPower()
  expect(world.errors).toEqual([])
  expect(world.values()).toEqual(['new'])
})

test('nor when the broker was started anew between the two', async () => {
  const world = await StorageWorld.open()
  for (let index = 0; index < 5; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  await world.settled(world.logs.checkpoint())
  await world.settled(world.logs.deleteLog('t', 0))
  await world.cutPower()
  await world.createLog(0, OTHER_TOPIC_ID)
  world.append({ values: ['new'] })
  world.sync()
  await world.cutPower()
  expect(world.errors).toEqual([])
  expect(world.values()).toEqual(['new'])
})

test('LOG-3: a sync that fails while the broker stops leaves no marker', async () => {
  const world = await StorageWorld.open()
  world.append({ values: ['a'] })
  world.disk.failNext('fdatasync', 'EIO', '.log')
  await world.settled(world.logs.close())
  expect(world.disk.exists(MARKER_PATH)).toBe(false)
})

test('R4: a segment below the recovery point is missing: nothing behind the gap is removed', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100 })
  for (let index = 0; index < 4; index += 1) world.append({ values: [`v${index}`] })
  world.sync()
  world.time.advance(100)
  await world.settled(world.logs.checkpoint())
  expect(world.log.recoveryPoint).toBe(4)
  world.append({ values: ['v4'] })
  world.sync()
  const files = world.files('.log')
  world.disk.unlink(`/data/t-0/${files[3]}`)
  // So that the segment before the gap is read, and its end seen.
  world.disk.unlink(`/data/t-0/${files[2]!.replace('.log', '.index')}`)
  world.disk.syncDirectory('/data/t-0')
  await world.cutPower()
  expect(world.files('.log')).toEqual(files.toSpliced(3, 1))
})

test('a batch that was refused does not come back among those that were written after it', async () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const world = await StorageWorld.open({ segmentSizeBytes: 300 }, seed)
    world.append({ values: ['v0'] })
    world.sync()
    await world.restartCleanly()
    world.disk.failNext('pwritev', 'ENOSPC', '.log', 1)
    // The first of the two segments of this pass is written, the second is not.
    for (const value of ['refused', 'x'.repeat(160)]) world.stage({ values: [value] })
    expect(world.log.segments).toHaveLength(2)
    expect(world.logs.writeStaged()).toHaveLength(1)
    const written = ['y'.repeat(190), 'z'.repeat(190)]
    for (const value of written) world.append({ values: [value] })
    world.time.advance(seed % 8)
    const { durableOffset } = world.log
    await world.cutPower()
    const values = world.values()
    expect(values.length, `seed ${seed}`).toBeGreaterThanOrEqual(durableOffset)
    expect(values, `seed ${seed}`).toEqual(['v0', ...written].slice(0, values.length))
  }
})

test('LOG-3: what a start found after a kill, and shows, a power cut behind it does not take', async () => {
  for (let seed = 0; seed < 30; seed += 1) {
    const process = new KillableProcess()
    const killed = new StorageWorld({}, seed)
    killed.wrapDisk = process.wrapDisk
    await killed.start()
    await killed.createLog(0)
    process.kill()
    for (const value of ['v0', 'v1', 'v2']) killed.append({ values: [value] })
    expect(killed.log.durableOffset).toBe(0)
    const world = afterKill(killed, seed)
    await world.start()
    expect(world.values()).toEqual(['v0', 'v1', 'v2'])
    await world.cutPower()
    expect(world.values(), `seed ${seed}`).toEqual(['v0', 'v1', 'v2'])
  }
})

test('a log that is deleted while the indexes of its last roll are synced disturbs nobody', async () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const world = await StorageWorld.open({ segmentSizeBytes: 100 }, seed)
    world.diskStepMaxMs = 8
    for (let index = 0; index < 2; index += 1) world.append({ values: [`v${index}`] })
    await world.settled(world.logs.deleteLog('t', 0))
    world.time.advance(500)
    expect(world.errors, `seed ${seed}`).toEqual([])
  }
})

test('a stop leaves one snapshot, whatever stops there were before', async () => {
  const world = await StorageWorld.open()
  for (let index = 0; index < 5; index += 1) {
    world.append({ values: [`v${index}`], producerId: 1, producerEpoch: 0, baseSequence: index })
    world.sync()
    await world.restartCleanly()
  }
  expect(world.files('.snapshot')).toEqual(['00000000000000000005.snapshot'])
})

test('checkpoints that are asked for at the same time do not disturb each other', async () => {
  const world = await StorageWorld.open()
  world.append({ values: ['a'] })
  world.sync()
  await world.settled(world.logs.checkpoint())
  await world.settled(Promise.all([1, 2, 3].map(() => world.logs.checkpoint())))
  expect(world.errors).toEqual([])
})

/** A run of appends, syncs, rolls and power cuts; answers what was wrong. */
async function live(seed: number): Promise<string[]> {
  const random = new SeededRandom(seed)
  const world = await StorageWorld.open({ segmentSizeBytes: 400, indexIntervalBytes: 64 }, seed)
  const wrong: string[] = []
  let written: string[] = []
  let durable = 0
  let sequence = 0
  for (let step = 0; step < 60; step += 1) {
    const choice = random.below(12)
    if (choice < 7) {
      const name = `s${step}`
      const result = world.append({ values: [name], producerId: 1, producerEpoch: 0, baseSequence: sequence })
      if (!result.ok) wrong.push(`step ${step}: refused with ${result.errorCode}`)
      else {
        written.push(name)
        sequence += 1
      }
    } else if (choice < 9) world.time.advance(random.below(3))
    else if (choice < 10) await world.settled(world.logs.checkpoint())
    else if (choice < 11) {
      durable = world.log.durableOffset
      await world.cutPower()
      if (world.logs.getLog('t', 0) === undefined) return [...wrong, `step ${step}: the log is gone`]
      const found = world.values()
      if (found.length < durable)
        wrong.push(`step ${step}: ${durable} were durable, ${found.length} are there`)
      if (found.some((name, index) => name !== written[index])) wrong.push(`step ${step}: other records`)
      written = found
      sequence = found.length
    } else await world.restartCleanly()
    durable = world.log.durableOffset
  }
  return wrong
}

test(`R2: ${SEED_COUNT} lives with power cuts lose nothing that was durable, and no order`, async () => {
  for (let seed = 0; seed < SEED_COUNT; seed += 1) expect(await live(seed), `seed ${seed}`).toEqual([])
}, 60_000)

test.each([
  ['makeDirectory', 'mkdir'],
  ['fdatasync', 'fdatasync'],
  ['rename', 'rename'],
  ['syncDirectory', 'fsync'],
] as const)(
  'a new log that the disk refuses (%s) says which call failed, and why',
  async (operation, syscall) => {
    const world = await StorageWorld.open()
    world.disk.failNext(operation, 'ENOSPC', '')
    const created = world.logs.createLog('u', 'AAAAAAAAAAAAAAAAAAAAZQ', 0, world.config)
    await expect(world.settled(created)).rejects.toMatchObject({ code: 'ENOSPC', syscall })
  },
)
