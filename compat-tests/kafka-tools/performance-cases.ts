import assert from 'node:assert/strict'
import type { Suite } from '../harness/suite.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { createTopic, nameFor, offsetsOf } from './topic-tools.ts'
import { until } from './until.ts'

const RECORD_COUNT = 100_000
const RECORD_SIZE_BYTES = 100
/** A producer with acks=0 has ended before the broker has read all that it sent. */
const ARRIVE_MAX_MS = 10_000
/** acks=0 comes last: a topic that is new may refuse, and nobody would hear of it. */
const ACKS = ['all', '1', '0']

export function addPerformanceCases(suite: Suite, tools: KafkaTools): void {
  const topic = nameFor(tools, 'performance')
  for (const [index, acks] of ACKS.entries()) {
    suite.add(`${tools.version} kafka-producer-perf-test, acks=${acks}`, async ({ bootstrap }) => {
      if (index === 0) await createTopic(tools, bootstrap, topic, 3)
      const size = ['--num-records', String(RECORD_COUNT), '--record-size', String(RECORD_SIZE_BYTES)]
      const properties = ['--producer-props', `bootstrap.servers=${bootstrap}`, `acks=${acks}`]
      const options = ['--topic', topic, '--throughput', '-1', ...size, ...properties]
      const text = await tools.run('ProducerPerformance', options)
      assert.match(text, new RegExp(`^${RECORD_COUNT} records sent, `, 'm'))
      const expected = RECORD_COUNT * (index + 1)
      const end = async () => sumOf(await offsetsOf(tools, bootstrap, topic, 'latest'))
      await until(`${expected} records in ${topic}`, ARRIVE_MAX_MS, async () => (await end()) >= expected)
      assert.equal(await end(), expected)
    })
  }

  suite.add(`${tools.version} kafka-consumer-perf-test`, async ({ bootstrap }) => {
    const count = RECORD_COUNT * ACKS.length
    const options = ['--bootstrap-server', bootstrap, '--topic', topic, '--hide-header']
    const text = await tools.run('ConsumerPerformance', [...options, '--messages', String(count)])
    const columns = text.trim().split('\n').at(-1)!.split(', ')
    assert.equal(columns[4], String(count))
    assert.equal(columns[2], ((count * RECORD_SIZE_BYTES) / (1024 * 1024)).toFixed(4))
  })
}

function sumOf(offsets: ReadonlyMap<number, number>): number {
  return [...offsets.values()].reduce((sum, offset) => sum + offset, 0)
}
