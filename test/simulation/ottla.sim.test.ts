import { expect, test } from 'vitest'
import { loadNativeBinding } from '../../src/native/load.ts'
import { startOttla } from './ottla-broker.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { World, type WorldReport } from './world.ts'

/** SIMULATION_SEEDS=100000 for the long run; SIMULATION_FIRST_SEED to see one again. */
const SEED_COUNT = Number(process.env.SIMULATION_SEEDS ?? 1000)
const FIRST_SEED = Number(process.env.SIMULATION_FIRST_SEED ?? 0)
/** One world in so many has a group, which takes longer. */
const GROUP_ONE_IN = 4
/** A planted bug must show within so many worlds. */
const SEEDS_TO_FIND = 30
const TIMEOUT_MS = 600_000

const binding = loadNativeBinding()
const crc32c = (bytes: Uint8Array): number => binding.crc32c(bytes, 0)

function runWorld(seed: number, bug: PlantedBug = 'none'): Promise<WorldReport> {
  const hasGroup = seed % GROUP_ONE_IN === 0
  return new World({ seed, bug, crc32c, startBroker: ports => startOttla(ports, binding), hasGroup }).run()
}

test(
  `R2, R8: ${SEED_COUNT} worlds lose, repeat and reorder nothing that was acknowledged`,
  async () => {
    let powerCuts = 0
    let acknowledged = 0
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEED_COUNT; seed++) {
      const { violations, tail, ...report } = await runWorld(seed)
      expect(violations, `seed ${seed}\n${tail}`).toEqual([])
      powerCuts += report.powerCuts
      acknowledged += report.acknowledgedCount
    }
    expect(powerCuts).toBeGreaterThanOrEqual(SEED_COUNT)
    expect(acknowledged).toBeGreaterThan(SEED_COUNT)
  },
  TIMEOUT_MS,
)

test(
  'R8: the same seed gives the same world, another one another',
  async () => {
    const hashes = new Set<string>()
    for (let seed = 0; seed < 10; seed++) {
      const { hash } = await runWorld(seed)
      expect((await runWorld(seed)).hash).toBe(hash)
      hashes.add(hash)
    }
    expect(hashes.size).toBe(10)
  },
  TIMEOUT_MS,
)

test.each<PlantedBug>(['acknowledge before fsync', 'forget the directory fsync'])(
  'R2n: a planted "%s" is found',
  async bug => {
    let found = 0
    for (let seed = 0; seed < SEEDS_TO_FIND && found === 0; seed++) {
      const { violations } = await runWorld(seed, bug)
      if (violations.length > 0) found += 1
    }
    expect(found).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)
