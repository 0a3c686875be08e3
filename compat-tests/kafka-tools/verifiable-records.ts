import assert from 'node:assert/strict'
import type { KafkaTools } from './kafka-tools.ts'
import { withFile } from './scratch-file.ts'
import { VerifiableClient, type VerifiableEvent } from './verifiable-client.ts'

export const RECORD_COUNT = 20_000
export const STEP_MAX_MS = 60_000
const RECORDS_PER_SECOND = '4000'

/**
 * The options of a producer that sends again; by itself the tool switches retries off, and idempotence with them. Its
 * batches are small because it goes on to another partition after each: every partition gets a fair share.
 */
export function withRetries<T>(use: (config: readonly string[]) => Promise<T>): Promise<T> {
  const properties = `retries=${2 ** 31 - 1}\nenable.idempotence=true\ndelivery.timeout.ms=60000\nbatch.size=512\n`
  return withFile(properties, path => use(['--producer.config', path]))
}

/** A producer of the values 0, 1, 2 and so on. */
export function produceNumbers(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  config: readonly string[],
): VerifiableClient {
  const amount = ['--max-messages', String(RECORD_COUNT), '--throughput', RECORDS_PER_SECOND, '--acks', '-1']
  const options = ['--bootstrap-server', bootstrap, '--topic', topic, ...amount, ...config]
  return new VerifiableClient(tools, 'VerifiableProducer', options)
}

/** What was acknowledged, which must be all. */
export function assertAllAcked(producer: VerifiableClient): VerifiableEvent[] {
  assert.deepEqual(producer.of('producer_send_error'), [])
  const acked = producer.of('producer_send_success')
  assert.equal(acked.length, RECORD_COUNT)
  return acked
}

/** A record and its place. */
export function recordKey({ partition, offset, value }: VerifiableEvent): string {
  return `${partition} ${offset} ${value}`
}

export function readKeysOf(consumers: readonly VerifiableClient[]): Set<string> {
  return new Set(consumers.flatMap(consumer => consumer.of('record_data').map(recordKey)))
}
