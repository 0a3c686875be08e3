/**
 * npm run bench                     everything; writes docs/PERFORMANCE.md, its picture and bench/results.json
 * npm run bench -- NAME...          some cells or scenarios only; prints their tables
 * npm run bench -- NAME... --into-page   scenarios only, in five rounds or more, into the page beside what it has
 * npm run bench -- --smoke          a minute, without Apache Kafka: does the benchmark itself still work?
 * npm run bench -- --write-only     the page and its picture once more, from bench/results.json
 *
 * --rounds N, --seconds S, --warm-up S, --cold-gigabytes N, --many-partitions N, --many-connections N,
 * --client-records N: other sizes
 * --without-kafka; --out DIR: where the page, its picture and the samples go
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { judge } from './bar.ts'
import { BARS } from './bars.ts'
import { removeDataDirs } from './data-dir.ts'
import type { Fact } from './fact.ts'
import { memoryUnderLoad } from './load-memory.ts'
import { describeMachine } from './machine.ts'
import { type CellResult, measure } from './measure.ts'
import { type Plan, readPlan } from './options.ts'
import { drawRatios } from './picture.ts'
import { Progress } from './progress.ts'
import { document } from './report.ts'
import { fromJson, type Results, toJson, withPart } from './results.ts'
import { barTable, cellTable, factTable } from './tables.ts'
import { takesPart } from './target.ts'
import { kafkaCanBeHad, startTargets } from './targets.ts'
import { warmUp } from './warm-up.ts'

/** What was measured so far, and what is no page to be committed. */
const UNFINISHED = { docs: 'build/bench/results', json: 'build/bench/results' }

async function main(): Promise<void> {
  const plan = readPlan()
  if (plan.isOnlyWritten) {
    if (plan.out !== null) writePage(committed(), plan.out.docs)
    return
  }
  process.once('exit', removeDataDirs)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  execFileSync('make', ['-s', '-f', 'bench/Makefile'], { stdio: 'inherit' })
  const hasKafka = plan.wantsKafka && kafkaCanBeHad()
  const results = await measureAll(plan, hasKafka)
  if (hasKafka || !plan.wantsKafka) save(forPage(results, plan), plan.out)
  print(results)
}

function forPage(results: Results, { partOfPage }: Plan): Results {
  return partOfPage === null ? results : withPart(committed(), results, partOfPage)
}

function committed(): Results {
  return fromJson(readFileSync('bench/results.json', 'utf8'))
}

function save(results: Results, out: Plan['out']): void {
  if (out === null) return
  mkdirSync(out.docs, { recursive: true })
  writeFileSync(join(out.json, 'results.json'), toJson(results))
  writePage(results, out.docs)
}

function writePage(results: Results, directory: string): void {
  writeFileSync(join(directory, 'PERFORMANCE.md'), document(results))
  writeFileSync(join(directory, 'performance.svg'), drawRatios(results.cells))
}

async function measureAll(plan: Plan, hasKafka: boolean): Promise<Results> {
  const machine = describeMachine(hasKafka)
  const cells = plan.cells.length === 0 ? [] : await measureCells(plan, hasKafka)
  const facts: Fact[] = memoryUnderLoad(cells)
  const results = {
    date: today(),
    machine,
    sizes: plan.sizes,
    duration: plan.duration,
    cells,
    facts,
    parts: [],
  }
  // Each time, so that a scenario that fails takes no other figures with it.
  save(results, UNFINISHED)
  for (const scenario of plan.scenarios) {
    const progress = new Progress(scenario.stepCount(plan.sizes, hasKafka), () => performance.now())
    facts.push(...(await scenario.run(plan.sizes, hasKafka, progress)))
    progress.end()
    save(results, UNFINISHED)
  }
  return results
}

async function measureCells(plan: Plan, hasKafka: boolean): Promise<CellResult[]> {
  const { cells, sizes, duration } = plan
  const targets = await startTargets(hasKafka)
  try {
    if (!plan.isSmoke) await warmUp(targets, Math.min(1, duration.measureS))
    const perRound = cells.map(cell => targets.filter(target => takesPart(target, cell)).length)
    const stepCount = sizes.rounds * perRound.reduce((sum, count) => sum + count, 0)
    const progress = new Progress(stepCount, () => performance.now())
    const results = await measure(cells, targets, sizes.rounds, duration, progress)
    progress.end()
    return results
  } finally {
    await Promise.all(targets.map(target => target.close()))
  }
}

function print({ cells, facts }: Results): void {
  const verdicts = BARS.map(bar => judge(bar, cells, facts)).filter(({ measured }) => measured !== null)
  const tables = [
    cells.length === 0 ? '' : cellTable(cells),
    facts.length === 0 ? '' : factTable(facts),
    verdicts.length === 0 ? '' : barTable(verdicts),
  ]
  process.stdout.write(`${tables.filter(table => table !== '').join('\n\n')}\n`)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

await main()
