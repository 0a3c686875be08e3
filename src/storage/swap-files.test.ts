import { expect, test } from 'vitest'
import type { SimOperation } from '../native/sim-disk.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { segmentFileName } from './segment-names.ts'
import { StorageWorld } from './storage-world.test-support.ts'

const DIRECTORY = '/data/t-0'
const ALL = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6']
const COMPACTED = ['v0', 'v2', 'v4', 'v5', 'v6']

function pathOf(baseOffset: number, extension: string): string {
  return `${DIRECTORY}/${segmentFileName(baseOffset, extension)}`
}

function readFile(world: StorageWorld, path: string): Uint8Array {
  const file = world.disk.open(path, 'read')
  const bytes = new Uint8Array(world.disk.sizeBytes(file))
  world.disk.pread(file, bytes, 0)
  world.disk.close(file)
  return bytes
}

function writeFile(world: StorageWorld, path: string, bytes: Uint8Array): void {
  const file = world.disk.open(path, 'create')
  world.disk.pwritev(file, [bytes], 0)
  world.disk.fdatasync(file)
  world.disk.close(file)
}

/** Segments of two batches at 0, 2 and 4, and one of a single batch at 6; all of it is synced. */
async function newWorld(seed = 1): Promise<StorageWorld> {
  const world = await StorageWorld.open({ segmentSizeBytes: 150, indexIntervalBytes: 0 }, seed)
  for (const value of ALL) world.append({ values: [value] })
  world.time.advance(1000)
  expect(world.files('.log')).toEqual([0, 2, 4, 6].map(base => segmentFileName(base, 'log')))
  return world
}

/** Of the segments at 0 and 2 one that has lost v1 and v3, so that it ends before the next one begins. */
function writeCompacted(world: StorageWorld, suffix: string): void {
  const halves = [0, 2].map(base => readFile(world, pathOf(base, 'log')))
  const batches = halves.map(bytes => bytes.subarray(0, bytes.length / 2))
  writeFile(world, pathOf(0, `log.${suffix}`), new Uint8Array(batches.flatMap(bytes => [...bytes])))
  for (const extension of ['index', 'timeindex', 'txnindex']) {
    writeFile(world, pathOf(0, `${extension}.${suffix}`), new Uint8Array(0))
  }
}

function rename(world: StorageWorld, baseOffset: number, from: string, to: string): void {
  world.disk.rename(pathOf(baseOffset, from), pathOf(baseOffset, to))
}

function markDeleted(world: StorageWorld, baseOffset: number, extensions: readonly string[]): void {
  for (const extension of extensions) rename(world, baseOffset, extension, `${extension}.deleted`)
}

const SEGMENT = ['log', 'index', 'timeindex']

/** Every state that a compaction passes through, in order. */
const STATES: readonly {
  name: string
  values: readonly string[]
  make: (world: StorageWorld) => void
}[] = [
  {
    name: 'the new segment is being written',
    values: ALL,
    make: world => writeCompacted(world, 'cleaned'),
  },
  {
    name: 'its log is renamed, its indexes are not',
    values: ALL,
    make(world) {
      writeCompacted(world, 'cleaned')
      rename(world, 0, 'log.cleaned', 'log.swap')
    },
  },
  { name: 'it is whole', values: COMPACTED, make: world => writeCompacted(world, 'swap') },
  {
    name: 'some files that it replaces are marked',
    values: COMPACTED,
    make(world) {
      writeCompacted(world, 'swap')
      markDeleted(world, 0, ['log', 'index'])
    },
  },
  {
    name: 'all that it replaces is marked',
    values: COMPACTED,
    make(world) {
      writeCompacted(world, 'swap')
      for (const base of [0, 2]) markDeleted(world, base, SEGMENT)
    },
  },
  {
    name: 'all that it replaces is gone',
    values: COMPACTED,
    make(world) {
      writeCompacted(world, 'swap')
      for (const base of [0, 2]) for (const kind of SEGMENT) world.disk.unlink(pathOf(base, kind))
    },
  },
  {
    name: 'its log has its name, the others have not',
    values: COMPACTED,
    make(world) {
      writeCompacted(world, 'swap')
      for (const base of [0, 2]) markDeleted(world, base, SEGMENT)
      rename(world, 0, 'log.swap', 'log')
    },
  },
  {
    name: 'its transaction index has its name too',
    values: COMPACTED,
    make(world) {
      writeCompacted(world, 'swap')
      for (const base of [0, 2]) markDeleted(world, base, SEGMENT)
      rename(world, 0, 'log.swap', 'log')
      rename(world, 0, 'txnindex.swap', 'txnindex')
    },
  },
]

async function newWorldIn(make: (world: StorageWorld) => void, seed = 1): Promise<StorageWorld> {
  const world = await newWorld(seed)
  make(world)
  world.disk.syncDirectory(DIRECTORY)
  return world
}

