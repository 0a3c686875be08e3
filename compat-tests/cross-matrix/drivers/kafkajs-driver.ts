import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafkajs, { type IHeaders, type Kafka, type KafkaMessage, type Message } from 'kafkajs'
import { registerCodecs } from '../../kafkajs/codecs.ts'
import type { WireRecord } from '../wire-record.ts'

/** The driver of kafkajs. Its arguments and its report are those of driver.py. */

const READ_MAX_MS = 15_000
const { CompressionTypes } = kafkajs
const COMPRESSION: ReadonlyMap<string, kafkajs.CompressionTypes> = new Map([
  ['none', CompressionTypes.None],
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
])

const bytesOf = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'))
const textOf = (bytes: Buffer | string | null | undefined) =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('base64')

/** kafkajs has the values of one name in an array. */
function headersOf(record: WireRecord): IHeaders {
  const headers: Record<string, Buffer[]> = {}
  for (const [name, value] of record.headers) {
    headers[name] = [...(headers[name] ?? []), Buffer.from(value, 'base64')]
  }
  return headers
}

function messageOf(record: WireRecord): Message {
  return { key: bytesOf(record.key), value: bytesOf(record.value), headers: headersOf(record) }
}

function recordOf({ key, value, headers = {} }: KafkaMessage): WireRecord {
  const pairs = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((one): [string, string] => [name, textOf(one)!]),
  )
  return { key: textOf(key), value: textOf(value), headers: pairs }
}

async function write(kafka: Kafka, topic: string, codec: string, records: WireRecord[]): Promise<void> {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  try {
    const compression = COMPRESSION.get(codec)!
    await producer.send({ topic, messages: records.map(messageOf), compression, acks: -1 })
  } finally {
    await producer.disconnect()
  }
}

async function endOffsetOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return Number(partition!.high)
}

async function read(kafka: Kafka, topic: string): Promise<WireRecord[]> {
  const end = await endOffsetOf(kafka, topic)
  const records: WireRecord[] = []
  if (end === 0) return records
  const consumer = kafka.consumer({ groupId: `kafkajs-${topic}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`read ${records.length} of ${end}`)), READ_MAX_MS)
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error))
      const take = async ({ message }: { message: KafkaMessage }) => {
        records.push(recordOf(message))
        if (Number(message.offset) === end - 1) resolve()
      }
      consumer.run({ eachMessage: take }).catch(reject)
    })
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
  return records
}

async function report(topic: string, work: () => Promise<void>): Promise<void> {
  const error = await work().then(
    () => null,
    (failure: unknown) => String(failure),
  )
  console.log(JSON.stringify({ topic, error }))
}

async function main([verb, bootstrap, place, ...topics]: readonly string[]): Promise<void> {
  registerCodecs()
  const logLevel = kafkajs.logLevel.NOTHING
  const retry = { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 }
  const kafka = new kafkajs.Kafka({ clientId: 'matrix', brokers: [bootstrap!], logLevel, retry })
  if (verb === 'write') {
    const lines = readFileSync(place!, 'utf8').trimEnd().split('\n')
    const records = lines.map(line => JSON.parse(line) as WireRecord)
    for (const assignment of topics) {
      const [codec, topic] = assignment.split('=') as [string, string]
      await report(topic, () => write(kafka, topic, codec, records))
    }
    return
  }
  for (const topic of topics) {
    await report(topic, async () => {
      const lines = (await read(kafka, topic)).map(record => `${JSON.stringify(record)}\n`)
      writeFileSync(join(place!, topic), lines.join(''))
    })
  }
}

await main(process.argv.slice(2))
