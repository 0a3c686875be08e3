/**
 * npm run bench                     everything; writes docs/PERFORMANCE.md and bench/results.json
 * npm run bench -- CELL...          some work only; prints its table
 * npm run bench -- --smoke          a minute, without Apache Kafka: does the benchmark itself still work?
 * npm run bench -- --rounds 3       another number of samples
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { kafkaProcess, ottlaProcess } from './broker-process.ts'
import { CELLS, type Cell, SMOKE_CELL_NAMES } from './cell.ts'
import { removeDataDirs } from './data-dir.ts'
import type { Duration } from './load-generator.ts'
import { describeMachine } from './machine.ts'
import { type CellResult, measure, sampleOf } from './measure.ts'
import { Progress } from './progress.ts'
import { cellTable, document, toJson } from './report.ts'
import { measureStarts, type StartResult } from './starts.ts'
import type { Target } from './target.ts'
import { kafkaCanBeHad, startTargets } from './targets.ts'

const ROUNDS = 5
/** Short, so that a sample writes little more memory than was touched before it; see touch-memory.h. */
const DURATION: Duration = { warmUpS: 0.25, measureS: 1 }
const SMOKE_DURATION: Duration = { warmUpS: 0.1, measureS: 0.4 }
/** A JVM compiles while it runs: these are thrown away. */
const KAFKA_WARM_UP: Duration = { warmUpS: 0, measureS: 8 }
const WARM_UP: Duration = { warmUpS: 0, measureS: 1 }
const WARM_UP_CELL_NAMES = [
  'produce-1x100',
  'produce-16k',
  'produce-128k',
  'fetch-16k',
  'fetch-128k',
  'group-1x1000',
]

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { smoke: { type: 'boolean', default: false }, rounds: { type: 'string' } },
  })
  process.once('exit', removeDataDirs)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const cells = chosenCells(values.smoke ? SMOKE_CELL_NAMES : positionals)
  const rounds = Number(values.rounds ?? (values.smoke ? 1 : ROUNDS))
  execFileSync('make', ['-s', '-f', 'bench/Makefile'], { stdio: 'inherit' })
  const hasKafka = !values.smoke && kafkaCanBeHad()
  const duration = values.smoke ? SMOKE_DURATION : DURATION
  const machine = describeMachine(hasKafka)
  const results = await measureCells(cells, rounds, duration, hasKafka, !values.smoke)
  process.stdout.write(`${cellTable(results)}\n`)
  if (cells.length < CELLS.length) return
  const starts = await measureAllStarts(rounds, hasKafka)
  const all = { date: today(), machine, rounds, duration, cells: results, starts }
  writeFileSync('bench/results.json', toJson(all))
  writeFileSync('docs/PERFORMANCE.md', document(all))
}

function chosenCells(names: readonly string[]): readonly Cell[] {
  const unknown = names.find(name => !CELLS.some(cell => cell.name === name))
  if (unknown === undefined)
    return names.length === 0 ? CELLS : CELLS.filter(cell => names.includes(cell.name))
  throw new Error(`no such work: ${unknown}. There is ${CELLS.map(cell => cell.name).join(', ')}`)
}

async function measureCells(
  cells: readonly Cell[],
  rounds: number,
  duration: Duration,
  hasKafka: boolean,
  isWarmedUp: boolean,
): Promise<CellResult[]> {
  const targets = await startTargets(hasKafka)
  try {
    if (isWarmedUp) await warmUp(targets)
    const perRound = cells.map(cell => targets.filter(target => target.durability === cell.durability).length)
    const progress = new Progress(rounds * perRound.reduce((sum, count) => sum + count, 0), () =>
      performance.now(),
    )
    const results = await measure(cells, targets, rounds, duration, progress)
    progress.end()
    return results
  } finally {
    await Promise.all(targets.map(target => target.close()))
  }
}

async function warmUp(targets: readonly Target[]): Promise<void> {
  const cells = CELLS.filter(cell => WARM_UP_CELL_NAMES.includes(cell.name))
  const pairs = targets
    .filter(target => target.name !== 'C++ limit')
    .flatMap(target =>
      cells.filter(cell => cell.durability === target.durability).map(cell => ({ target, cell })),
    )
  const progress = new Progress(pairs.length, () => performance.now())
  for (const { target, cell } of pairs) {
    await sampleOf(target, cell, target.name === 'Apache Kafka' ? KAFKA_WARM_UP : WARM_UP)
    progress.step(`warming up ${target.name}: ${cell.name}`)
  }
  progress.end()
}

async function measureAllStarts(rounds: number, hasKafka: boolean): Promise<StartResult[]> {
  const ottla = await measureStarts('Ottla', () => ottlaProcess('group'), rounds)
  return hasKafka ? [ottla, await measureStarts('Apache Kafka', kafkaProcess, rounds)] : [ottla]
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

await main()