function expectComplete(world: StorageWorld, values: readonly string[], hint: string): void {
  expect(world.errors, hint).toEqual([])
  expect(world.values(), hint).toEqual(values)
  expect(
    world.files('').filter(name => /\.(swap|cleaned|deleted)$/.test(name)),
    hint,
  ).toEqual([])
}

test.each(STATES)(
  'LOG-3: a crash while a compaction is swapped in: $name',
  async ({ name, values, make }) => {
    const world = await newWorldIn(make)
    const hasTxnIndex = values === COMPACTED
    await world.cutPower()
    expectComplete(world, values, 'after the power cut')
    expect(world.disk.exists(pathOf(0, 'txnindex')), name).toBe(hasTxnIndex)
    // Nothing was written since: the gaps that the compaction made must not be taken for the end of the log.
    await world.cutPower()
    expectComplete(world, values, 'after a second one')
    await world.restartCleanly()
    expectComplete(world, values, 'after a clean stop')
    expect(world.append({ values: ['w'] })).toMatchObject({ baseOffset: 7 })
  },
)

test.each(STATES)(
  'the same where the recovery point was above it, or the stop was clean: $name',
  async state => {
    const synced = await newWorld()
    await synced.settled(synced.logs.checkpoint())
    state.make(synced)
    synced.disk.syncDirectory(DIRECTORY)
    await synced.cutPower()
    expectComplete(synced, state.values, 'checkpoint')
    const stopped = await newWorld()
    await stopped.settled(stopped.logs.close())
    state.make(stopped)
    stopped.disk.syncDirectory(DIRECTORY)
    await stopped.start()
    expectComplete(stopped, state.values, 'clean stop')
  },
)

test('LOG-2: the indexes of a segment that was swapped in are those of its records', async () => {
  const world = await newWorld()
  await world.settled(world.logs.close())
  writeCompacted(world, 'swap')
  for (const extension of ['index', 'timeindex']) {
    world.disk.unlink(pathOf(0, `${extension}.swap`))
    writeFile(world, pathOf(0, `${extension}.swap`), readFile(world, pathOf(0, extension)))
  }
  world.disk.syncDirectory(DIRECTORY)
  await world.start()
  const first = world.log.segments[0]!
  expect(world.log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 4, 6])
  // One entry: offset 2 at the second batch.
  const index = Buffer.from(readFile(world, pathOf(0, 'index')))
  expect([index.length, index.readInt32BE(0), index.readInt32BE(4)]).toEqual([8, 2, first.endPosition / 2])
  expect(index).toEqual(Buffer.from(first.offsetIndex.encode()))
})

test('a swap behind segments that are not known to be safe', async () => {
  const world = await newWorld()
  const halves = [2, 4].map(base => readFile(world, pathOf(base, 'log')))
  const batches = halves.flatMap(bytes => [...bytes.subarray(0, bytes.length / 2)])
  writeFile(world, pathOf(2, 'log.swap'), new Uint8Array(batches))
  world.disk.syncDirectory(DIRECTORY)
  for (const hint of ['once', 'twice']) {
    await world.cutPower()
    expectComplete(world, ['v0', 'v1', 'v2', 'v4', 'v6'], hint)
    expect(world.log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 6])
  }
})

test('LOG-5: the recovery point rises over a swap when the epochs before it are on disk', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 150, indexIntervalBytes: 0 })
  for (const value of ['v0', 'v1']) world.append({ values: [value] })
  world.sync()
  await world.settled(world.logs.checkpoint())
  for (const value of ['v2', 'v3', 'v4', 'v5', 'v6']) world.append({ values: [value], leaderEpoch: 1 })
  world.time.advance(1000)
  writeCompacted(world, 'swap')
  world.disk.syncDirectory(DIRECTORY)
  world.disk = world.disk.crash(new SeededRandom(1))
  world.disk.failNext('unlink', 'EIO', `${DIRECTORY}/00000000000000000000.log`)
  await world.start()
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(true)
  const text = (path: string) => Buffer.from(readFile(world, path)).toString()
  expect(text('/data/recovery-point-offset-checkpoint')).toContain('t 0 4')
  expect(text(`${DIRECTORY}/leader-epoch-checkpoint`).split('\n').slice(2, 4)).toEqual(['0 0', '1 2'])
})

/** Where a start may be interrupted: one call, and a part of its path. */
const STEPS: readonly (readonly [SimOperation, string])[] = [
  ['unlink', 't-0'],
  ['rename', 't-0'],
  ['syncDirectory', 't-0'],
  ['fdatasync', 't-0'],
  ['truncate', 't-0'],
  ['open', 't-0/0'],
  ['rename', 'recovery-point'],
  ['fdatasync', 'recovery-point'],
]

