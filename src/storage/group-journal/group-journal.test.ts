import { expect, test } from 'vitest'
import type { SimDisk } from '../../native/sim-disk.ts'
import type { LogConfig } from '../log-config.ts'
import type { LogManagerOptions } from '../log-manager.ts'
import { createTopicId, StorageWorld, tellingOfSyncs } from '../storage-world.test-support.ts'
import { journalFileName } from './replay-journals.ts'

const PARTITIONS = 3

/** A world with the partitions t-0 to t-2, whose journal is there already. */
async function journalWorld(
  options: Partial<LogManagerOptions> = {},
  config: Partial<LogConfig> = {},
  wrapDisk = (disk: SimDisk) => disk,
): Promise<StorageWorld> {
  const world = await partitionsWorld(options, config, wrapDisk)
  // The entries of new segments are synced one by one, and the first group finds no journal.
  appendToAll(world, 'first')
  appendToAll(world, 'second')
  return world
}

async function partitionsWorld(
  options: Partial<LogManagerOptions> = {},
  config: Partial<LogConfig> = {},
  wrapDisk = (disk: SimDisk) => disk,
): Promise<StorageWorld> {
  const world = new StorageWorld(config)
  world.wrapDisk = wrapDisk
  world.managerOptions = { groupJournalMaxBytes: 1_000_000, ...options }
  await world.startWithLogs(PARTITIONS)
  return world
}

/** One batch to each partition in one pass, synced. */
function appendToAll(world: StorageWorld, value: string): void {
  world.appendToAll({ values: [value] })
  world.sync()
}

const FULL_AT_ONCE = { groupJournalMaxBytes: 1 }
const journals = (world: StorageWorld) =>
  world.disk
    .list('/data')
    .map(({ name }) => name)
    .filter(name => name.startsWith('ottla-group-journal'))

test('LOG-4: a group of many segments is safe with the sync of one file, and survives a power cut', async () => {
  const world = await journalWorld()
  appendToAll(world, 'third')
  expect(world.durableOffsets()).toEqual([3, 3, 3])
  expect(world.syncedOffsets()).toEqual([2, 2, 2])
  await world.cutPower()
  expect([...world.logs.logs()].map(log => log.logEndOffset)).toEqual([3, 3, 3])
  expect(world.values()).toEqual(['first', 'second', 'third'])
  expect(journals(world)).toEqual([])
})

test('the recovery point stays before what only the journal has', async () => {
  const world = await journalWorld()
  appendToAll(world, 'third')
  await world.settled(world.logs.checkpoint())
  expect([...world.logs.logs()].map(log => log.recoveryPoint)).toEqual([2, 2, 2])
})

test('a full journal is written again, under another number, when its segments are synced', async () => {
  const world = await journalWorld(FULL_AT_ONCE)
  appendToAll(world, 'third')
  expect([journals(world), world.syncedOffsets()]).toEqual([[journalFileName(0)], [2, 2, 2]])
  appendToAll(world, 'fourth')
  expect([journals(world), world.syncedOffsets()]).toEqual([
    [journalFileName(1), journalFileName(2)],
    [4, 4, 4],
  ])
  appendToAll(world, 'fifth')
  expect([world.syncedOffsets(), world.durableOffsets()]).toEqual([
    [4, 4, 4],
    [5, 5, 5],
  ])
  // What was the first journal.
  appendToAll(world, 'sixth')
  await world.cutPower()
  expect(world.values()).toEqual(['first', 'second', 'third', 'fourth', 'fifth', 'sixth'])
})

test('a clean stop leaves no journal, and whole segments', async () => {
  const world = await journalWorld()
  await world.restartCleanly()
  expect(journals(world)).toEqual([])
  expect(world.values()).toEqual(['first', 'second'])
})

test('what is journaled of a deleted topic does not go into one that is made under its name', async () => {
  const world = await journalWorld()
  appendToAll(world, 'third')
  for (let index = 0; index < PARTITIONS; index += 1) await world.settled(world.logs.deleteLog('t', index))
  for (let index = 0; index < PARTITIONS; index += 1) await world.createLog(index, createTopicId(2))
  // Longer than what the old one had: its third batch would land in the middle.
  const value = 'of the new one'.repeat(50)
  appendToAll(world, value)
  await world.cutPower()
  expect(world.values()).toEqual([value])
})

