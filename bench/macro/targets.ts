import { ApartTarget } from './apart-target.ts'
import { BareSyncTarget } from './bare-sync-target.ts'
import { type BrokerProcess, fetchKafka, kafkaProcess, ottlaProcess } from './broker-process.ts'
import { BrokerTarget } from './broker-target.ts'
import type { Durability } from './cell.ts'
import { LimitTarget } from './limit-target.ts'
import type { Target, TargetName } from './target.ts'

const DURABILITIES: readonly Durability[] = ['os', 'group']
const KAFKA_FLUSHES = 'flush.messages=1'

/** Starts what is measured; the limit program starts anew with each sample. */
export async function startTargets(hasKafka: boolean): Promise<Target[]> {
  const targets: Target[] = []
  for (const durability of DURABILITIES) {
    const ottla = await ottlaProcess(durability)
    targets.push(await started('Ottla', durability, ottla, ''))
    targets.push(new LimitTarget(durability))
  }
  targets.push(new ApartTarget(), new BareSyncTarget())
  if (!hasKafka) return targets
  const kafka = await kafkaProcess()
  const { pid } = await kafka.start()
  for (const durability of DURABILITIES) {
    const topicConfig = durability === 'group' ? KAFKA_FLUSHES : ''
    targets.push(new BrokerTarget('Apache Kafka', durability, kafka, pid, topicConfig))
  }
  return targets
}

export function kafkaCanBeHad(): boolean {
  try {
    fetchKafka()
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`without Apache Kafka: ${reason}\n`)
    return false
  }
}

async function started(
  name: TargetName,
  durability: Durability,
  broker: BrokerProcess,
  topicConfig: string,
): Promise<Target> {
  const { pid } = await broker.start()
  return new BrokerTarget(name, durability, broker, pid, topicConfig)
}
