import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerProcess, kafkaProcess, ottlaProcess } from './broker-process.ts'
import { type Fact, Facts } from './fact.ts'
import { createTopic } from './load-generator.ts'
import { residentMiBOf } from './process-figures.ts'
import type { Progress } from './progress.ts'
import type { Scenario, Sizes } from './scenario.ts'
import type { TargetName } from './target.ts'

const PARTITIONS = 1_000
/** A broker goes on with work after it listens. */
const CALM_MS = 2_000

/** From the spawn until it listens, and resident memory a little later; each after a clean stop. */
export const starts: Scenario = {
  name: 'starts',
  stepCount: (sizes, hasKafka) => 2 * sizes.rounds * (hasKafka ? 2 : 1),
  async run(sizes: Sizes, hasKafka: boolean, progress: Progress): Promise<Fact[]> {
    const facts = new Facts('group')
    await measureStarts('Ottla', await ottlaProcess('group'), sizes.rounds, facts, progress)
    if (hasKafka) await measureStarts('Apache Kafka', await kafkaProcess(), sizes.rounds, facts, progress)
    return facts.all()
  },
}

async function measureStarts(
  name: TargetName,
  broker: BrokerProcess,
  rounds: number,
  facts: Facts,
  progress: Progress,
): Promise<void> {
  const measureOnce = async (what: string) => {
    const { startMs, residentMiB } = await startOnce(broker)
    facts.add(what, 'ms', name, startMs)
    facts.add(what, 'MiB', name, residentMiB)
    progress.step(`${what}, ${name}: ${Math.round(startMs)} ms`)
  }
  try {
    for (let round = 0; round < rounds; round += 1) await measureOnce('start')
    await addTopic(broker)
    for (let round = 0; round < rounds; round += 1) await measureOnce('start with 1,000 partitions')
  } finally {
    await broker.stop()
    broker.remove()
  }
}

async function startOnce(broker: BrokerProcess): Promise<{ startMs: number; residentMiB: number }> {
  const { pid, startMs } = await broker.start()
  await sleep(CALM_MS)
  const residentMiB = residentMiBOf(pid)
  await broker.stop()
  return { startMs, residentMiB }
}

async function addTopic(broker: BrokerProcess): Promise<void> {
  const { pid } = await broker.start()
  await createTopic({ port: broker.port, pid, topic: 'many', directory: broker.directory }, PARTITIONS, '')
  await broker.stop()
}
