import { expect, test } from 'vitest'
import { loadNativeBinding } from '../../src/native/load.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { ReferenceBroker } from './reference-broker.ts'
import { World, type WorldReport } from './world.ts'

const SEED_COUNT = 100
/** A planted bug must show within so many worlds. */
const SEEDS_TO_FIND = 10

const binding = loadNativeBinding()
const crc32c = (bytes: Uint8Array): number => binding.crc32c(bytes, 0)

function runWorld(seed: number, bug: PlantedBug): Promise<WorldReport> {
  const startBroker = async (
    ports: ConstructorParameters<typeof ReferenceBroker>[0],
  ): Promise<ReferenceBroker> => {
    return new ReferenceBroker(ports, crc32c)
  }
  return new World({ seed, bug, crc32c, startBroker, hasGroup: false }).run()
}

test('nothing is found in a broker that keeps its promises', async () => {
  let powerCuts = 0
  for (let seed = 0; seed < SEED_COUNT; seed++) {
    const report = await runWorld(seed, 'none')
    expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] })
    powerCuts += report.powerCuts
  }
  expect(powerCuts).toBeGreaterThan(SEED_COUNT)
})

test('the same seed gives the same world, another one another', async () => {
  const hashes = new Set<string>()
  for (let seed = 0; seed < 10; seed++) {
    const { hash } = await runWorld(seed, 'none')
    expect((await runWorld(seed, 'none')).hash).toBe(hash)
    hashes.add(hash)
  }
  expect(hashes.size).toBe(10)
})

test.each<PlantedBug>(['acknowledge before fsync', 'forget the directory fsync'])(
  'R2n: a planted "%s" is found',
  async bug => {
    let found = 0
    for (let seed = 0; seed < SEEDS_TO_FIND; seed++) {
      const { violations } = await runWorld(seed, bug)
      if (violations.length > 0) found += 1
    }
    expect(found).toBeGreaterThan(SEEDS_TO_FIND / 3)
  },
)
