import { expect, test } from 'vitest'
import type { Disk } from '../../base/disk.ts'
import { StorageError } from '../../base/storage-error.ts'
import type { SimDisk } from '../../native/sim-disk.ts'
import { SeededRandom } from '../../platform/seeded-random.ts'
import { StorageWorld } from '../storage-world.test-support.ts'
import { replayJournals } from './replay-journals.ts'

const PARTITIONS = 3
const VALUES = ['first', 'second', 'third', 'fourth']
/** What a group, and the making of a journal, take in a world. */
const GROUP_MS = 4
const ignore = () => {}
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

/** A disk that refuses all calls of the loop once it has done so many. */
class DyingDisk {
  callsLeft = Number.POSITIVE_INFINITY

  readonly wrap = (disk: SimDisk): Disk =>
    new Proxy(disk, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (this.callsLeft <= 0 && name !== 'createQueue' && name !== 'close') {
            throw new StorageError('EIO', String(name), '/data')
          }
          this.callsLeft -= 1
          return member.apply(target, args) as unknown
        }
      },
    })
}

/** Three partitions whose last two batches are in a journal only. */
async function journaledWorld(dying = new DyingDisk()): Promise<StorageWorld> {
  const world = new StorageWorld()
  world.wrapDisk = dying.wrap
  await world.startWithLogs(PARTITIONS)
  for (const value of VALUES) {
    world.appendToAll({ values: [value] })
    world.sync()
  }
  expect(world.syncedOffsets()).toEqual([2, 2, 2])
  return world
}

/** Groups, each of which finds the journal full, until so much time has passed; the last may be under way. */
async function groupsUntil(stepMs: number): Promise<StorageWorld> {
  const world = new StorageWorld()
  world.managerOptions = { groupJournalMaxBytes: 1 }
  await world.startWithLogs(PARTITIONS)
  for (let ms = 0; ms < stepMs; ms += 1) {
    if (ms % GROUP_MS === 0) world.appendToAll({ values: [String(ms)] })
    world.time.advance(1)
  }
  return world
}

/** What a start finds after a power cut now, with a disk that lives. */
async function endsAfterPowerCut(world: StorageWorld): Promise<number[]> {
  world.wrapDisk = disk => disk
  await world.cutPower()
  expect(world.values()).toEqual(VALUES)
  return [...world.logs.logs()].map(log => log.logEndOffset)
}

test('a power cut at any call of a start that replays loses nothing', async () => {
  for (let calls = 0, isOver = false; !isOver; calls += 1) {
    const dying = new DyingDisk()
    const world = await journaledWorld(dying)
    dying.callsLeft = calls
    await world.cutPower().catch(ignore)
    isOver = dying.callsLeft > 0
    expect(await endsAfterPowerCut(world)).toEqual([4, 4, 4])
  }
})

test('nor does one at any call of a stop', async () => {
  for (let calls = 0, isOver = false; !isOver; calls += 1) {
    const dying = new DyingDisk()
    const world = await journaledWorld(dying)
    dying.callsLeft = calls
    await world.settled(world.logs.close())
    isOver = dying.callsLeft > 0
    expect(await endsAfterPowerCut(world)).toEqual([4, 4, 4])
  }
})

test('what was replayed is on the disk before the journals are gone', async () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const world = await journaledWorld()
    world.disk = world.disk.crash(new SeededRandom(seed))
    replayJournals('/data', { disk: world.disk, logger, crc32c: world.native.crc32c })
    expect(await endsAfterPowerCut(world)).toEqual([4, 4, 4])
  }
})

test('nor does one at any moment while journals are retired and written again', async () => {
  for (let ms = 1; ms <= 80; ms += 1) {
    const world = await groupsUntil(ms)
    const durable = [...world.logs.logs()].map(log => log.durableOffset)
    await world.cutPower()
    const ends = [...world.logs.logs()].map(log => log.logEndOffset)
    for (const [index, end] of ends.entries()) expect(end).toBeGreaterThanOrEqual(durable[index]!)
  }
})
