// kafkajs-program.ts produce|consume BOOTSTRAP TOPIC RECORDS: prints one line of JSON.
import { performance } from 'node:perf_hooks'
import { Kafka, logLevel } from 'kafkajs'
import { logRecords } from '../log-lines.ts'

const RECORDS_PER_REQUEST = 100
const REQUESTS_AT_A_TIME = 8
const RECORD_BYTES = 1000

async function main(): Promise<void> {
  const [role, bootstrap = '', topic = '', records = ''] = process.argv.slice(2)
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR })
  const seconds = await (role === 'produce' ? produce : consume)(kafka, topic, Number(records))
  process.stdout.write(JSON.stringify({ recordsPerS: Number(records) / seconds, p99Ms: null }))
}

async function produce(kafka: Kafka, topic: string, records: number): Promise<number> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = logRecords(RECORDS_PER_REQUEST, RECORD_BYTES).map(value => ({ value: Buffer.from(value) }))
  const startMs = performance.now()
  let left = records
  const sendOn = async () => {
    while (left > 0) {
      left -= RECORDS_PER_REQUEST
      await producer.send({ topic, messages, acks: -1 })
    }
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_A_TIME }, sendOn))
  const seconds = (performance.now() - startMs) / 1000
  await producer.disconnect()
  return seconds
}

/** From the first record on: joining the group is another matter. */
async function consume(kafka: Kafka, topic: string, records: number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let startMs = 0
  let seen = 0
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: readonly unknown[] } }) => {
      if (seen === 0) startMs = performance.now()
      seen += batch.messages.length
      if (seen >= records) resolve()
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  const seconds = (performance.now() - startMs) / 1000
  await consumer.disconnect()
  return seconds
}

await main()
