import { performance } from 'node:perf_hooks'
import { allCells } from './cells.ts'
import type { Duration } from './load-generator.ts'
import { sampleOf } from './measure.ts'
import { Progress } from './progress.ts'
import { type Target, takesPart } from './target.ts'

/** A JVM compiles while it runs: these are thrown away. */
const KAFKA_WARM_UP: Duration = { warmUpS: 0, measureS: 8 }
const OTTLA_WARM_UP: Duration = { warmUpS: 0, measureS: 1 }
const NOTHING_SCALED = { manyPartitions: 0, manyConnections: 0 }
const CELL_NAMES = ['produce-1x100', 'produce-16k', 'produce-128k', 'fetch-16k', 'fetch-128k', 'group-1x1000']

/** `part`: of the usual time; less when only the benchmark itself is tried. */
export async function warmUp(targets: readonly Target[], part: number): Promise<void> {
  const cells = allCells(NOTHING_SCALED).filter(({ name }) => CELL_NAMES.includes(name))
  const pairs = targets
    .filter(({ name }) => name === 'Ottla' || name === 'Apache Kafka')
    .flatMap(target => cells.filter(cell => takesPart(target, cell)).map(cell => ({ target, cell })))
  const progress = new Progress(pairs.length, () => performance.now())
  for (const { target, cell } of pairs) {
    const usual = target.name === 'Apache Kafka' ? KAFKA_WARM_UP : OTTLA_WARM_UP
    await sampleOf(target, cell, { warmUpS: 0, measureS: usual.measureS * part })
    progress.step(`warming up ${target.name}: ${cell.name}`)
  }
  progress.end()
}
