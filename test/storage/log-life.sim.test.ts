import { expect, test } from 'vitest'
import type { PlantedBug } from '../simulation/planted-bugs.ts'
import { LogLife } from './log-life.ts'

/** SIMULATION_SEEDS=100000 for the long run; SIMULATION_FIRST_SEED to see one again. */
const SEED_COUNT = Number(process.env.SIMULATION_SEEDS ?? 400)
const FIRST_SEED = Number(process.env.SIMULATION_FIRST_SEED ?? 0)
/** A planted bug must show within so many lives. */
const SEEDS_TO_FIND = 30
const TIMEOUT_MS = 600_000

test(
  `R2, LOG-3, IDM-2: ${SEED_COUNT} lives of a log lose nothing that was durable, and answer as a list of batches does`,
  async () => {
    const sums = { powerCuts: 0, fullDisks: 0, batches: 0 }
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEED_COUNT; seed += 1) {
      const report = await new LogLife(seed, 'none').run()
      expect(report.violations, `seed ${seed}`).toEqual([])
      sums.powerCuts += report.powerCuts
      sums.fullDisks += report.fullDisks
      sums.batches += report.batches
    }
    expect(sums.powerCuts).toBeGreaterThan(SEED_COUNT)
    expect(sums.fullDisks).toBeGreaterThan(SEED_COUNT)
    expect(sums.batches).toBeGreaterThan(20 * SEED_COUNT)
  },
  TIMEOUT_MS,
)

test.each<PlantedBug>(['acknowledge before fsync', 'forget the directory fsync'])(
  'R2n: a planted "%s" is found',
  async bug => {
    let found = 0
    for (let seed = 0; seed < SEEDS_TO_FIND && found === 0; seed += 1)
      found = (await new LogLife(seed, bug).run()).violations.length
    expect(found).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)
