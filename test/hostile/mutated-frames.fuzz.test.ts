import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { HANDLERS } from '../../src/broker/handlers.ts'
import { type EmbeddedBroker, startBroker } from '../../src/index.ts'
import { ApiKey } from '../../src/protocol/api-key.ts'
import { type Body, InterpretedEncoder } from '../../src/protocol/interpreter.test-support.ts'
import { randomBody, seeded } from '../../src/protocol/random-body.test-support.ts'
import { encodeRequestHeader } from '../../src/protocol/request-header.ts'
import type { Message } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { allMessages } from '../../tools/protocol-generator/all-messages.test-support.ts'

/** HOSTILE_FRAMES=1000000 for the long run; HOSTILE_SEED to see one again. */
const FRAME_COUNT = Number(process.env.HOSTILE_FRAMES ?? 6000)
const SEED = Number(process.env.HOSTILE_SEED ?? 20261125)
const FRAMES_PER_CONNECTION = 20
/** What the process may hold beyond what it held before: broker, clients, and what the collector has left. */
const MEMORY_GROWTH_MAX_BYTES = 256 * 1024 * 1024
const ANSWER_MAX_MS = 5000
/** Changed at random, they ask for a hundred thousand partitions, which is their right. */
const CREATING: ReadonlySet<number> = new Set([ApiKey.CreateTopics, ApiKey.CreatePartitions])

const random = seeded(SEED)
const below = (bound: number): number => Math.floor(random() * bound)

function requestsByApi(messages: readonly { readonly message: Message }[]): Map<number, Message> {
  const byName = new Map(messages.map(({ message }) => [message.name, message]))
  return new Map(Object.entries(ApiKey).map(([name, apiKey]) => [apiKey, byName.get(`${name}Request`)!]))
}

/** Nothing in it makes the broker wait, or create many partitions. */
function tamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tamed)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const entries = Object.entries(value).map(([name, field]) => {
    const isSmall = /^(maxWaitMs|timeoutMs|rebalanceTimeoutMs|numPartitions|count)$/.test(name)
    return [name, isSmall ? 1 : tamed(field)]
  })
  return Object.fromEntries(entries)
}

function hostileFrame(requests: ReadonlyMap<number, Message>): Uint8Array {
  const { apiKey, versions } = HANDLERS[below(HANDLERS.length)]!
  const apiVersion = versions[0] + below(versions[1] - versions[0] + 1)
  const message = requests.get(apiKey)!
  const body = tamed(randomBody(message, apiVersion, random)) as Body
  const writer = new Writer()
  encodeRequestHeader(writer, { apiKey, apiVersion, correlationId: below(1000), clientId: 'hostile' })
  const frame = Uint8Array.from([
    ...writer.finish(),
    ...new InterpretedEncoder(message, apiVersion).encode(body),
  ])
  if (!CREATING.has(apiKey)) {
    for (let count = below(4); count > 0; count -= 1) frame[8 + below(frame.length - 8)] = below(256)
  }
  return below(5) === 0 ? frame.subarray(0, below(frame.length)) : frame
}

function open(broker: EmbeddedBroker): Socket {
  const socket = connect({ port: Number(broker.bootstrapServers.split(':')[1]), host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.resume()
  return socket
}

function send(socket: Socket, frame: Uint8Array): void {
  const bytes = Buffer.alloc(4 + frame.length)
  bytes.writeInt32BE(frame.length)
  bytes.set(frame, 4)
  socket.write(bytes)
}

/** A connection that did no harm is answered, whatever the others do. */
async function isServed(canary: Socket): Promise<boolean> {
  const answered = once(canary, 'data').then(() => true)
  const late = new Promise<boolean>(resolve => {
    setTimeout(() => resolve(false), ANSWER_MAX_MS).unref()
  })
  const writer = new Writer()
  encodeRequestHeader(writer, {
    apiKey: ApiKey.ApiVersions,
    apiVersion: 0,
    correlationId: 1,
    clientId: 'canary',
  })
  send(canary, writer.finish())
  return Promise.race([answered, late])
}

test(`S1: mutated frames of every API end their connection or are answered, seed ${SEED}`, async () => {
  const requests = requestsByApi(await allMessages())
  await using broker = await startBroker({ topics: [{ name: 'orders', partitions: 2 }] })
  const canary = open(broker)
  await once(canary, 'connect')
  const before = process.memoryUsage().rss
  for (let sent = 0; sent < FRAME_COUNT; sent += FRAMES_PER_CONNECTION) {
    const socket = open(broker)
    await once(socket, 'connect')
    for (let frame = 0; frame < FRAMES_PER_CONNECTION; frame += 1) send(socket, hostileFrame(requests))
    if (sent % 1000 === 0) expect(await isServed(canary)).toBe(true)
    socket.end()
    setTimeout(() => socket.destroy(), 500).unref()
  }
  expect(await isServed(canary)).toBe(true)
  canary.destroy()
  expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY_GROWTH_MAX_BYTES)
}, 600_000)
