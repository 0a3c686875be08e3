import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerProcess, ottlaProcess } from './broker-process.ts'
import { cell } from './cell.ts'
import { type Fact, Facts } from './fact.ts'
import {
  createTopic,
  type Duration,
  type Endpoint,
  residentMiBWithIdle,
  takeSample,
} from './load-generator.ts'
import { residentMiBOf } from './process-figures.ts'
import type { Progress } from './progress.ts'
import type { Scenario, Sizes } from './scenario.ts'

/** What is garbage after a start or a creation is gone by then, mostly. */
const CALM_S = 3
const KIB_PER_MIB = 1024
const FEW = 1
/** The heap grows while it is first used, whoever uses it; the difference must not hold that. */
const WARM_UP: Duration = { warmUpS: 0, measureS: 2 }
const WARM_UP_CELL = cell({ name: 'warm-up', durability: 'group', connections: 16, recordBytes: 100 })

/** Resident memory: of a broker without work, and what each connection and each partition adds. */
export const memory: Scenario = {
  name: 'memory',
  stepCount: sizes => 3 * sizes.rounds,
  async run(sizes: Sizes, _hasKafka: boolean, progress: Progress): Promise<Fact[]> {
    const facts = new Facts('group')
    for (let round = 0; round < sizes.rounds; round += 1) {
      await withBroker(broker => connectionsOf(broker, sizes.manyConnections, facts, progress))
      await withBroker(broker => partitionsOf(broker, sizes.manyPartitions, facts, progress))
    }
    return facts.all()
  },
}

async function withBroker(use: (broker: BrokerProcess) => Promise<void>): Promise<void> {
  const broker = await ottlaProcess('group')
  try {
    await use(broker)
  } finally {
    await broker.stop()
    broker.remove()
  }
}

async function connectionsOf(
  broker: BrokerProcess,
  many: number,
  facts: Facts,
  progress: Progress,
): Promise<void> {
  const at = await started(broker)
  const idleMiB = residentMiBOf(at.pid)
  facts.add('memory: idle', 'MiB', 'Ottla', idleMiB)
  progress.step(`memory: idle: ${idleMiB.toFixed(1)} MiB`)
  await createTopic(at, WARM_UP_CELL.partitions, '')
  await takeSample(at, WARM_UP_CELL, WARM_UP)
  const fewMiB = await residentMiBWithIdle(at, FEW, CALM_S)
  const manyMiB = await residentMiBWithIdle(at, many, CALM_S)
  const eachKiB = ((manyMiB - fewMiB) * KIB_PER_MIB) / (many - FEW)
  facts.add('memory: an idle connection', 'KiB', 'Ottla', eachKiB)
  progress.step(`memory: ${many} idle connections: ${eachKiB.toFixed(2)} KiB each`)
}

/** After a clean stop: what a creation needs and gives back is no part of what a partition is. */
async function partitionsOf(
  broker: BrokerProcess,
  many: number,
  facts: Facts,
  progress: Progress,
): Promise<void> {
  const few = await started(broker)
  await createTopic(few, WARM_UP_CELL.partitions, '')
  await broker.stop()
  const fewMiB = await residentMiBWarm(broker)
  await createTopic({ ...few, topic: 'many' }, many, '')
  await broker.stop()
  const manyMiB = await residentMiBWarm(broker)
  const eachKiB = ((manyMiB - fewMiB) * KIB_PER_MIB) / many
  facts.add('memory: a partition', 'KiB', 'Ottla', eachKiB)
  progress.step(`memory: ${many} partitions: ${eachKiB.toFixed(2)} KiB each`)
}

/** After a start and some work. */
async function residentMiBWarm(broker: BrokerProcess): Promise<number> {
  const at = await started(broker)
  await takeSample(at, WARM_UP_CELL, WARM_UP)
  await sleep(CALM_S * 1000)
  return residentMiBOf(at.pid)
}

async function started(broker: BrokerProcess): Promise<Endpoint> {
  const { pid } = await broker.start()
  await sleep(CALM_S * 1000)
  return { port: broker.port, pid, topic: 'few', directory: broker.directory }
}
