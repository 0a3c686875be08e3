import { expect, test } from 'vitest'
import type { LogConfig } from '../log-config.ts'
import { createTopicId, StorageWorld } from '../storage-world.test-support.ts'
import { journalFileName } from './replay-journals.ts'

const PARTITIONS = 3

/** A world with the partitions t-0 to t-2, whose journal is there already. */
async function journalWorld(
  groupJournalMaxBytes = 1_000_000,
  config: Partial<LogConfig> = {},
): Promise<StorageWorld> {
  const world = new StorageWorld(config)
  world.managerOptions = { groupJournalMaxBytes }
  await world.start()
  for (let index = 0; index < PARTITIONS; index += 1) await create(world, index)
  // The entries of new segments are synced one by one, and the first group finds no journal.
  appendToAll(world, 'first')
  appendToAll(world, 'second')
  return world
}

function create(world: StorageWorld, partitionIndex: number, topicId = createTopicId(1)): Promise<unknown> {
  return world.settled(world.logs.createLog('t', topicId, partitionIndex, world.config))
}

/** One batch to each partition in one pass, synced. */
function appendToAll(world: StorageWorld, value: string): void {
  stageAll(world, value)
  world.sync()
}

function stageAll(world: StorageWorld, value: string): void {
  for (const log of world.logs.logs()) {
    const appended = log.append(world.batch({ values: [value] }), {
      leaderEpoch: 0,
      nowMs: world.time.clock.wallMs(),
      origin: 'client',
    })
    expect(appended.ok).toBe(true)
  }
  world.logs.flushStaged()
}

const durable = (world: StorageWorld) => [...world.logs.logs()].map(log => log.durableOffset)
const synced = (world: StorageWorld) => [...world.logs.logs()].map(log => log.segments[0]!.syncedEndOffset)
const journals = (world: StorageWorld) =>
  world.disk
    .list('/data')
    .map(({ name }) => name)
    .filter(name => name.startsWith('ottla-group-journal'))

test('LOG-4: a group of many segments is safe with the sync of one file, and survives a power cut', async () => {
  const world = await journalWorld()
  appendToAll(world, 'third')
  expect(durable(world)).toEqual([3, 3, 3])
  expect(synced(world)).toEqual([2, 2, 2])
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

test('a full journal is gone when its segments are synced, and the next one goes on', async () => {
  const world = await journalWorld(1)
  appendToAll(world, 'third')
  expect([journals(world), synced(world)]).toEqual([[journalFileName(0)], [2, 2, 2]])
  appendToAll(world, 'fourth')
  expect([journals(world), synced(world)]).toEqual([[], [4, 4, 4]])
  appendToAll(world, 'fifth')
  appendToAll(world, 'sixth')
  expect([journals(world), synced(world), durable(world)]).toEqual([
    [journalFileName(1)],
    [5, 5, 5],
    [6, 6, 6],
  ])
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
  for (let index = 0; index < PARTITIONS; index += 1) await create(world, index, createTopicId(2))
  // Longer than what the old one had: its third batch would land in the middle.
  const value = 'of the new one'.repeat(50)
  appendToAll(world, value)
  await world.cutPower()
  expect(world.values()).toEqual([value])
})

test('a segment that retention took while it was in the journal is not made again', async () => {
  const world = await journalWorld(1, { retentionMs: 1_000, fileDeleteDelayMs: 0 })
  appendToAll(world, 'third')
  world.time.advance(2_000)
  world.logs.applyRetention()
  world.sync()
  appendToAll(world, 'fourth')
  // The journal is full: the segments in it are synced now.
  appendToAll(world, 'fifth')
  expect(journals(world)).not.toContain(journalFileName(0))
  expect(world.files('.log')).toEqual(['00000000000000000003.log'])
})

test('without room for the journal segments are synced one by one', async () => {
  const world = await journalWorld()
  world.disk.failNext('pwritev', 'ENOSPC', 'ottla-group-journal')
  appendToAll(world, 'third')
  expect(durable(world)).toEqual([3, 3, 3])
  appendToAll(world, 'fourth')
  expect(synced(world)).toEqual([4, 4, 4])
  await world.cutPower()
  expect(world.values()).toEqual(['first', 'second', 'third', 'fourth'])
})

test('a journal that cannot be synced fences the directory: nothing of the group is acknowledged', async () => {
  const world = await journalWorld()
  world.disk.failNext('fdatasync', 'EIO', 'ottla-group-journal')
  appendToAll(world, 'third')
  expect(durable(world)).toEqual([2, 2, 2])
  expect(world.log.isOffline).toBe(true)
})

test('without a size there is no journal', async () => {
  const world = await journalWorld(0)
  expect([journals(world), synced(world)]).toEqual([[], [2, 2, 2]])
})
