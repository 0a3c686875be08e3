import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RecordedLog } from '../../src/broker/simulated-broker.test-support.ts'
import { type EmbeddedBroker, type StartBrokerOptions, startBroker } from '../../src/index.ts'

const open: EmbeddedBroker[] = []
const temporaryRoot = process.env.TMPDIR
let scratch = ''

/** Temporary directories of other processes are none of a test's business. */
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ottla-embedding-'))
  process.env.TMPDIR = scratch
})

afterEach(async () => {
  for (const broker of open.splice(0)) await broker.close()
  if (temporaryRoot === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporaryRoot
  rmSync(scratch, { recursive: true, force: true })
})

async function start(options: StartBrokerOptions = {}): Promise<EmbeddedBroker> {
  const broker = await startBroker(options)
  open.push(broker)
  return broker
}

function clientOf({ bootstrapServers }: EmbeddedBroker): Kafka {
  return new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
}

/** The message that a start is refused with; a broker that does start is closed. */
async function refusal(options: StartBrokerOptions): Promise<string> {
  const error = await start(options).then(
    () => new Error('it started'),
    (reason: Error) => reason,
  )
  expect(error.message).not.toContain('\n')
  return error.message
}

async function topicsOf(broker: EmbeddedBroker): Promise<string[]> {
  const admin = clientOf(broker).admin()
  await admin.connect()
  const topics = await admin.listTopics()
  await admin.disconnect()
  return topics.sort()
}

async function send(broker: EmbeddedBroker, topic: string, values: readonly string[]): Promise<void> {
  const producer = clientOf(broker).producer()
  await producer.connect()
  const messages = values.map(value => ({ value }))
  await producer.send({ topic, messages, compression: CompressionTypes.GZIP })
  await producer.disconnect()
}

/** The first `count` values of the topic, by a consumer of a group. */
async function consume(broker: EmbeddedBroker, topic: string, count: number): Promise<string[]> {
  const consumer = clientOf(broker).consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      values.push(String(message.value))
      if (values.length === count) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return values
}

/** Files, sockets and threads of this process, and what keeps its loop alive. */
function resources(): string[] {
  const files = readdirSync('/proc/self/fd').map(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The descriptor that listed them.
      return ''
    }
  })
  const held = files.filter(path => path.startsWith(scratch) || path.startsWith('socket:'))
  const threads = readdirSync('/proc/self/task').map(() => 'thread')
  return [...held, ...threads, ...process.getActiveResourcesInfo()]
}

/** What is there now and was not before. The runner's own timers come and go: less than before is fine. */
function leftOvers(before: readonly string[]): string[] {
  const known = [...before]
  return resources().filter(resource => {
    const at = known.indexOf(resource)
    if (at >= 0) known.splice(at, 1)
    return at < 0
  })
}

function temporaryDirs(): string[] {
  return readdirSync(scratch).filter(name => name.startsWith('ottla-'))
}

test('several brokers run in one process and know nothing of each other', async () => {
  const [one, two] = await Promise.all([
    start({ topics: [{ name: 'mine' }] }),
    start({ topics: [{ name: 'yours' }] }),
  ])
  expect(one.bootstrapServers).toMatch(/^localhost:\d+$/)
  expect(one.bootstrapServers).not.toBe(two.bootstrapServers)
  expect(one.clusterId).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect(one.clusterId).not.toBe(two.clusterId)
  expect(await topicsOf(one)).toEqual(['mine'])
  await one.close()
  expect(await topicsOf(two)).toEqual(['yours'])
})

test('topics are there with their partitions and settings when the start has resolved', async () => {
  const broker = await start({
    topics: [{ name: 'a', partitions: 3, configs: { 'retention.ms': '777' } }, { name: 'b' }],
    config: { 'num.partitions': '5' },
  })
  const admin = clientOf(broker).admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: ['a', 'b'] })
  expect(topics.map(({ name, partitions }) => [name, partitions.length]).sort()).toEqual([
    ['a', 3],
    ['b', 1],
  ])
  // ConfigResourceTypes.TOPIC
  const resources = [{ type: 2, name: 'a', configNames: ['retention.ms'] }]
  const described = await admin.describeConfigs({ includeSynonyms: false, resources })
  expect(described.resources[0]!.configEntries[0]!.configValue).toBe('777')
  await admin.createTopics({ topics: [{ topic: 'c' }] })
  const { topics: created } = await admin.fetchTopicMetadata({ topics: ['c'] })
  expect(created[0]!.partitions).toHaveLength(5)
  await admin.disconnect()
})

test('kafkajs writes with gzip and reads in a group', async () => {
  const broker = await start({ topics: [{ name: 't' }] })
  const values = Array.from({ length: 500 }, (_, index) => `value ${index}`)
  await send(broker, 't', values)
  expect(await consume(broker, 't', values.length)).toEqual(values)
})

test('a data directory is opened again with its cluster id, and topics that exist are left alone', async () => {
  const dataDir = join(scratch, 'data')
  const first = await start({ dataDir, topics: [{ name: 't', partitions: 1 }] })
  const { clusterId } = first
  await send(first, 't', ['kept'])
  await first.close()
  expect(existsSync(join(dataDir, '.kafka_cleanshutdown'))).toBe(true)
  const second = await start({ dataDir, topics: [{ name: 't', partitions: 4 }, { name: 'new' }] })
  expect(second.clusterId).toBe(clusterId)
  expect(await consume(second, 't', 1)).toEqual(['kept'])
  expect(await topicsOf(second)).toEqual(['__consumer_offsets', 'new', 't'])
})

