import { expect, test } from 'vitest'
import { readSmallFile, writeSmallFile } from '../base/small-file.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { afterKill, KillableProcess } from './killable-process.test-support.ts'
import { StorageWorld, TOPIC_ID } from './storage-world.test-support.ts'

const MARKER = '.kafka_cleanshutdown'

/** The disk behind a power cut, before anything is started on it. */
function cut(world: StorageWorld, seed = 1): void {
  world.disk = world.disk.crash(new SeededRandom(seed))
}

/** Two log directories, each with six logs of one record. */
async function newTwelveLogs(): Promise<StorageWorld> {
  const world = new StorageWorld()
  world.directories = ['/a', '/b']
  await world.startWithLogs(12)
  world.appendToAll()
  world.time.advance(1000)
  cut(world)
  return world
}

test.each([1, 2, 3])(
  'LOG-3: %i logs of each directory are scanned at a time, those of all directories side by side',
  async recoveryThreads => {
    const world = await newTwelveLogs()
    world.managerOptions = { recoveryThreads }
    await world.start()
    expect(world.scans).toEqual({ count: 12, underWay: 0, underWayMax: 2 * recoveryThreads })
    expect([...world.logs.logs()].map(log => log.logEndOffset)).toEqual(Array(12).fill(1))
  },
)

test('a log that cannot be read does not hold up the others', async () => {
  const world = await newTwelveLogs()
  world.disk.failNext('pread', 'EIO', '/a/t-4/00000000000000000000.log')
  await world.start()
  expect([...world.logs.logs()]).toHaveLength(11)
  expect(world.logs.hasUnreadableLog('t', 4)).toBe(true)
})

test('LOG-3: of logs that never had a record an unclean start syncs and writes nothing', async () => {
  const world = await StorageWorld.open()
  cut(world)
  for (const operation of ['fdatasync', 'syncDirectory', 'pwritev', 'rename'] as const)
    world.disk.failNext(operation, 'EIO', 't-0')
  await world.start()
  expect(world.errors).toEqual([])
  expect(world.logs.getLog('t', 0)?.logEndOffset).toBe(0)
})

test('LOG-3: the first record of such a log is safe when it is acknowledged', async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const world = await StorageWorld.open({}, seed)
    await world.cutPower()
    world.append({ values: ['v'] })
    world.sync()
    expect(world.log.durableOffset).toBe(1)
    await world.cutPower()
    expect(world.values(), `seed ${seed}`).toEqual(['v'])
  }
})

test('LOG-3: what lies below the recovery point is not synced again', async () => {
  const world = await StorageWorld.open()
  world.append({ values: ['v'] })
  world.sync()
  await world.settled(world.logs.checkpoint())
  cut(world)
  world.disk.failNext('fdatasync', 'EIO', 't-0')
  world.disk.failNext('pwritev', 'EIO', 't-0')
  await world.start()
  expect(world.values()).toEqual(['v'])
})

test('LOG-3: what is cut from a log does not come back with the next power cut', async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const world = await StorageWorld.open({}, seed)
    for (const value of ['v0', 'v1']) world.append({ values: [value] })
    world.sync()
    await world.settled(world.logs.checkpoint())
    const path = '/data/t-0/00000000000000000000.log'
    const file = world.disk.open(path, 'write')
    const endPosition = world.disk.sizeBytes(file)
    world.disk.pwritev(file, [new Uint8Array(100).fill(7)], endPosition)
    world.disk.fdatasync(file)
    world.disk.close(file)
    await world.cutPower()
    expect(world.values(), `seed ${seed}`).toEqual(['v0', 'v1'])
    cut(world, seed)
    expect(world.disk.list('/data/t-0').find(({ name }) => name.endsWith('.log'))?.sizeBytes).toBe(
      endPosition,
    )
  }
})

test('LOG-3: a log whose making a kill interrupted keeps what is acknowledged in it', async () => {
  let found = 0
  for (let delayMs = 0; delayMs < 20; delayMs += 1) {
    const process = new KillableProcess()
    const killed = new StorageWorld()
    killed.wrapDisk = process.wrapDisk
    await killed.start()
    void killed.logs.createLog('t', TOPIC_ID, 0, killed.config)
    for (let waitedMs = 0; waitedMs < delayMs; waitedMs += 1) {
      await new Promise(resolve => setImmediate(resolve))
      killed.time.advance(1)
    }
    process.kill()
    const world = afterKill(killed, delayMs)
    await world.start()
    if (world.logs.getLog('t', 0) === undefined) continue
    found += 1
    world.append({ values: ['v'] })
    world.sync()
    expect(world.log.durableOffset).toBe(1)
    await world.cutPower()
    expect(world.values(), `killed after ${delayMs} ms`).toEqual(['v'])
  }
  expect(found).toBeGreaterThan(2)
})

test('a start that is refused one directory leaves the markers of the others', async () => {
  const world = new StorageWorld()
  world.directories = ['/a', '/b']
  await world.start()
  await world.settled(world.logs.close())
  const lock = world.disk.tryLock('/b/.lock')
  await expect(world.start()).rejects.toMatchObject({ code: 'EWOULDBLOCK' })
  expect(['/a', '/b'].map(path => world.disk.exists(`${path}/${MARKER}`))).toEqual([true, true])
  lock?.release()
  await world.start()
})