test('RET-1 a segment that is whole in the journal only is synced before retention takes it', async () => {
  const world = await journalWorld(FULL_AT_ONCE, { retentionMs: 1_000, fileDeleteDelayMs: 0 })
  appendToAll(world, 'third')
  world.time.advance(2_000)
  world.logs.applyRetention()
  const first = world.log.segments[0]!
  expect([first.baseOffset, first.syncedEndOffset]).toEqual([0, 2])
  world.sync()
  expect(first.syncedEndOffset).toBe(3)
  world.logs.applyRetention()
  world.sync()
  appendToAll(world, 'fourth')
  // The journal is full: the segments in it are synced now.
  appendToAll(world, 'fifth')
  expect(journals(world)).not.toContain(journalFileName(0))
  expect(world.files('.log')).toEqual(['00000000000000000003.log'])
})

test('RET-1 a sync that retention has asked for is not asked for again while it is under way', async () => {
  let syncCount = 0
  const onSync = () => {
    syncCount += 1
  }
  const world = await journalWorld({}, { retentionMs: 1_000 }, disk => tellingOfSyncs(disk, onSync))
  appendToAll(world, 'third')
  world.time.advance(2_000)
  world.disk.speed.stickNext(1_000_000, '/t-0/')
  syncCount = 0
  for (let round = 0; round < 50; round += 1) {
    world.logs.applyRetention()
    world.time.advance(100)
  }
  expect(syncCount).toBe(PARTITIONS)
  world.time.advance(1_000_000)
  world.logs.applyRetention()
  expect([...world.logs.logs()].map(log => log.logStartOffset)).toEqual([3, 3, 3])
})

test('nor is a segment of a topic that was deleted meanwhile opened for its sync', async () => {
  const world = await journalWorld(FULL_AT_ONCE)
  appendToAll(world, 'third')
  await world.settled(world.logs.deleteLog('t', 2))
  appendToAll(world, 'fourth')
  expect([world.log.isOffline, world.durableOffsets()]).toEqual([false, [4, 4]])
  expect(journals(world)).not.toContain(journalFileName(0))
})

test.each([
  ['with 30 KB for each segment it is', 30_000, [2, 2, 2]],
  ['with 40 KB for each segment it is not', 40_000, [3, 3, 3]],
])('what is journaled is written twice: a group %s', async (_name, sizeBytes, expected) => {
  const world = await journalWorld()
  appendToAll(world, 'x'.repeat(sizeBytes))
  expect([world.syncedOffsets(), world.durableOffsets()]).toEqual([expected, [3, 3, 3]])
})

test('without room for the journal segments are synced one by one', async () => {
  const world = await journalWorld()
  world.disk.failNext('pwritev', 'ENOSPC', 'ottla-group-journal')
  appendToAll(world, 'third')
  expect(world.durableOffsets()).toEqual([3, 3, 3])
  appendToAll(world, 'fourth')
  // Nothing is written behind a record that may be torn.
  expect([journals(world), world.syncedOffsets()]).toEqual([[], [4, 4, 4]])
  await world.cutPower()
  expect(world.values()).toEqual(['first', 'second', 'third', 'fourth'])
})

test('a journal that cannot be synced fences the directory: nothing of the group is acknowledged', async () => {
  const world = await journalWorld()
  world.disk.failNext('fdatasync', 'EIO', 'ottla-group-journal')
  appendToAll(world, 'third')
  expect(world.durableOffsets()).toEqual([2, 2, 2])
  expect(world.log.isOffline).toBe(true)
})

test('without a size there is no journal', async () => {
  const world = await journalWorld({ groupJournalMaxBytes: 0 })
  expect([journals(world), world.syncedOffsets()]).toEqual([[], [2, 2, 2]])
})

test('a group of more segments than there are descriptors is synced one by one', async () => {
  const world = await journalWorld({ openSegmentsMax: 2 })
  appendToAll(world, 'third')
  expect(world.durableOffsets()).toEqual([3, 3, 3])
  await world.cutPower()
  expect(world.values()).toEqual(['first', 'second', 'third'])
})

