import { afterEach, beforeEach, expect, test } from 'vitest'
import { AssertionError } from '../base/assert.ts'
import type { Connection, RequestSlot } from '../network/connection.ts'
import { ApiKey } from '../protocol/api-key.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import * as apiVersionsCodec from '../protocol/generated/api-versions.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import { Dispatcher } from './dispatch.ts'
import { type BrokerServices, DEFERRED, defineHandler, type RequestContext } from './handler.ts'
import { API_VERSIONS } from './simulated-apis.test-support.ts'
import {
  METADATA,
  PRODUCE,
  produceOf,
  RecordedLog,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'
import type { SimulatedClient } from './simulated-client.test-support.ts'

const LINES_PER_WINDOW = 10
const WINDOW_MS = 10_000

let world: SimulatedBroker
let client: SimulatedClient

beforeEach(async () => {
  world = await SimulatedBroker.started()
  client = world.connect()
})

afterEach(() => world.close())

function headerOf(apiKey: number, apiVersion: number, correlationId = 1): Writer {
  const writer = new Writer()
  writer.int16(apiKey)
  writer.int16(apiVersion)
  writer.int32(correlationId)
  return writer
}

function frameOf(apiKey: number, apiVersion: number, body: readonly number[] = []): Uint8Array {
  const writer = headerOf(apiKey, apiVersion)
  writer.nullableString('someone', false)
  return new Uint8Array([...writer.finish(), ...body])
}

const BAD_FRAMES: readonly (readonly [string, Uint8Array, string])[] = [
  ['an unknown API', frameOf(999, 0), 'unknown API'],
  ['an API of brokers among themselves', frameOf(4, 0), 'unknown API'],
  ['a negative API', frameOf(-1, 0), 'unknown API'],
  ['a version above what is served', frameOf(ApiKey.Metadata, 99, [0]), 'unsupported version'],
  ['a negative version', frameOf(ApiKey.Metadata, -1), 'unsupported version'],
  ['a negative version of ApiVersions', frameOf(ApiKey.ApiVersions, -1), 'unsupported version'],
  ['a version that is advertised and not served', frameOf(ApiKey.Produce, 2), 'unsupported version'],
  ['an empty frame', new Uint8Array(0), 'malformed'],
  ['half a header', new Uint8Array([0, 3, 0]), 'malformed'],
  ['a body that ends too early', frameOf(ApiKey.Metadata, 1, [0, 0, 0, 2, 0, 9]), 'malformed'],
  ['a length beyond the frame', frameOf(ApiKey.Metadata, 1, [0x7f, 0xff, 0xff, 0xff]), 'malformed'],
]

test.each(BAD_FRAMES)('NET-5 %s ends the connection without an answer', async (_name, frame, text) => {
  const bystander = world.connect()
  const earlier = bystander.send(METADATA, 9, { topics: null })
  client.sendFrame(frame)
  await world.quiet()
  expect(client.isClosed).toBe(true)
  expect(client.frames).toHaveLength(0)
  expect(world.log.lines).toHaveLength(1)
  expect(world.log.lines[0]).toMatchObject({ level: 'warn', fields: { client: '10.0.0.1:50000' } })
  expect(world.log.lines[0]!.message).toContain(text)
  expect(earlier.value.topics).toEqual([])
  expect((await world.call(bystander, METADATA, 9, { topics: null })).topics).toEqual([])
  expect(bystander.isClosed).toBe(false)
})

test('NET-5 what came before a bad frame in the same wake-up is done, what comes behind it is not', async () => {
  await world.createTopic('t')
  const batch = new Uint8Array(0)
  client.sendSilently(PRODUCE, 9, produceOf('t', batch, { acks: 1 }))
  client.sendFrame(frameOf(999, 0))
  client.sendSilently(METADATA, 9, { topics: [{ name: 'auto-created' }], allowAutoTopicCreation: true })
  await world.quiet()
  expect(client.isClosed).toBe(true)
  const { topics } = await world.call(world.connect(), METADATA, 9, { topics: null })
  expect(topics.map(({ name }) => name)).toEqual(['t'])
})

test('NET-5 bytes behind the body are accepted', async () => {
  const frame = client.frameOf(METADATA, 1, { topics: [] }, 1)
  client.sendFrame(new Uint8Array([...frame, 1, 2, 3]))
  await world.quiet()
  expect(client.frames).toHaveLength(1)
  expect(client.isClosed).toBe(false)
})

test('NET-1 a size that is negative or above the limit ends the connection', async () => {
  const negative = world.connect()
  client.sendBytes(new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0, 3]))
  negative.sendBytes(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 3]))
  await world.quiet()
  expect([client.isClosed, negative.isClosed]).toEqual([true, true])
  const told = world.log.lines.filter(({ message }) => message.includes('TLS or HTTP'))
  expect(told).toHaveLength(2)
})