test('LOG-3: a start takes no recovery point back', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100 })
  for (let index = 0; index < 5; index += 1) world.append({ values: [`v${index}`] })
  world.time.advance(1000)
  await world.settled(world.logs.checkpoint())
  expect(world.log.recoveryPoint).toBe(5)
  await world.restartCleanly()
  expect(world.log.recoveryPoint).toBe(5)
  await world.settled(world.logs.checkpoint())
  await world.cutPower()
  expect(world.log.recoveryPoint).toBe(5)
  // Only the last segment is read, whose indexes are not on disk.
  world.scans.count = 0
  await world.settled(world.logs.checkpoint())
  await world.cutPower()
  expect(world.scans.count).toBe(1)
})

test('R4: segments that are missing around the recovery point: nothing behind the gap is removed', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100 })
  for (let index = 0; index < 4; index += 1) world.append({ values: [`v${index}`] })
  world.time.advance(1000)
  await world.settled(world.logs.checkpoint())
  expect(world.log.recoveryPoint).toBe(4)
  for (const value of ['v4', 'v5']) world.append({ values: [value] })
  world.time.advance(1000)
  const files = world.files('.log')
  for (const name of files.slice(3, 5)) world.disk.unlink(`/data/t-0/${name}`)
  world.disk.syncDirectory('/data/t-0')
  await world.cutPower()
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(true)
  expect(world.files('.log')).toEqual(files.toSpliced(3, 2))
})

test('RET-1: the age of records without timestamps is that of their file, whatever starts there were', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100, retentionMs: 1000 })
  const append = (value: string) => {
    expect(world.append({ values: [value], timestampMs: -1 })).toMatchObject({ ok: true })
    world.sync()
  }
  world.time.advance(500)
  append('old')
  world.time.advance(300)
  append('newer')
  append('last')
  world.time.advance(300)
  await world.restartCleanly()
  world.time.advance(300)
  await world.cutPower()
  world.logs.applyRetention()
  expect(world.values()).toEqual(['old', 'newer', 'last'])
  world.time.advance(250)
  world.logs.applyRetention()
  expect(world.values()).toEqual(['newer', 'last'])
  world.time.advance(300)
  world.logs.applyRetention()
  expect(world.values()).toEqual([])
})

test('RET-1: without timestamps the age begins with the last write, not with the segment', async () => {
  const world = await StorageWorld.open({ retentionMs: 1000 })
  world.append({ values: ['a'], timestampMs: -1 })
  world.time.advance(900)
  world.append({ values: ['b'], timestampMs: -1 })
  world.time.advance(900)
  world.logs.applyRetention()
  expect(world.values()).toEqual(['a', 'b'])
  world.time.advance(200)
  world.logs.applyRetention()
  expect(world.values()).toEqual([])
})

const EPOCHS_PATH = '/data/t-0/leader-epoch-checkpoint'

function epochsOnDisk(world: StorageWorld): string[] {
  const bytes = readSmallFile(world.disk, EPOCHS_PATH) ?? new Uint8Array(0)
  return new TextDecoder().decode(bytes).trimEnd().split('\n').slice(2)
}

test('LOG-5: epochs that a scan finds, or that begin behind the end, change their file', async () => {
  const world = await StorageWorld.open()
  world.append({ values: ['v0'] })
  world.sync()
  await world.settled(world.logs.checkpoint())
  world.append({ values: ['v1'], leaderEpoch: 1 })
  world.sync()
  await world.cutPower()
  expect(epochsOnDisk(world)).toEqual(['0 0', '1 1'])
  writeSmallFile(world.disk, EPOCHS_PATH, new TextEncoder().encode('0\n3\n0 0\n1 1\n2 7\n'))
  await world.cutPower()
  expect(epochsOnDisk(world)).toEqual(['0 0', '1 1'])
})

test('LOG-5: a broken file of epochs is replaced, of a log without records too', async () => {
  const world = await StorageWorld.open()
  writeSmallFile(world.disk, EPOCHS_PATH, new TextEncoder().encode('0\nbroken'))
  await world.cutPower()
  expect(new TextDecoder().decode(readSmallFile(world.disk, EPOCHS_PATH)!)).toBe('0\n0\n')
})

test('LOG-3: segments behind a cut that leaves nothing are gone for good', async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const world = await StorageWorld.open({ segmentSizeBytes: 100 }, seed)
    for (const value of ['v0', 'v1', 'v2']) world.append({ values: [value] })
    world.time.advance(1000)
    const file = world.disk.open('/data/t-0/00000000000000000000.log', 'write')
    world.disk.truncate(file, 10)
    world.disk.fdatasync(file)
    world.disk.close(file)
    await world.cutPower()
    expect(world.log.logEndOffset).toBe(0)
    cut(world, seed)
    expect(world.files('.log'), `seed ${seed}`).toEqual(['00000000000000000000.log'])
  }
})