test('R2: a swap that is interrupted at any step by a power cut is completed by the next start', async () => {
  let interrupted = 0
  for (const [index, { name, values, make }] of STATES.entries()) {
    for (const [operation, pathPart] of STEPS) {
      for (let callsBefore = 0; ; callsBefore += 1) {
        const seed = index + callsBefore
        const world = await newWorldIn(make, seed)
        world.disk = world.disk.crash(new SeededRandom(seed))
        world.disk.failNext(operation, 'EIO', pathPart, callsBefore)
        await world.start()
        const isOver = world.logs.getLog('t', 0) !== undefined
        world.errors.length = 0
        await world.cutPower()
        expectComplete(world, values, `${name}: ${operation} ${pathPart} ${callsBefore}`)
        if (isOver) break
        interrupted += 1
      }
    }
  }
  expect(interrupted).toBeGreaterThan(100)
})

test('of a split that is half done nothing is taken over', async () => {
  const world = await newWorld()
  const bytes = readFile(world, pathOf(0, 'log'))
  const half = bytes.length / 2
  writeFile(world, pathOf(0, 'log.cleaned'), bytes.subarray(0, half))
  writeFile(world, pathOf(1, 'log.swap'), bytes.subarray(half))
  world.disk.syncDirectory(DIRECTORY)
  await world.cutPower()
  expectComplete(world, ALL, 'half')
  expect(world.log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4, 6])
})

test('half of a split is gone for good before what shows that it is half goes', async () => {
  const world = await newWorld()
  const bytes = readFile(world, pathOf(0, 'log'))
  const half = bytes.length / 2
  writeFile(world, pathOf(0, 'log.cleaned'), bytes.subarray(0, half))
  writeFile(world, pathOf(1, 'log.swap'), bytes.subarray(half))
  world.disk.syncDirectory(DIRECTORY)
  const steps: string[] = []
  world.disk = world.disk.crash(new SeededRandom(1))
  world.wrapDisk = disk =>
    new Proxy(disk, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]): unknown => {
          const isStep = key === 'unlink' || key === 'syncDirectory'
          if (isStep && String(args[0]).startsWith(DIRECTORY)) steps.push(`${key} ${String(args[0])}`)
          return value.apply(target, args)
        }
      },
    })
  await world.start()
  expect(steps.slice(0, 3)).toEqual([
    `unlink ${pathOf(1, 'log.swap')}`,
    `syncDirectory ${DIRECTORY}`,
    `unlink ${pathOf(0, 'log.cleaned')}`,
  ])
})

test('a whole split takes the place of the one segment', async () => {
  const world = await newWorld()
  const bytes = readFile(world, pathOf(2, 'log'))
  const half = bytes.length / 2
  writeFile(world, pathOf(2, 'log.swap'), bytes.subarray(0, half))
  writeFile(world, pathOf(3, 'log.swap'), bytes.subarray(half))
  world.disk.syncDirectory(DIRECTORY)
  await world.cutPower()
  expectComplete(world, ALL, 'whole')
  expect(world.log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 3, 4, 6])
})

test('R4: a swap that is damaged replaces nothing: the log is offline, its bytes stay', async () => {
  const world = await newWorldIn(world => {
    writeCompacted(world, 'swap')
    markDeleted(world, 2, SEGMENT)
  })
  const file = world.disk.open(pathOf(0, 'log.swap'), 'write')
  world.disk.pwritev(file, [new Uint8Array([0xff])], world.disk.sizeBytes(file) - 1)
  world.disk.fdatasync(file)
  world.disk.close(file)
  // Snapshots are made again from the records.
  const files = () => world.files('').filter(name => !name.endsWith('.snapshot'))
  const before = files()
  await world.cutPower()
  expect(world.logs.hasUnreadableLog('t', 0)).toBe(true)
  expect(files()).toEqual(before)
})

test('indexes that wait for a log that is not there are removed', async () => {
  const world = await newWorldIn(world => writeFile(world, pathOf(1, 'index.swap'), new Uint8Array(0)))
  await world.cutPower()
  expectComplete(world, ALL, 'orphan')
})

test('LOG-3: a swap behind the cut is removed with all that it would replace', async () => {
  const world = await newWorld()
  const bytes = readFile(world, pathOf(2, 'log'))
  writeFile(world, pathOf(2, 'log.swap'), bytes)
  const file = world.disk.open(pathOf(0, 'log'), 'write')
  world.disk.truncate(file, world.disk.sizeBytes(file) - 1)
  world.disk.fdatasync(file)
  world.disk.close(file)
  world.disk.syncDirectory(DIRECTORY)
  await world.cutPower()
  expectComplete(world, ['v0'], 'cut')
  expect(world.files('.log')).toEqual([segmentFileName(0, 'log')])
})
