import assert from 'node:assert/strict'
import { NotRun, type Suite } from '../harness/suite.ts'
import type { TestedBroker } from '../harness/tested-broker.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { withFile } from './scratch-file.ts'
import { createTopic, nameFor } from './topic-tools.ts'
import { until } from './until.ts'
import { VerifiableClient, type VerifiableEvent } from './verifiable-client.ts'

const RECORD_COUNT = 20_000
const RECORDS_PER_SECOND = '4000'
const STEP_MAX_MS = 60_000
/** What each of two consumers has read before one of them leaves. */
const SOME = 1000

export function addVerifiableCases(suite: Suite, tools: KafkaTools): void {
  suite.add(`${tools.version} two VerifiableConsumers share a topic, one leaves in the middle`, broker =>
    shareAndLeave(tools, broker.bootstrap),
  )
  suite.add(
    `${tools.version} a broker killed under a VerifiableProducer loses and doubles nothing`,
    broker => {
      if (!broker.isOurs) throw new NotRun('the broker is not ours to kill')
      return killUnderProducer(tools, broker)
    },
  )
}

async function shareAndLeave(tools: KafkaTools, bootstrap: string): Promise<void> {
  const topic = nameFor(tools, 'verifiable')
  await createTopic(tools, bootstrap, topic, 4)
  const group = ['--group-id', nameFor(tools, 'verifiers'), '--group-protocol', 'classic', '--verbose']
  const options = ['--bootstrap-server', bootstrap, '--topic', topic, ...group, '--reset-policy', 'earliest']
  const stays = new VerifiableClient(tools, 'VerifiableConsumer', options)
  const leaves = new VerifiableClient(tools, 'VerifiableConsumer', options)
  const clients = [stays, leaves]
  const both = (name: string, count: number) => clients.every(client => client.of(name).length > count)
  try {
    await until('both consumers have partitions', STEP_MAX_MS, () => both('partitions_assigned', 0))
    const producer = produce(tools, bootstrap, topic)
    clients.push(producer)
    await until('both consumers have read some', STEP_MAX_MS, () =>
      [stays, leaves].every(client => client.of('record_data').length > SOME),
    )
    await leaves.stop()
    await producer.ended()
    assertAllAcked(producer)
    const readKeys = () => new Set([stays, leaves].flatMap(client => client.of('record_data').map(keyOf)))
    await until('all records are read', STEP_MAX_MS, () => readKeys().size >= RECORD_COUNT)
    const found = readKeys()
    assert.deepEqual(
      producer.of('producer_send_success').filter(event => !found.has(keyOf(event))),
      [],
    )
    assert.equal(found.size, RECORD_COUNT)
    assert.ok(leaves.of('record_data').length < RECORD_COUNT / 2, 'it left too late to show anything')
    assert.ok(leaves.of('offsets_committed').length > 0)
  } finally {
    await Promise.all(clients.map(client => client.stop()))
  }
}

async function killUnderProducer(tools: KafkaTools, broker: TestedBroker): Promise<void> {
  const topic = nameFor(tools, 'killed')
  await createTopic(tools, broker.bootstrap, topic)
  // By itself the tool switches retries off, and idempotence with them.
  const properties = `retries=${2 ** 31 - 1}\nenable.idempotence=true\ndelivery.timeout.ms=60000\n`
  const acked = await withFile(properties, async path => {
    const producer = produce(tools, broker.bootstrap, topic, ['--producer.config', path])
    const ackedCount = () => producer.of('producer_send_success').length
    try {
      await until('some records are acknowledged', STEP_MAX_MS, () => ackedCount() > RECORD_COUNT / 5)
      await broker.killAndRestart()
      assert.ok(ackedCount() < RECORD_COUNT, 'it was killed too late to show anything')
      await producer.ended()
    } finally {
      await producer.stop()
    }
    assertAllAcked(producer)
    return producer.of('producer_send_success')
  })
  for (const { value, offset } of acked) assert.equal(offset, Number(value))
  // One more than there are: the consumer ends when nothing has come for a while.
  const wanted = ['--from-beginning', '--max-messages', String(RECORD_COUNT + 1), '--timeout-ms', '3000']
  const options = ['--bootstrap-server', broker.bootstrap, '--topic', topic, ...wanted]
  const { output } = await tools.call('ConsoleConsumer', options)
  const values = Array.from({ length: RECORD_COUNT }, (_, index) => `${index}\n`).join('')
  assert.ok(
    output === values,
    `${output.split('\n').length - 1} lines, not the ${RECORD_COUNT} values in order`,
  )
}

function produce(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  more: readonly string[] = [],
): VerifiableClient {
  const amount = ['--max-messages', String(RECORD_COUNT), '--throughput', RECORDS_PER_SECOND, '--acks', '-1']
  const options = ['--bootstrap-server', bootstrap, '--topic', topic, ...amount, ...more]
  return new VerifiableClient(tools, 'VerifiableProducer', options)
}

function assertAllAcked(producer: VerifiableClient): void {
  assert.deepEqual(producer.of('producer_send_error'), [])
  assert.equal(producer.of('producer_send_success').length, RECORD_COUNT)
}

function keyOf({ partition, offset, value }: VerifiableEvent): string {
  return `${partition} ${offset} ${value}`
}
