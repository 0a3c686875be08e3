import { afterEach, expect, test } from 'vitest'
import { Codec } from '../native/codecs.ts'
import { ApiKey } from '../protocol/api-key.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import { API_VERSIONS, DESCRIBE_CLUSTER, FIND_COORDINATOR } from './simulated-apis.test-support.ts'
import {
  batchOf,
  FETCH,
  fetchOf,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'

const IDLE_MS = 600_000
const TAGS_MAX = 10_000

let world: SimulatedBroker

async function begin(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await SimulatedBroker.started(settings)
}

afterEach(() => world.close())

/** A Metadata of version 1 for no topics, padded behind its body to a size. */
function metadataOfSize(sizeBytes: number): Uint8Array {
  const frame = new Uint8Array(sizeBytes)
  frame.set(world.connect().frameOf(METADATA, 1, { topics: [] }, 1))
  return frame
}

/** Header of Metadata 9 without its tags; the body's topics are null, its flags off. */
function flexibleHeader(correlationId: number): number[] {
  const writer = new Writer()
  writer.int16(ApiKey.Metadata)
  writer.int16(9)
  writer.int32(correlationId)
  writer.nullableString('tagged', false)
  return [...writer.finish()]
}

/** Unsigned varint. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

test('NET-1 a request of socket.request.max.bytes is served, one of a byte more ends the connection', async () => {
  await begin({ 'socket.request.max.bytes': '1000' })
  const [fits, exceeds] = [world.connect(), world.connect()]
  fits.sendFrame(metadataOfSize(1_000))
  exceeds.sendFrame(metadataOfSize(1_001))
  await world.quiet()
  expect([fits.frames.length, fits.isClosed]).toEqual([1, false])
  expect([exceeds.frames.length, exceeds.isClosed]).toEqual([0, true])
})

test('NET-2 fifty requests of all kinds in one burst are answered in their order', async () => {
  await begin()
  await world.createTopic('t')
  const client = world.connect()
  const kinds = [
    () => client.send(PRODUCE, 9, produceOf('t', batchOf(['x']))),
    () => client.send(METADATA, 9, { topics: null }),
    () => client.send(FETCH, 11, fetchOf('t', { fetchOffset: 1_000, maxWaitMs: 0 })),
    () => client.send(FIND_COORDINATOR, 2, { key: 'g', keyType: 0 }),
    () => client.send(FETCH, 11, fetchOf('t', { fetchOffset: 0, maxWaitMs: 5, minBytes: 1_000_000 })),
  ]
  const replies = Array.from({ length: 50 }, (_, index) => kinds[index % kinds.length]!())
  await world.quiet()
  expect(replies[4]!.isAnswered).toBe(false)
  expect(replies[5]!.isAnswered).toBe(false)
  for (let turn = 0; turn < 10; turn += 1) await world.pass(5)
  // Out of order they would not decode: the client checks the correlation ids.
  expect(replies.every(({ isAnswered }) => isAnswered)).toBe(true)
  expect(client.frames.map(frame => new Reader(frame).int32())).toEqual(replies.map((_, index) => index + 1))
})

test('NET-3 the header of an answer has tags from the flexible version on, that of ApiVersions never', async () => {
  await begin()
  const client = world.connect()
  const software = { clientSoftwareName: 'a', clientSoftwareVersion: '1' }
  await world.call(client, API_VERSIONS, 4, software)
  await world.call(client, DESCRIBE_CLUSTER, 0, {})
  await world.call(client, METADATA, 8, { topics: [] })
  const [apiVersions, flexible, plain] = client.frames as [Uint8Array, Uint8Array, Uint8Array]
  // Behind the correlation id: error 0 and the number of keys; tags and throttle time; throttle time alone.
  expect([...apiVersions.subarray(4, 6)]).toEqual([0, 0])
  expect(apiVersions[6]).toBeGreaterThan(20)
  expect([...flexible.subarray(4, 12)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  expect([...plain.subarray(4, 12)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
})

test('NET-5 an array of length -2 is read as null: here, all topics', async () => {
  await begin()
  await world.createTopic('t')
  const client = world.connect()
  const frame = client.frameOf(METADATA, 1, { topics: null }, 1)
  frame.set([0xff, 0xff, 0xff, 0xfe], frame.length - 4)
  client.sendFrame(frame)
  await world.quiet()
  expect(new TextDecoder().decode(client.frames[0])).toContain('\u0001t')
})

test('NET-6 tags out of order, and the same tag twice, are passed over', async () => {
  await begin()
  const client = world.connect()
  const tags = [3, 99, 1, 0xca, 7, 1, 0xfe, 99, 0]
  client.sendFrame(new Uint8Array([...flexibleHeader(5), ...tags, 0, 0, 0, 0, 0]))
  await world.quiet()
  expect([client.frames.length, client.isClosed]).toEqual([1, false])
})

test('NET-6 ten thousand tags are read, more are refused', async () => {
  await begin()
  const tags = (count: number) => [
    ...varint(count),
    ...Array.from({ length: count }, (_, tag) => [...varint(tag), 0]).flat(),
  ]
  const [fits, exceeds] = [world.connect(), world.connect()]
  fits.sendFrame(new Uint8Array([...flexibleHeader(5), ...tags(TAGS_MAX), 0, 0, 0, 0, 0]))
  exceeds.sendFrame(new Uint8Array([...flexibleHeader(5), ...tags(TAGS_MAX + 1), 0, 0, 0, 0, 0]))
  await world.quiet()
  expect([fits.frames.length, fits.isClosed]).toEqual([1, false])
  expect([exceeds.frames.length, exceeds.isClosed]).toEqual([0, true])
})

test('NET-6 an array of more than a million elements is refused, whatever follows it', async () => {
  await begin()
  const client = world.connect()
  // Compact lengths are one more than the count.
  const start = [...flexibleHeader(5), 0, ...varint(1_000_002)]
  const frame = new Uint8Array(start.length + 2 * 1_000_001 + 4)
  frame.set(start)
  // An empty name and no tags each.
  for (let position = start.length; position < frame.length - 4; position += 2) frame[position] = 1
  client.sendFrame(frame)
  await world.quiet()
  expect([client.frames.length, client.isClosed]).toEqual([0, true])
  expect(JSON.stringify(world.log.lines[0])).toContain('1000001 elements')
})

test('NET-8 an idle connection is closed after connections.max.idle.ms, one that waits is not', async () => {
  await begin({ 'connections.max.idle.ms': `${IDLE_MS}` })
  await world.createTopic('t')
  const [idle, used, waiting] = [world.connect(), world.connect(), world.connect()]
  await world.call(idle, METADATA, 9, { topics: [] })
  const reply = waiting.send(FETCH, 11, fetchOf('t', { maxWaitMs: 3 * IDLE_MS }))
  await world.pass(IDLE_MS / 2)
  expect(idle.isClosed).toBe(false)
  await world.call(used, METADATA, 9, { topics: [] })
  await world.pass(IDLE_MS / 2 + IDLE_MS / 4)
  expect([idle.isClosed, used.isClosed, waiting.isClosed]).toEqual([true, false, false])
  await world.call(world.connect(), PRODUCE, 9, produceOf('t', batchOf(['x'])))
  expect(reply.isAnswered).toBe(true)
})

test('NET-10 each client is told the address of the listener it came in on', async () => {
  await begin({
    listeners: 'INSIDE://localhost:9092,OUTSIDE://localhost:9093,PLAIN://localhost:9094',
    'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,PLAIN:PLAINTEXT',
    'advertised.listeners': 'INSIDE://inside.example:1001,OUTSIDE://outside.example:1002',
  })
  const told = async (port: number) => {
    const client = world.connect('test', port)
    const { brokers } = await world.call(client, METADATA, 9, { topics: [] })
    const cluster = await world.call(client, DESCRIBE_CLUSTER, 0, {})
    const coordinator = await world.call(client, FIND_COORDINATOR, 1, { key: 'g', keyType: 0 })
    return [brokers[0]!, cluster.brokers[0]!, coordinator].map(one => `${one.host}:${one.port}`)
  }
  expect(await told(9092)).toEqual(Array(3).fill('inside.example:1001'))
  expect(await told(9093)).toEqual(Array(3).fill('outside.example:1002'))
  // Nothing is advertised for this one: it is where it listens.
  expect(await told(9094)).toEqual(Array(3).fill('localhost:9094'))
})

test('LIM-2 requests wait in their sockets while those before them hold the memory', async () => {
  await begin({ 'queued.max.request.bytes': '60000' })
  await world.createTopic('t', { partitions: 4 })
  world.holdChecks()
  // Large enough, when it is compressed, that a worker checks it; its bytes are held until then.
  const random = Array.from({ length: 40_000 }, (_, n) => ((n * 2_654_435_761) >>> 7).toString(36)).join('')
  const large = batchOf([random], { codec: Codec.GZIP })
  expect(large.length).toBeGreaterThan(60_000)
  const reply = world.connect().send(PRODUCE, 9, produceOf('t', large))
  const behind = world.connect().send(METADATA, 9, { topics: null })
  await world.quiet()
  expect([reply.isAnswered, behind.isAnswered]).toEqual([false, false])
  world.releaseChecks()
  await world.until(() => behind.isAnswered)
  expect(produced(reply.value)).toEqual([0, 0])
})
