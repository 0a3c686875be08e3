import { afterEach, describe, expect, test } from 'vitest'
import { DELETE_TOPICS, FIND_COORDINATOR } from '../../src/broker/simulated-apis.test-support.ts'
import {
  type Api,
  batchOf,
  FETCH,
  fetched,
  fetchOf,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  type Reply,
  SimulatedBroker,
} from '../../src/broker/simulated-broker.test-support.ts'
import type { SimulatedClient } from '../../src/broker/simulated-client.test-support.ts'
import { Codec } from '../../src/native/codecs.ts'
import { SeededRandom } from '../../src/platform/seeded-random.ts'
import { ApiKey } from '../../src/protocol/api-key.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'
import * as offsetCommitCodec from '../../src/protocol/generated/offset-commit.ts'
import type { ProduceResponse } from '../../src/protocol/generated/produce.ts'

const UNFLUSHED_MAX_BYTES = 100_000
const REQUEST_MEMORY_BYTES = 1_000_000
const SEGMENT = '/data/t-0/00000000000000000000.log'
const SHORT_MS = 50
const VALUE = 'v'.repeat(10_000)
/** One wake-up of the network brings so much before anybody is held back. */
const ONE_PASS_BYTES = 16 * VALUE.length
const FILLING_COUNT = 10
/** Batches of 100 kB that may wait. */
const HELD_LARGE_COUNT = 4
const MODES = ['group', 'os'] as const
const OFFSET_COMMIT: Api<offsetCommitCodec.OffsetCommitRequestInit, offsetCommitCodec.OffsetCommitResponse> =
  {
    apiKey: ApiKey.OffsetCommit,
    encode: offsetCommitCodec.encodeOffsetCommitRequest,
    decode: offsetCommitCodec.decodeOffsetCommitResponse,
  }
const TIMED_OUT = [ErrorCode.REQUEST_TIMED_OUT, -1]

let world: SimulatedBroker

afterEach(() => world.close())

async function begin(durability: 'group' | 'os'): Promise<void> {
  world = await SimulatedBroker.started({
    'ottla.durability': durability,
    'ottla.unflushed.max.bytes': `${UNFLUSHED_MAX_BYTES}`,
    'queued.max.request.bytes': `${REQUEST_MEMORY_BYTES}`,
  })
  await world.createTopic('t')
}

/** A batch that no other has: `name` comes first in its value. */
function named(name: string, sizeBytes = VALUE.length): Uint8Array {
  return batchOf([`<${name}>${'v'.repeat(sizeBytes)}`])
}

function incompressible(sizeBytes: number): string {
  const random = new SeededRandom(5)
  return Array.from({ length: sizeBytes }, () => String.fromCharCode(random.below(128))).join('')
}

/** A producer that keeps some requests under way and notes what was acknowledged. */
class Producer {
  readonly client = world.connect()
  readonly acknowledged: string[] = []
  readonly errors: number[] = []
  readonly #name: string
  readonly #inFlightMax: number
  readonly #acks: number
  #underWay: { name: string; reply: Reply<ProduceResponse> }[] = []
  #count = 0

  constructor(name: string, acks: number, inFlightMax = 5) {
    this.#name = name
    this.#acks = acks
    this.#inFlightMax = inFlightMax
  }

  get isIdle(): boolean {
    return this.#underWay.length === 0
  }

