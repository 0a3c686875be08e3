import assert from 'node:assert/strict'
import { NotRun, type Suite } from '../harness/suite.ts'
import type { TestedBroker } from '../harness/tested-broker.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { createTopic, nameFor } from './topic-tools.ts'
import { until } from './until.ts'
import {
  assertAllAcked,
  produceNumbers,
  RECORD_COUNT,
  STEP_MAX_MS,
  withRetries,
} from './verifiable-records.ts'

export function addProducerLifeCases(suite: Suite, tools: KafkaTools): void {
  suite.add(
    `${tools.version} a broker killed under a VerifiableProducer loses and doubles nothing`,
    broker => {
      if (!broker.isOurs) throw new NotRun('the broker is not ours to kill')
      return killUnderProducer(tools, broker)
    },
  )
}

async function killUnderProducer(tools: KafkaTools, broker: TestedBroker): Promise<void> {
  const topic = nameFor(tools, 'killed')
  await createTopic(tools, broker.bootstrap, topic)
  const acked = await withRetries(async config => {
    const producer = produceNumbers(tools, broker.bootstrap, topic, config)
    const ackedCount = () => producer.of('producer_send_success').length
    try {
      for (const part of [0.2, 0.5]) {
        await until('some records are acknowledged', STEP_MAX_MS, () => ackedCount() > part * RECORD_COUNT)
        await broker.killAndRestart()
      }
      assert.ok(ackedCount() < RECORD_COUNT, 'it was killed too late to show anything')
      await producer.ended()
    } finally {
      await producer.stop()
    }
    return assertAllAcked(producer)
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
