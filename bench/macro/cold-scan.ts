import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { kafkaProcess, ottlaProcess } from './broker-process.ts'
import { BrokerTarget } from './broker-target.ts'
import { cell } from './cell.ts'
import { type Fact, Facts } from './fact.ts'
import { dropCache, type Endpoint, fill, type Sample, scanOnce, takeSample } from './load-generator.ts'
import type { Progress } from './progress.ts'
import type { Scenario, Sizes } from './scenario.ts'
import type { TargetName } from './target.ts'

const GIGABYTE = 1e9
const COLD = cell({
  name: 'cold',
  kind: 'fetch',
  partitions: 4,
  recordsPerBatch: 128,
  fetchBytes: 1024 * 1024,
})
const HOT = cell({
  name: 'hot',
  kind: 'tail',
  recordsPerBatch: 16,
  fetchBytes: 1024 * 1024,
  requestsPerS: 1_000,
})
const WARM_UP = { warmUpS: 0, measureS: 2 }
/** The hot load must not outlast the scan it is measured beside: no disk here reads a gigabyte so fast. */
const HOT_S_PER_GIGABYTE = 0.3

/**
 * A hot topic, produced to at a fixed rate and tailed: alone, beside a scan of data that is not in memory, and beside
 * `cat`, which reads the same files without the broker: what it costs as well is the machine's.
 */
export const coldScan: Scenario = {
  name: 'cold-scan',
  stepCount: (sizes, hasKafka) => 4 * sizes.rounds * (hasKafka ? 2 : 1),
  async run(sizes: Sizes, hasKafka: boolean, progress: Progress): Promise<Fact[]> {
    const facts = new Facts('os')
    for (let round = 0; round < sizes.rounds; round += 1) {
      await withTarget('Ottla', target => measureRound(target, sizes, facts, progress))
      if (hasKafka) await withTarget('Apache Kafka', target => measureRound(target, sizes, facts, progress))
    }
    return facts.all()
  },
}

async function withTarget(name: TargetName, use: (target: BrokerTarget) => Promise<void>): Promise<void> {
  const broker = name === 'Ottla' ? await ottlaProcess('os') : await kafkaProcess()
  const { pid } = await broker.start()
  const target = new BrokerTarget(name, 'os', broker, pid, '')
  try {
    await use(target)
  } finally {
    await target.close()
  }
}

async function measureRound(
  target: BrokerTarget,
  sizes: Sizes,
  facts: Facts,
  progress: Progress,
): Promise<void> {
  await tail(target, WARM_UP.measureS)
  const cold = await target.begin(COLD)
  const filling = { ...COLD, kind: 'produce' } as const
  const endOffset = await fill(cold, filling, (sizes.coldGigabytes * GIGABYTE) / COLD.connections)
  progress.step(`cold-scan, ${target.name}: ${sizes.coldGigabytes} GB written`)
  const tailS = sizes.coldGigabytes * HOT_S_PER_GIGABYTE
  await dropCache(cold.directory)
  const alone = await tail(target, tailS)
  addLatencies(facts, 'cold-scan: hot alone', target.name, alone)
  progress.step(`cold-scan, ${target.name}: hot alone, p99 ${alone.p99Us} us`)
  await dropCache(cold.directory)
  const [scan, beside] = await Promise.all([scanOnce(cold, COLD, endOffset), tail(target, tailS)])
  addLatencies(facts, 'cold-scan: hot beside the scan', target.name, beside)
  facts.add('cold-scan: scan', 'MB/s', target.name, scan.megabytesPerS)
  progress.step(`cold-scan, ${target.name}: ${scan.megabytesPerS} MB/s, p99 ${beside.p99Us} us`)
  await dropCache(cold.directory)
  const [catMegabytesPerS, besideCat] = await Promise.all([catFiles(cold), tail(target, tailS)])
  addLatencies(facts, 'cold-scan: hot beside cat', target.name, besideCat)
  // Of the files of this broker, beside the same load on it.
  if (target.name === 'Ottla') facts.add('cold-scan: scan', 'MB/s', 'cat', catMegabytesPerS)
  progress.step(`cold-scan, cat: ${Math.round(catMegabytesPerS)} MB/s, p99 ${besideCat.p99Us} us`)
}

/** On a topic of its own: a consumer begins at the start of it. */
async function tail(target: BrokerTarget, measureS: number): Promise<Sample> {
  const at = await target.begin(HOT)
  const sample = await takeSample(at, HOT, { warmUpS: 0, measureS })
  await target.end(at)
  return sample
}

function addLatencies(facts: Facts, name: string, target: TargetName, sample: Sample): void {
  facts.add(name, 'p50 us', target, sample.p50Us)
  facts.add(name, 'p99 us', target, sample.p99Us)
  facts.add(name, 'p99.9 us', target, sample.p999Us)
  facts.add(`${name}, to the producer`, 'p99 us', target, sample.ackP99Us ?? 0)
  facts.add(`${name}, taken by the host`, 'cores', target, sample.stolenCores ?? 0)
}

async function catFiles(at: Endpoint): Promise<number> {
  const names = readdirSync(at.directory, { recursive: true, encoding: 'utf8' })
  const paths = names
    .filter(name => name.includes(`${at.topic}-`) && name.endsWith('.log'))
    .map(name => join(at.directory, name))
  const sizeBytes = paths.reduce((sum, path) => sum + statSync(path).size, 0)
  const startMs = performance.now()
  const child = spawn('cat', paths, { stdio: ['ignore', 'ignore', 'inherit'] })
  await once(child, 'exit')
  return sizeBytes / 1e6 / ((performance.now() - startMs) / 1000)
}