test('nor is one of a log that is deleted while the journal is refused its room', async () => {
  const world = await journalWorld()
  world.disk.failNext('pwritev', 'ENOSPC', 'ottla-group-journal')
  world.appendToAll({ values: ['third'] })
  await world.settled(world.logs.deleteLog('t', 2))
  world.sync()
  expect([world.disk.exists('/data/t-2'), world.durableOffsets()]).toEqual([false, [3, 3]])
})

test.each([
  ['open', 'EMFILE'],
  ['pwritev', 'EDQUOT'],
] as const)('a journal that %s refuses with %s is done without', async (operation, code) => {
  const world = await partitionsWorld()
  world.disk.failNext(operation, code, 'ottla-group-journal')
  for (const value of ['first', 'second', 'third']) appendToAll(world, value)
  expect([world.durableOffsets(), world.syncedOffsets()]).toEqual([
    [3, 3, 3],
    [3, 3, 3],
  ])
})

test.each([
  ['open', 'ottla-group-journal', 1],
  ['syncDirectory', '/data', 0],
] as const)(
  'a new journal that is made, and that %s of %s refuses, leaves no file behind',
  async (operation, path, callsBefore) => {
    const world = await partitionsWorld()
    appendToAll(world, 'first')
    world.disk.failNext(operation, 'EMFILE', path, callsBefore)
    appendToAll(world, 'second')
    expect([world.log.isOffline, journals(world)]).toEqual([false, []])
  },
)

test.each([
  ['rename', 'ENOSPC'],
  ['syncDirectory', 'EMFILE'],
] as const)(
  'a journal whose new name %s refuses with %s is removed, and nothing is fenced',
  async (operation, code) => {
    const world = await journalWorld(FULL_AT_ONCE)
    const path = operation === 'rename' ? 'ottla-group-journal' : '/data'
    appendToAll(world, 'third')
    world.disk.failNext(operation, code, path)
    for (let turn = 0; turn < 5; turn += 1) appendToAll(world, `more ${turn}`)
    expect(world.log.isOffline).toBe(false)
    expect(world.disk.exists(`/data/${journalFileName(0)}`)).toBe(false)
    await world.cutPower()
    for (const log of world.logs.logs()) expect(log.logEndOffset).toBe(8)
  },
)

test('a segment that cannot be opened for its sync fences the directory, and the stop comes to its end', async () => {
  const world = await journalWorld({ openSegmentsMax: 2 })
  world.disk.failNext('open', 'EIO', '/t-0/', 1)
  world.appendToAll({ values: ['third'] })
  expect(world.log.isOffline).toBe(true)
  world.sync()
  expect(world.durableOffsets()).toEqual([2, 2, 2])
  await world.restartCleanly()
  expect(world.values().slice(0, 2)).toEqual(['first', 'second'])
})

test('a sync that succeeds behind one that failed takes no journal away', async () => {
  const world = await journalWorld(FULL_AT_ONCE)
  appendToAll(world, 'third')
  // The group commit comes to the last segment before the one who retires the journal does.
  world.disk.failNext('fdatasync', 'EIO', '/t-2/')
  world.appendToAll({ values: ['fourth'] }, [...world.logs.logs()].toReversed())
  world.sync()
  expect(world.log.isOffline).toBe(true)
  expect(journals(world)).toContain(journalFileName(0))
  await world.cutPower()
  for (const log of world.logs.logs()) expect(log.logEndOffset).toBeGreaterThanOrEqual(3)
})

test('a stop hears of a segment whose sync fails while its journal is retired', async () => {
  const world = await journalWorld(FULL_AT_ONCE)
  appendToAll(world, 'third')
  world.disk.failNext('fdatasync', 'EIO', '/t-2/')
  world.appendToAll({ values: ['fourth'] }, [...world.logs.logs()].slice(0, 2))
  await world.settled(world.logs.close())
  expect(journals(world)).toContain(journalFileName(0))
  await world.cutPower()
  expect(world.logs.getLog('t', 2)!.logEndOffset).toBe(3)
})
