import assert from 'node:assert/strict'
import kafkajs, { type Consumer, type Kafka, type KafkaMessage, type Message } from 'kafkajs'
import { NotRun, Suite } from '../harness/suite.ts'
import { registerCodecs } from './codecs.ts'

const { CompressionTypes, logLevel, ConfigResourceTypes } = kafkajs
const CODECS = ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const
const MESSAGE_COUNT = 2000

function connect(bootstrap: string): Kafka {
  return new kafkajs.Kafka({
    clientId: 'compat',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
  })
}

function messagesOf(name: string, count = MESSAGE_COUNT): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `${name}-${index % 7}`,
    value: `${name} value ${index} ${'x'.repeat(index % 90)}`,
    headers: { number: String(index) },
  }))
}

async function produce(
  kafka: Kafka,
  topic: string,
  messages: Message[],
  compression = CompressionTypes.None,
) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 5 })
  await producer.connect()
  const parts = Array.from({ length: 10 }, (_, part) =>
    messages.filter((_message, index) => index % 10 === part),
  )
  for (const part of parts) await producer.send({ topic, messages: part, compression, acks: -1 })
  await producer.disconnect()
}

/** Reads until `count` messages came. */
async function consume(kafka: Kafka, topic: string, groupId: string, count: number): Promise<KafkaMessage[]> {
  const consumer = kafka.consumer({ groupId })
  const messages: KafkaMessage[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({ eachMessage: async ({ message }) => void (messages.push(message) === count && resolve()) })
      .catch(reject)
  })
  await consumer.disconnect()
  return messages
}

async function withAdmin<T>(
  kafka: Kafka,
  work: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

registerCodecs()
const suite = new Suite('kafkajs')

for (const codec of CODECS) {
  suite.add(`codec ${codec}: keys, values and headers come back as they were`, async ({ bootstrap }) => {
    const kafka = connect(bootstrap)
    const topic = `codec-${codec}`
    const sent = messagesOf(codec)
    await withAdmin(kafka, admin => admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }))
    await produce(kafka, topic, sent, CompressionTypes[codec])
    const read = await consume(kafka, topic, `group-${codec}`, sent.length)
    const line = ({ key, value, headers }: Message | KafkaMessage) =>
      [key, value, headers?.number].map(String).join(' ')
    const [expected, found] = [sent.map(line), read.map(line)]
    assert.deepEqual(found.toSorted(), expected.toSorted())
  })
}

suite.add('admin: topics, partitions, configs, offsets, groups', async ({ bootstrap }) => {
  const kafka = connect(bootstrap)
  await withAdmin(kafka, async admin => {
    const configEntries = [{ name: 'retention.ms', value: '60000' }]
    assert.equal(
      await admin.createTopics({ topics: [{ topic: 'admin', numPartitions: 2, configEntries }] }),
      true,
    )
    assert.equal(await admin.createTopics({ topics: [{ topic: 'admin' }] }), false)
    await admin.createPartitions({ topicPartitions: [{ topic: 'admin', count: 4 }] })
    const { topics } = await admin.fetchTopicMetadata({ topics: ['admin'] })
    assert.equal(topics[0]?.partitions.length, 4)
    const resource = { type: ConfigResourceTypes.TOPIC, name: 'admin' }
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '70000' }] }],
    })
    const described = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] })
    const retention = described.resources[0]?.configEntries.find(
      ({ configName }) => configName === 'retention.ms',
    )
    assert.equal(retention?.configValue, '70000')
    await produce(kafka, 'admin', messagesOf('admin', 100))
    await consume(kafka, 'admin', 'admin-group', 100)
    const offsets = await admin.fetchOffsets({ groupId: 'admin-group', topics: ['admin'] })
    assert.equal(
      offsets[0]?.partitions.reduce((sum, { offset }) => sum + Number(offset), 0),
      100,
    )
    await admin.resetOffsets({ groupId: 'admin-group', topic: 'admin', earliest: true })
    assert.ok((await admin.listGroups()).groups.some(({ groupId }) => groupId === 'admin-group'))
    await admin.deleteTopicRecords({ topic: 'admin', partitions: [{ partition: 0, offset: '-1' }] })
    const [low] = (await admin.fetchTopicOffsets('admin')).filter(({ partition }) => partition === 0)
    assert.equal(low?.low, low?.high)
    await admin.deleteGroups(['admin-group'])
    await admin.deleteTopics({ topics: ['admin'] })
    assert.ok(!(await admin.listTopics()).includes('admin'))
  })
})

/** One consumer of a group, and what it was assigned at each rebalance. */
class Member {
  readonly consumer: Consumer
  #assignment: readonly number[] | undefined

  constructor(kafka: Kafka) {
    this.consumer = kafka.consumer({ groupId: 'pair', sessionTimeout: 10_000, heartbeatInterval: 500 })
    this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#assignment = payload.memberAssignment.pair ?? []
    })
  }

  get partitions(): readonly number[] {
    return this.#assignment ?? []
  }

  async start(): Promise<void> {
    await this.consumer.connect()
    await this.consumer.subscribe({ topic: 'pair', fromBeginning: true })
    await this.consumer.run({ eachMessage: async () => {} })
  }
}

async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise(resolve => setTimeout(resolve, 50))
}

suite.add(
  'a group of two shares the partitions, and one takes over when the other leaves',
  async ({ bootstrap }) => {
    const kafka = connect(bootstrap)
    await withAdmin(kafka, admin => admin.createTopics({ topics: [{ topic: 'pair', numPartitions: 4 }] }))
    const [first, second] = [new Member(kafka), new Member(kafka)]
    await first.start()
    await until(() => first.partitions.length === 4)
    await second.start()
    await until(() => first.partitions.length === 2 && second.partitions.length === 2)
    assert.deepEqual([...first.partitions, ...second.partitions].toSorted(), [0, 1, 2, 3])
    await second.consumer.disconnect()
    await until(() => first.partitions.length === 4)
    await first.consumer.disconnect()
  },
)

suite.add('a large message', async ({ bootstrap }) => {
  const kafka = connect(bootstrap)
  const value = Buffer.alloc(900_000, 'large ')
  await produce(kafka, 'large', [{ value }])
  const [message] = await consume(kafka, 'large', 'large-group', 1)
  assert.ok(message?.value?.equals(value))
})

suite.add('a killed broker has every acknowledged record, and the group goes on', async broker => {
  if (!broker.isOurs) throw new NotRun('the broker is not ours to kill')
  const kafka = connect(broker.bootstrap)
  await produce(kafka, 'killed', messagesOf('before', 500))
  await consume(kafka, 'killed', 'killed-group', 500)
  await broker.killAndRestart()
  await produce(kafka, 'killed', messagesOf('after', 500))
  const rest = await consume(kafka, 'killed', 'killed-group', 500)
  assert.ok(rest.every(({ value }) => value?.toString().startsWith('after')))
  assert.equal((await consume(kafka, 'killed', 'other-group', 1000)).length, 1000)
})

await suite.run()