  send(): void {
    while (this.#underWay.length < this.#inFlightMax) {
      const name = `${this.#name}-${this.#count++}`
      const reply = this.client.send(PRODUCE, 9, produceOf('t', named(name), { acks: this.#acks }))
      this.#underWay.push({ name, reply })
    }
  }

  receive(): void {
    for (const { name, reply } of this.#underWay.filter(({ reply: { isAnswered } }) => isAnswered)) {
      const [errorCode] = produced(reply.value)
      if (errorCode === ErrorCode.NONE) this.acknowledged.push(name)
      else this.errors.push(errorCode)
    }
    this.#underWay = this.#underWay.filter(({ reply }) => !reply.isAnswered)
  }
}

/** Every name in the log, in order. */
async function namesInLog(): Promise<string[]> {
  const names: string[] = []
  const reader = world.connect()
  for (let fetchOffset = 0; ; ) {
    const answer = await world.call(reader, FETCH, 11, fetchOf('t', { fetchOffset, maxBytes: 100_000_000 }))
    const { records, highWatermark, errorCode } = fetched(answer)
    expect(errorCode).toBe(0)
    if (records === null || records.length === 0) return names
    const found = new TextDecoder('latin1').decode(records).match(/<[\w-]+>/g) ?? []
    names.push(...found.map(name => name.slice(1, -1)))
    fetchOffset = names.length
    if (fetchOffset >= highWatermark) return names
  }
}

/** What others ask for is answered while no time passes, and the kernel has little to write. */
async function checkOthers(bystander: SimulatedClient): Promise<void> {
  const metadata = await world.call(bystander, METADATA, 9, { topics: [{ name: 't' }] })
  expect(metadata.topics[0]!.errorCode).toBe(0)
  const { errorCode } = fetched(await world.call(bystander, FETCH, 11, fetchOf('t')))
  expect(errorCode).toBe(0)
  expect(world.disk.dirtyBytes(SEGMENT)).toBeLessThan(UNFLUSHED_MAX_BYTES + ONE_PASS_BYTES)
}

async function run(
  producers: readonly Producer[],
  durationMs: number,
  bystander: SimulatedClient,
): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += SHORT_MS) {
    for (const producer of producers) producer.send()
    await world.pass(SHORT_MS)
    for (const producer of producers) producer.receive()
    await checkOthers(bystander)
  }
}

/** Lets what is under way come to its end. */
async function finish(producers: readonly Producer[]): Promise<void> {
  for (let turn = 0; turn < 1000 && producers.some(({ isIdle }) => !isIdle); turn += 1) {
    await world.pass(SHORT_MS)
    for (const producer of producers) producer.receive()
  }
  expect(producers.flatMap(({ errors }) => errors)).toEqual([])
}

const CASES = MODES.flatMap(durability => [-1, 1].map(acks => [durability, acks] as const))

describe.each(CASES)('mode %s, acks %i', (durability, acks) => {
  test('a sync that hangs for 5 s holds up producers, nobody else, and nothing is lost', async () => {
    await begin(durability)
    const producers = [0, 1, 2].map(index => new Producer(`p${index}`, acks))
    const bystander = world.connect('bystander')
    world.disk.speed.stickNext(5000, 't-0/')
    await run(producers, 4900, bystander)
    const before = producers.flatMap(({ acknowledged }) => acknowledged).length
    await run(producers, 500, bystander)
    await finish(producers)
    const acknowledged = producers.flatMap(producer => producer.acknowledged)
    expect(before * VALUE.length).toBeLessThan(UNFLUSHED_MAX_BYTES + ONE_PASS_BYTES)
    expect(acknowledged.length).toBeGreaterThan(before + 50)
    const names = await namesInLog()
    expect([...names].sort()).toEqual([...acknowledged].sort())
    for (const { acknowledged: own } of producers) {
      expect(names.filter(name => own.includes(name))).toEqual(own)
    }
  })

  test('a disk that takes a quarter of what producers push is kept busy, and others are served', async () => {
    await begin(durability)
    const bytesPerMs = 100
    const durationMs = 10_000
    world.disk.speed.set(bytesPerMs)
    // 10 kB each in 50 ms: four times as much as the disk takes.
    const producers = Array.from({ length: 2 }, (_, index) => new Producer(`p${index}`, acks, 1))
    const bystander = world.connect('bystander')
    await run(producers, durationMs, bystander)
    const acknowledgedBytes = producers.flatMap(({ acknowledged }) => acknowledged).length * VALUE.length
    expect(acknowledgedBytes).toBeGreaterThan(0.7 * bytesPerMs * durationMs)
    expect(acknowledgedBytes).toBeLessThan(1.1 * bytesPerMs * durationMs + UNFLUSHED_MAX_BYTES)
    world.disk.speed.set(Number.POSITIVE_INFINITY)
    await finish(producers)
    expect((await namesInLog()).length).toBe(producers.flatMap(({ acknowledged }) => acknowledged).length)
  })
})

/** A batch of the one idempotent producer. */
function inSequence(baseSequence: number, sizeBytes = 0): Uint8Array {
  const value = `<sent-${baseSequence}>${'v'.repeat(sizeBytes)}`
  return batchOf([value], { producerId: 3, producerEpoch: 0, baseSequence })
}

function sendSequence(
  client: SimulatedClient,
  sequences: readonly number[],
  timeoutMs: number,
): Reply<ProduceResponse>[] {
  return sequences.map(sequence =>
    client.send(PRODUCE, 9, { ...produceOf('t', inSequence(sequence)), timeoutMs }),
  )
}

/** Sent again on a new connection, in order, all are appended, behind what is in the log. */
async function expectSequenceGoesIn(baseOffset = FILLING_COUNT): Promise<void> {
  const replies = sendSequence(world.connect(), [0, 1, 2], 30_000)
  await world.quiet()
  expect(replies.map(({ value }) => produced(value))).toEqual(
    [0, 1, 2].map(index => [ErrorCode.NONE, baseOffset + index]),
  )
}

/** The first sync of `t` hangs for so long, and the account is full. */
async function fill(durability: 'group' | 'os', hangMs: number): Promise<SimulatedClient> {
  await begin(durability)
  world.disk.speed.stickNext(hangMs, 't-0/')
  const client = world.connect()
  const replies = Array.from({ length: FILLING_COUNT }, (_, index) =>
    client.send(PRODUCE, 9, produceOf('t', named(`fill-${index}`), { acks: 1 })),
  )
  await world.quiet()
  expect(replies.map(({ isAnswered }) => isAnswered)).not.toContain(false)
  return client
}

/** And there is no room for large batches among those that wait. */
async function fillHold(durability: 'group' | 'os'): Promise<void> {
  await fill(durability, 5000)
  for (let index = 0; index < HELD_LARGE_COUNT; index += 1) {
    world.connect().send(PRODUCE, 9, produceOf('t', named(`large-${index}`, 100_000)))
  }
  await world.quiet()
}

describe.each(MODES)('mode %s, producers held back', durability => {
  test('PRO-7: a batch that waits longer than its request allows is not appended, and may be repeated', async () => {
    const client = await fill(durability, 5000)
    const reply = client.send(PRODUCE, 9, { ...produceOf('t', named('late')), timeoutMs: 1000 })
    await world.pass(900)
    expect(reply.isAnswered).toBe(false)
    await world.pass(200)
    expect(produced(reply.value)).toEqual(TIMED_OUT)
    await world.pass(5000)
    expect(await namesInLog()).not.toContain('late')
    const again = client.send(PRODUCE, 9, produceOf('t', named('late')))
    await world.quiet()
    expect(produced(again.value)).toEqual([0, 10])
  })

  test('groups commit offsets, and their topic holds nobody back', async () => {
    await fill(durability, 5000)
    const member = world.connect()
    await world.call(member, FIND_COORDINATOR, 3, { key: 'g', keyType: 0 })
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 3 }] }]
    const committed = member.send(OFFSET_COMMIT, 8, { groupId: 'g', topics })
    const admin = world.connect('__admin_client')
    const reply = admin.send(PRODUCE, 9, produceOf('__consumer_offsets', named('tool'), { index: 1 }))
    await world.quiet()
    // Refused, for want of a key, but at once.
    expect(produced(reply.value)[0]).toBe(ErrorCode.INVALID_RECORD)
    // Offsets are synced behind the group commit that hangs, but not behind what is written out.
    if (durability === 'group') await world.pass(5000)
    expect(committed.value.topics[0]!.partitions[0]!.errorCode).toBe(0)
  })

  test('large requests that wait leave memory to those of others; what exceeds their share is refused', async () => {
    await fill(durability, 5000)
    const replies = Array.from({ length: 9 }, (_, index) =>
      world.connect().send(PRODUCE, 9, produceOf('t', named(`large-${index}`, 100_000))),
    )
    await world.quiet()
    expect(replies.filter(({ isAnswered }) => isAnswered).map(({ value }) => produced(value))).toEqual(
      Array(5).fill(TIMED_OUT),
    )
    await checkOthers(world.connect())
    await world.pass(6000)
    expect(replies.filter(({ value }) => produced(value)[0] === ErrorCode.NONE)).toHaveLength(4)
  })

  test('a producer without answers is not read while its batch waits, and none of its batches is lost', async () => {
    await fill(durability, 5000)
    const client = world.connect()
    const count = 100
    for (let index = 0; index < count; index += 1) {
      client.sendSilently(PRODUCE, 9, produceOf('t', named(`silent-${index}`), { acks: 0 }))
      await world.quiet()
    }
    expect(client.isClosed).toBe(false)
    await world.pass(6000)
    await world.quiet()
    const names = await namesInLog()
    expect(names.slice(FILLING_COUNT)).toEqual(Array.from({ length: count }, (_, index) => `silent-${index}`))
    expect(client.isClosed).toBe(false)
  })

  test('without answers a producer hears of a wait that was too long by the end of its connection', async () => {
    await fill(durability, 5000)
    const client = world.connect()
    client.sendSilently(PRODUCE, 9, { ...produceOf('t', named('dropped'), { acks: 0 }), timeoutMs: 1000 })
    await world.pass(900)
    expect(client.isClosed).toBe(false)
    await world.pass(200)
    expect(client.isClosed).toBe(true)
    await world.pass(5000)
    expect(await namesInLog()).toHaveLength(FILLING_COUNT)
  })

  test('what a client sent before it went is appended, once, though it is sent again', async () => {
    await fill(durability, 5000)
    const identity = { producerId: 3, producerEpoch: 0 }
    const sent = [0, 1].map(baseSequence =>
      batchOf([`<sent-${baseSequence}>`], { ...identity, baseSequence }),
    )
    const before = world.connect()
    for (const batch of sent) before.send(PRODUCE, 9, produceOf('t', batch, { acks: 1 }))
    await world.quiet()
    before.close()
    const after = world.connect()
    const replies = sent.map(batch => after.send(PRODUCE, 9, produceOf('t', batch, { acks: 1 })))
    await world.pass(5100)
    expect(replies.map(({ value }) => produced(value))).toEqual([
      [0, FILLING_COUNT],
      [0, FILLING_COUNT + 1],
    ])
    expect((await namesInLog()).slice(FILLING_COUNT)).toEqual(['sent-0', 'sent-1'])
  })

  test('what waits for a topic that is deleted meanwhile is refused when its turn comes', async () => {
    const client = await fill(durability, 5000)
    const reply = client.send(PRODUCE, 9, produceOf('t', named('late')))
    await world.quiet()
    const topics = [{ name: 't' }]
    const deleted = await world.call(world.connect(), DELETE_TOPICS, 6, { topics, timeoutMs: 1000 })
    expect(deleted.responses[0]!.errorCode).toBe(0)
    await world.pass(100)
    expect(produced(reply.value)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
  })

  test('of an idempotent producer none overtakes a batch that waited for too long: its connection ends', async () => {
    await fill(durability, 5000)
    const client = world.connect()
    const replies = sendSequence(client, [0, 1], 1000)
    await world.pass(900)
    const later = sendSequence(client, [2], 30_000)
    await world.pass(100)
    expect(replies.map(({ isAnswered }) => isAnswered)).toEqual([true, false])
    expect(produced(replies[0]!.value)).toEqual(TIMED_OUT)
    expect([client.isClosed, later[0]!.isAnswered]).toEqual([true, false])
    await world.pass(5000)
    await expectSequenceGoesIn()
  })

  test('of an idempotent producer none overtakes a batch for which there was no room', async () => {
    await fillHold(durability)
    const client = world.connect()
    const refused = client.send(PRODUCE, 9, produceOf('t', inSequence(0, 100_000)))
    // In the same wake-up, and in one of its own; there is room for them.
    const behind = sendSequence(client, [1], 30_000)
    await world.quiet()
    behind.push(...sendSequence(client, [2], 30_000))
    await world.quiet()
    expect(produced(refused.value)).toEqual(TIMED_OUT)
    expect([client.isClosed, ...behind.map(({ isAnswered }) => isAnswered)]).toEqual([true, false, false])
    await world.pass(6000)
    await expectSequenceGoesIn(FILLING_COUNT + HELD_LARGE_COUNT)
  })

  test('a batch that overtakes within its request is refused with the one before it, others are not', async () => {
    await fillHold(durability)
    await world.createTopic('other')
    const client = world.connect()
    const ofTopic = (name: string, batches: readonly Uint8Array[]) => ({
      name,
      partitionData: batches.map(records => ({ index: 0, records })),
    })
    const topicData = [
      ofTopic('t', [inSequence(0, 100_000), inSequence(1)]),
      ofTopic('other', [batchOf(['other'])]),
    ]
    const reply = client.send(PRODUCE, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const behind = sendSequence(client, [1], 30_000)
    await world.pass(6000)
    const codes = reply.value.responses.map(({ partitionResponses }) =>
      partitionResponses.map(({ errorCode }) => errorCode),
    )
    expect(codes).toEqual([[ErrorCode.REQUEST_TIMED_OUT, ErrorCode.REQUEST_TIMED_OUT], [ErrorCode.NONE]])
    expect([behind[0]!.isAnswered, client.isClosed]).toEqual([false, true])
    await expectSequenceGoesIn(FILLING_COUNT + HELD_LARGE_COUNT)
  })

  test('a producer without an id keeps its connection when a batch is refused', async () => {
    const client = await fill(durability, 5000)
    const requests = [1000, 30_000].map(timeoutMs => ({ ...produceOf('t', named('plain')), timeoutMs }))
    const replies = requests.map(request => client.send(PRODUCE, 9, request))
    await world.pass(6000)
    expect(replies.map(({ value }) => produced(value))).toEqual([TIMED_OUT, [0, FILLING_COUNT]])
    expect(client.isClosed).toBe(false)
  })

  test('batches of an idempotent producer go in as they came, whatever their size and codec', async () => {
    const client = await fill(durability, 5000)
    const identity = { producerId: 3, producerEpoch: 0 }
    const batches = [
      batchOf(['<0>'], { ...identity, baseSequence: 0 }),
      batchOf([`<1>${incompressible(30_000)}`], { ...identity, baseSequence: 1, codec: Codec.GZIP }),
      batchOf([`<2>${'x'.repeat(70_000)}`], { ...identity, baseSequence: 2 }),
      batchOf(['<3>'], { ...identity, baseSequence: 3 }),
    ]
    const replies = batches.map(batch => client.send(PRODUCE, 9, produceOf('t', batch, { acks: 1 })))
    await world.quiet()
    expect(replies.map(({ isAnswered }) => isAnswered)).toEqual([false, false, false, false])
    await world.pass(5100)
    await world.until(() => replies.every(({ isAnswered }) => isAnswered))
    expect(replies.map(({ value }) => produced(value))).toEqual([
      [0, 10],
      [0, 11],
      [0, 12],
      [0, 13],
    ])
  })

  test('batches that are refused when their turn comes hold up none of those behind them', async () => {
    await fill(durability, 5000)
    const corrupt = named('corrupt')
    corrupt[corrupt.length - 1]! ^= 1
    const refused = Array.from({ length: 2 * FILLING_COUNT }, () =>
      world.connect().send(PRODUCE, 9, produceOf('t', corrupt)),
    )
    await world.quiet()
    const reply = world.connect().send(PRODUCE, 9, produceOf('t', named('good')))
    await world.quiet()
    expect(refused.concat(reply).filter(({ isAnswered }) => isAnswered)).toEqual([])
    await world.pass(5100)
    expect(new Set(refused.map(({ value }) => produced(value)[0]))).toEqual(
      new Set([ErrorCode.CORRUPT_MESSAGE]),
    )
    expect(produced(reply.value)).toEqual([0, FILLING_COUNT])
  })

  test('a directory that fails refuses what waits at once', async () => {
    const client = await fill(durability, 1000)
    const reply = client.send(PRODUCE, 9, produceOf('t', named('lost')))
    const call = durability === 'os' ? 'sync_file_range' : 'fdatasync'
    world.disk.failNext(call, 'EIO', 't-0/')
    await world.quiet()
    expect(reply.isAnswered).toBe(false)
    await world.pass(1000)
    expect(produced(reply.value)).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, -1])
  })

  test('batches that workers check count before they are written', async () => {
    await begin(durability)
    world.holdChecks()
    const client = world.connect()
    const compressed = () => batchOf([incompressible(40_000)], { codec: Codec.LZ4 })
    expect(compressed().length).toBeGreaterThan(16 * 1024)
    const count = Math.ceil(UNFLUSHED_MAX_BYTES / compressed().length)
    for (let index = 0; index < count; index += 1)
      client.send(PRODUCE, 9, produceOf('t', compressed(), { acks: 1 }))
    await world.quiet()
    await world.createTopic('other')
    const reply = world.connect().send(PRODUCE, 9, produceOf('other', named('small'), { acks: 1 }))
    await world.quiet()
    expect(reply.isAnswered).toBe(false)
    world.releaseChecks()
    await world.until(() => reply.isAnswered)
    expect(produced(reply.value)).toEqual([0, 0])
  })

  test('a stop does not wait for what is held back', async () => {
    const client = await fill(durability, 60_000)
    const reply = client.send(PRODUCE, 9, produceOf('t', named('lost')))
    await world.quiet()
    expect(reply.isAnswered).toBe(false)
    await world.close()
    expect(client.isClosed).toBe(true)
    await world.start()
    expect(await namesInLog()).toHaveLength(10)
  })
})
