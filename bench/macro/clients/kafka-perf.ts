import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { classPath } from '../broker-process.ts'
import type { Client } from './client.ts'

/** Kafka's own scripts set it so. */
const JVM_OPTIONS = ['-Xmx512M', '-cp', classPath()]
const PRODUCER_SETTINGS = ['acks=all', 'enable.idempotence=true', 'linger.ms=5', 'compression.type=lz4']
/** Of a row of the consumer's table: fetch.nMsg.sec, which leaves out the time to join. */
const FETCHED_PER_S_COLUMN = 9

/** Apache Kafka's own programs, with Kafka's own client. */
export const kafkaProducerPerf: Client = {
  name: 'kafka-producer-perf-test, idempotent, linger.ms=5, lz4',
  needsKafka: true,
  async run({ bootstrap, topic, records, payloadFile, payloadDelimiter }) {
    const output = await perf('ProducerPerformance', [
      ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(records)],
      ...['--throughput', '-1', '--payload-file', payloadFile, '--payload-delimiter', payloadDelimiter],
      ...['--command-property', ...PRODUCER_SETTINGS],
    ])
    const last = output.trim().split('\n').at(-1) ?? ''
    const recordsPerS = numberBefore(last, / records\/sec/)
    return { recordsPerS, p99Ms: numberBefore(last, / ms 99th/) }
  },
}

export const kafkaConsumerPerf: Client = {
  name: 'kafka-consumer-perf-test',
  needsKafka: true,
  async run({ bootstrap, topic, records }) {
    const output = await perf('ConsumerPerformance', [
      ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(records)],
      '--hide-header',
    ])
    const row = output.trim().split('\n').at(-1)?.split(',') ?? []
    return { recordsPerS: Number(row[FETCHED_PER_S_COLUMN]), p99Ms: null }
  },
}

async function perf(program: string, options: readonly string[]): Promise<string> {
  const all = [...JVM_OPTIONS, `org.apache.kafka.tools.${program}`, ...options]
  const { stdout } = await promisify(execFile)('java', all, { timeout: 300_000 })
  return stdout
}

function numberBefore(text: string, unit: RegExp): number {
  const match = new RegExp(`([\\d.]+)${unit.source}`).exec(text)
  if (match === null) throw new Error(`no figure in: ${text}`)
  return Number(match[1])
}
