import { mkdirSync, writeFileSync } from 'node:fs'
import { type BrokerProcess, kafkaProcess, ottlaProcess } from '../broker-process.ts'
import { type Fact, Facts } from '../fact.ts'
import { createTopic, deleteTopic, type Endpoint } from '../load-generator.ts'
import { logRecords } from '../log-lines.ts'
import { cpuSecondsOf } from '../process-figures.ts'
import type { Progress } from '../progress.ts'
import type { Scenario, Sizes } from '../scenario.ts'
import type { TargetName } from '../target.ts'
import type { Client } from './client.ts'
import { kafkaConsumerPerf, kafkaProducerPerf } from './kafka-perf.ts'
import { kafkajsConsumer, kafkajsProducer } from './kafkajs.ts'

const PARTITIONS = 16
const PAYLOAD_RECORDS = 1_000
const RECORD_BYTES = 1_000
const PAYLOAD_FILE = 'build/bench/batches/log-records'
/** In no line of a log. */
const PAYLOAD_DELIMITER = '~~~'
/** Each pair: what the first one writes the second one reads. */
const PAIRS: readonly (readonly [Client, Client])[] = [
  [kafkaProducerPerf, kafkaConsumerPerf],
  [kafkajsProducer, kafkajsConsumer],
]

/** Real clients, on brokers in mode os. What they do themselves is most of it: CPU time of the broker tells more. */
export const clients: Scenario = {
  name: 'clients',
  stepCount: (sizes, hasKafka) => (hasKafka ? 8 : 2) * sizes.rounds,
  async run(sizes: Sizes, hasKafka: boolean, progress: Progress): Promise<Fact[]> {
    writePayload()
    const facts = new Facts('os')
    await withBroker('Ottla', await ottlaProcess('os'), sizes, hasKafka, facts, progress)
    if (hasKafka) await withBroker('Apache Kafka', await kafkaProcess(), sizes, hasKafka, facts, progress)
    return facts.all()
  },
}

function writePayload(): void {
  mkdirSync('build/bench/batches', { recursive: true })
  const texts = logRecords(PAYLOAD_RECORDS, RECORD_BYTES).map(record => new TextDecoder().decode(record))
  writeFileSync(PAYLOAD_FILE, texts.join(PAYLOAD_DELIMITER))
}

async function withBroker(
  name: TargetName,
  broker: BrokerProcess,
  sizes: Sizes,
  hasKafka: boolean,
  facts: Facts,
  progress: Progress,
): Promise<void> {
  const pairs = PAIRS.filter(([client]) => hasKafka || !client.needsKafka)
  try {
    const { pid } = await broker.start()
    for (let round = 0; round < sizes.rounds; round += 1) {
      for (const [index, pair] of pairs.entries()) {
        const topic = `clients-${round}-${index}`
        const at = { port: broker.port, pid, topic, directory: broker.directory }
        await createTopic(at, PARTITIONS, '')
        for (const client of pair) await runClient(client, name, at, sizes.clientRecords, facts, progress)
        await deleteTopic(at)
      }
    }
  } finally {
    await broker.stop()
    broker.remove()
  }
}

async function runClient(
  client: Client,
  target: TargetName,
  at: Endpoint,
  records: number,
  facts: Facts,
  progress: Progress,
): Promise<void> {
  const cpuBeforeS = cpuSecondsOf(at.pid)
  const figures = await client.run({
    bootstrap: `localhost:${at.port}`,
    topic: at.topic,
    records,
    payloadFile: PAYLOAD_FILE,
    payloadDelimiter: PAYLOAD_DELIMITER,
  })
  const cpuUsPerRecord = ((cpuSecondsOf(at.pid) - cpuBeforeS) * 1e6) / records
  facts.add(client.name, 'records/s', target, figures.recordsPerS)
  facts.add(client.name, 'broker CPU us/record', target, cpuUsPerRecord)
  if (figures.p99Ms !== null) facts.add(client.name, 'p99 ms', target, figures.p99Ms)
  progress.step(`${client.name}, ${target}: ${Math.round(figures.recordsPerS)} records/s`)
}