test('NET-3 an answer has the tags of its header from the flexible versions on', async () => {
  // The client reads headers and bodies by the version; 9 is the first flexible one.
  for (const version of [0, 1, 8, 9, 12]) {
    const answer = await world.call(client, METADATA, version, { topics: version === 0 ? [] : null })
    expect(answer.brokers).toHaveLength(1)
  }
})

test('NET-4 a client without an id is served', async () => {
  const writer = headerOf(ApiKey.Metadata, 1, 77)
  writer.nullableString(null, false)
  client.sendFrame(new Uint8Array([...writer.finish(), 0, 0, 0, 0]))
  await world.quiet()
  expect(client.frames).toHaveLength(1)
  expect(new Reader(client.frames[0]!).int32()).toBe(77)
})

test('NET-6 unknown tags of header and body are passed over', async () => {
  const header = headerOf(ApiKey.Metadata, 9, 5)
  header.nullableString('tagged', false)
  const tag = [1, 99, 2, 0xca, 0xfe]
  // No topics (null), auto-creation and the two authorisation flags off.
  client.sendFrame(new Uint8Array([...header.finish(), ...tag, 0, 0, 0, 0, ...tag]))
  await world.quiet()
  expect(client.frames).toHaveLength(1)
  expect(client.isClosed).toBe(false)
})