test('close leaves no file, socket, thread, timer or directory, and may be called again', async () => {
  // Threads of the process's own pool begin with the first use.
  await (await start({ topics: [{ name: 't' }] })).close()
  const before = resources()
  const dirs = temporaryDirs()
  const one = await start({ topics: [{ name: 't' }] })
  const two = await start({ topics: [{ name: 't' }] })
  await Promise.all([send(one, 't', ['x']), send(two, 't', ['y'])])
  expect(leftOvers(before).filter(name => name.startsWith(scratch))).not.toEqual([])
  expect(leftOvers(before)).toContain('thread')
  await Promise.all([one.close(), one.close(), two[Symbol.asyncDispose]()])
  await expect.poll(() => leftOvers(before), { timeout: 5_000 }).toEqual([])
  expect(temporaryDirs()).toEqual(dirs)
  const port = Number(one.bootstrapServers.split(':')[1])
  const [refused] = (await once(connect(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException]
  expect(refused.code).toBe('ECONNREFUSED')
})

test('a bad setting is one line that names it', async () => {
  expect(await refusal({ config: { 'num.partitions': 'many' } })).toContain('num.partitions')
  expect(await refusal({ port: 99_999 })).toContain('65535')
  const two = await refusal({ config: { 'num.partitions': 'many', 'log.segment.bytes': '-1' } })
  expect(two).toContain('num.partitions')
  expect(two).toContain('log.segment.bytes')
  const exposed = await refusal({ config: { listeners: 'PLAINTEXT://0.0.0.0:0' } })
  expect(exposed).toContain('ottla.allow.unauthenticated')
})

test('an unknown setting is a warning with the nearest name', async () => {
  const logger = new RecordedLog()
  await start({ logger, config: { 'num.partitons': '3' } })
  expect(logger.lines.map(({ message }) => message)).toEqual([
    'unknown configuration key num.partitons; did you mean num.partitions?',
  ])
})

test('a setting that is not a string is one line that names it', async () => {
  const config = JSON.parse('{"num.partitions":3}') as Record<string, string>
  await expect(startBroker({ config })).rejects.toThrow(/^config num\.partitions: expected a string/)
})

test('an option that does not exist, or has no such value, is one line', async () => {
  const options = (text: string) => JSON.parse(text) as StartBrokerOptions
  expect(await refusal(options('{"datadir":"x"}'))).toContain('no option datadir; there are port, dataDir')
  expect(await refusal(options('{"logLevel":"loud"}'))).toContain('logLevel loud: expected one of debug')
})

test('a topic may be given by its name alone', async () => {
  expect(await topicsOf(await start({ topics: ['orders'] }))).toEqual(['orders'])
})

test('a topic that cannot be made is one line, and nothing is left of the broker', async () => {
  await (await start()).close()
  const before = resources()
  const dirs = temporaryDirs()
  expect(await refusal({ topics: [{ name: 'a b' }] })).toContain('topic a b could not be created')
  expect(await refusal({ topics: [{ name: 't', configs: { 'retention.ms': 'x' } }] })).toContain(
    'retention.ms',
  )
  await expect.poll(() => leftOvers(before), { timeout: 5_000 }).toEqual([])
  expect(temporaryDirs()).toEqual(dirs)
})

test('a port in use is one line that names it, and nothing is left of the broker', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const dirs = temporaryDirs()
  expect(await refusal({ port })).toBe(
    `cannot listen on localhost:${port}: the port is in use (--port takes another one)`,
  )
  expect(temporaryDirs()).toEqual(dirs)
  expect(resources().filter(name => name.startsWith(scratch))).toEqual([])
  server.close()
  await once(server, 'close')
  const broker = await start({ port })
  expect(broker.bootstrapServers).toBe(`localhost:${port}`)
})

test('a data directory in use is one line, and its holder is not disturbed', async () => {
  const dataDir = join(scratch, 'data')
  const holder = await start({ dataDir, topics: [{ name: 't' }] })
  expect(await refusal({ dataDir })).toBe(`the data directory ${dataDir} is in use by another process`)
  await send(holder, 't', ['x'])
  await holder.close()
  await start({ dataDir })
})

test('a directory of another cluster or node is refused, and left as it was', async () => {
  const dataDir = join(scratch, 'data')
  await (await start({ dataDir, topics: [{ name: 't' }] })).close()
  expect(await refusal({ dataDir, config: { 'node.id': '9' } })).toContain('another node.id than 9')
  const path = join(dataDir, 'meta.properties')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(/^cluster\.id=.*$/m, 'cluster.id=AAAAAAAAAAAAAAAAAAAAZQ'))
  expect(await refusal({ dataDir })).toContain('or another cluster')
  writeFileSync(path, text)
  expect(await topicsOf(await start({ dataDir }))).toEqual(['t'])
})

test('a data directory that cannot be made is one line', async () => {
  const file = join(scratch, 'a-file')
  writeFileSync(file, '')
  expect(await refusal({ dataDir: join(file, 'data') })).toContain('cannot use the data directory')
})
