import { expect, test } from 'vitest'
import { createTopicId, StorageWorld } from './storage-world.test-support.ts'

const PARTITIONS = 6
/** Every batch begins a segment. */
const ONE_BATCH_BYTES = 200

/** Groups of new segments until so much time has passed. */
async function rolledUntil(endMs: number, seed: number): Promise<StorageWorld> {
  const world = new StorageWorld({ segmentSizeBytes: ONE_BATCH_BYTES }, seed)
  world.managerOptions = { groupJournalMaxBytes: 0 }
  world.diskStepMaxMs = 8
  await world.start()
  for (let index = 0; index < PARTITIONS; index += 1) {
    await world.settled(world.logs.createLog('t', createTopicId(1), index, world.config))
  }
  for (let ms = 0; ms < endMs; ms += 1) {
    if (ms % 10 === 0) appendToAll(world)
    world.time.advance(1)
  }
  return world
}

function appendToAll(world: StorageWorld): void {
  const nowMs = world.time.clock.wallMs()
  for (const log of world.logs.logs()) {
    const batch = world.batch({ values: ['x'.repeat(80)], timestampMs: nowMs })
    expect(log.append(batch, { leaderEpoch: 0, nowMs, origin: 'client' }).ok).toBe(true)
  }
  world.logs.flushStaged()
}

test('a segment is durable when its bytes and its entry in the directory are, whatever comes first', async () => {
  let moved = 0
  for (let ms = 1; ms <= 60; ms += 1) {
    const world = await rolledUntil(ms, ms)
    const durable = [...world.logs.logs()].map(log => log.durableOffset)
    await world.cutPower()
    const ends = [...world.logs.logs()].map(log => log.logEndOffset)
    for (const [index, end] of ends.entries()) expect(end).toBeGreaterThanOrEqual(durable[index]!)
    moved += durable.reduce((sum, offset) => sum + offset, 0)
  }
  expect(moved).toBeGreaterThan(100)
})