test('VER-1 ApiVersions above ours is answered in version 0 with 35 and the versions of key 18', async () => {
  client.sendFrame(frameOf(ApiKey.ApiVersions, 99, [0, 1, 2, 3]))
  await world.quiet()
  const reader = new Reader(client.frames[0]!)
  expect(reader.int32()).toBe(1)
  const answer = apiVersionsCodec.decodeApiVersionsResponse(reader, 0)
  expect(answer.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
  expect(answer.apiKeys).toMatchObject([{ apiKey: ApiKey.ApiVersions, minVersion: 0, maxVersion: 5 }])
  const { apiKeys } = await world.call(client, API_VERSIONS, 3, {
    clientSoftwareName: 'test',
    clientSoftwareVersion: '1',
  })
  expect(apiKeys.length).toBeGreaterThan(20)
  expect(world.log.lines).toEqual([])
})

test('strangers cannot fill the log: a few lines in each window, then only their number', async () => {
  const strangers = 3 * LINES_PER_WINDOW
  for (let index = 0; index < strangers; index += 1) world.connect().sendFrame(frameOf(999, 0))
  await world.quiet()
  expect(world.log.lines).toHaveLength(LINES_PER_WINDOW)
  await world.pass(WINDOW_MS)
  world.connect().sendFrame(frameOf(999, 0))
  await world.quiet()
  const later = world.log.lines.slice(LINES_PER_WINDOW)
  expect(later).toHaveLength(2)
  expect(later[0]!.fields).toEqual({ count: strangers - LINES_PER_WINDOW })
  await world.pass(WINDOW_MS)
  world.connect().sendFrame(frameOf(999, 0))
  await world.quiet()
  expect(world.log.lines).toHaveLength(LINES_PER_WINDOW + 3)
})

/** A dispatcher with one API, whose handler does what a test says. */
class Desk {
  readonly log = new RecordedLog()
  readonly answers: number[][] = []
  aborts = 0
  completedCount = 0
  readonly dispatcher: Dispatcher
  #context: RequestContext | null = null

  constructor(handle: () => unknown) {
    const handler = defineHandler<number, number | string>({
      codec: {
        apiKey: ApiKey.Heartbeat,
        decodeRequest: reader => reader.int32(),
        encodeResponse: (writer, body) =>
          typeof body === 'number' ? writer.int32(body) : writer.string('x'.repeat(40_000), false),
      },
      versions: [0, 3],
      operations: [],
      handle: (_request, context) => {
        this.#context = context
        return handle() as number
      },
    })
    this.dispatcher = new Dispatcher({
      handlers: [handler],
      services: {} as BrokerServices,
      clock: { wallMs: () => 0, monotonicMs: () => 0 },
      logger: this.log,
      onCompleted: () => {
        this.completedCount += 1
      },
      frames: { retainSlab() {}, releaseSlab() {} },
    })
  }

  get context(): RequestContext {
    expect(this.#context).not.toBeNull()
    return this.#context!
  }

  dispatch(frame: Uint8Array = frameOf(ApiKey.Heartbeat, 0, [0, 0, 0, 7])): void {
    const connection = {
      isOpen: true,
      remoteAddress: '10.0.0.9',
      remotePort: 4,
      abort: () => {
        this.aborts += 1
      },
    } as unknown as Connection
    const complete: RequestSlot['complete'] = answer => {
      this.answers.push([...(answer === null ? [] : answer.buffer.subarray(answer.start, answer.end))])
    }
    const origin = {
      listenerName: 'L',
      remoteAddress: '10.0.0.9',
      remotePort: 4,
      principal: 'User:ANONYMOUS',
    }
    const place = { bytes: frame, start: 0, end: frame.length, slabIndex: -1, arrivedMs: 0 }
    this.dispatcher.dispatch({ connection, complete } as RequestSlot, place, origin)
  }
}

test('every reason to end a connection has its counter', () => {
  const desk = new Desk(() => 1)
  desk.dispatch(frameOf(999, 0))
  desk.dispatch(frameOf(ApiKey.Heartbeat, 4, [0]))
  desk.dispatch(frameOf(ApiKey.Heartbeat, -1))
  desk.dispatch(frameOf(ApiKey.Heartbeat, 0, [1]))
  desk.dispatch()
  expect(desk.dispatcher.counters).toEqual({
    requests: 5,
    unknownApis: 1,
    unsupportedVersions: 2,
    malformedRequests: 1,
    failedHandlers: 0,
  })
  expect(desk.aborts).toBe(4)
  expect(desk.answers).toEqual([[0, 0, 0, 1, 0, 0, 0, 1]])
})

test('a handler that fails ends its connection, loudly, whether it fails at once or later', async () => {
  for (const fail of [() => Promise.reject(new Error('oh')), () => Promise.reject('text')]) {
    const desk = new Desk(fail)
    desk.dispatch()
    await Promise.resolve()
    await Promise.resolve()
    expect(desk.aborts).toBe(1)
    expect(desk.dispatcher.counters.failedHandlers).toBe(1)
    expect(desk.completedCount).toBe(1)
    expect(desk.log.lines[0]!.level).toBe('error')
  }
  const desk = new Desk(() => {
    throw new Error('at once')
  })
  desk.dispatch()
  expect([desk.aborts, desk.completedCount, desk.dispatcher.counters.failedHandlers]).toEqual([1, 1, 1])
  expect(desk.log.lines[0]).toMatchObject({ level: 'error', fields: { reason: 'at once' } })
})

test('an answer that cannot be encoded ends its connection and nothing else, whenever it is given', async () => {
  for (const handle of [() => 'too long', () => Promise.resolve('too long'), () => DEFERRED]) {
    const desk = new Desk(handle)
    desk.dispatch()
    if (handle() === DEFERRED) desk.context.respond('too long')
    await Promise.resolve()
    expect([desk.aborts, desk.answers.length, desk.dispatcher.counters.failedHandlers]).toEqual([1, 0, 1])
    expect(desk.log.lines[0]).toMatchObject({ level: 'error', fields: { reason: 'a string of 40000 bytes' } })
  }
})

test('a broken invariant is not an error of the request: it ends the process', () => {
  const desk = new Desk(() => {
    throw new AssertionError('impossible')
  })
  expect(() => desk.dispatch()).toThrow('impossible')
})

test('whoever sends is told of each answer, when it is given', async () => {
  const now = new Desk(() => 5)
  now.dispatch()
  expect([now.answers.length, now.completedCount]).toEqual([1, 1])
  const promised = new Desk(() => Promise.resolve(5))
  promised.dispatch()
  expect(promised.answers).toHaveLength(0)
  await Promise.resolve()
  expect([promised.answers.length, promised.completedCount]).toEqual([1, 1])
  const deferred = new Desk(() => DEFERRED)
  deferred.dispatch()
  expect(deferred.answers).toHaveLength(0)
  deferred.context.respond(6)
  expect(deferred.answers).toEqual([[0, 0, 0, 1, 0, 0, 0, 6]])
  expect(deferred.completedCount).toBe(1)
})
