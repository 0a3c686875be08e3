import { afterEach, expect, test, vi } from 'vitest'
import { SeededRandom } from '../platform/seeded-random.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { FetchResponse, PartitionData } from '../protocol/generated/fetch.ts'
import { Partition } from '../replication/partition.ts'
import {
  type Bounds,
  bytesWithin,
  endOffsetOf,
  firstBatchBytes,
  type Place,
  SessionReader,
  type Topic,
} from './session-reader.test-support.ts'
import {
  CREATE_PARTITIONS,
  DELETE_RECORDS,
  DELETE_TOPICS,
  LIST_OFFSETS,
} from './simulated-apis.test-support.ts'
import {
  batchOf,
  PRODUCE,
  produced,
  produceOf,
  type Reply,
  SimulatedBroker,
} from './simulated-broker.test-support.ts'
import type { SimulatedClient } from './simulated-client.test-support.ts'

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]
const STEPS = 400
const VERSIONS = [12, 13, 12, 18]
const NAMES = ['a', 'b', 'short-lived']
const PARTITIONS = 4
const PARTITIONS_MAX = 8
const RETENTION_CHECK_MS = 1_000
/** Over in the first part of a step of time, while retention is due in the second. */
const WAIT_MS = 5_100
const PARTS_OF_TIME_MS = [100, RETENTION_CHECK_MS - 100]
const BATCH_BYTES = batchOf(['v']).length
const DRAIN_ROUNDS_MAX = 200
const EARLIEST = -2
/** An unknown partition ends no wait. */
const UNKNOWN: readonly number[] = [
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
]

interface Waiting {
  readonly reply: Reply<FetchResponse>
  readonly minBytes: number
  /** That were unknown when the request came: it does not hear of their creation. */
  readonly unknown: ReadonlySet<Place>
  leftMs: number
}

afterEach(() => {
  vi.restoreAllMocks()
})

/**
 * Readers with sessions beside whatever changes partitions. The judge looks at everything, without a session: what a
 * session leaves out of an answer must be what its reader knows, and one that waits must have nothing to wait for.
 */
class History {
  readonly #world: SimulatedBroker
  readonly #random: SeededRandom
  readonly #client: SimulatedClient
  readonly #topics = new Map<string, Topic & { partitions: number }>()
  readonly #readers: readonly SessionReader[]
  readonly #waiting = new Map<SessionReader, Waiting>()

  constructor(world: SimulatedBroker, seed: number) {
    this.#world = world
    this.#random = new SeededRandom(seed)
    this.#client = world.connect()
    this.#readers = VERSIONS.map(version => new SessionReader(world, version))
  }

  async run(): Promise<void> {
    for (const name of NAMES) await this.#createTopic(name)
    for (let step = 0; step < STEPS; step += 1) {
      await this.#step()
      await this.#judgeWaits()
    }
    while (this.#waiting.size > 0) await this.#pass()
    for (const reader of this.#readers) await this.#drain(reader)
  }

  async endSessions(): Promise<void> {
    for (const reader of this.#readers) await reader.end()
  }

  async #judgeWaits(): Promise<void> {
    for (const [reader, waiting] of [...this.#waiting]) await this.#judgeWait(reader, waiting)
  }

  #step(): Promise<void> {
    const draw = this.#random.below(100)
    if (draw < 35) return this.#produce()
    if (draw < 80) return this.#readerStep(this.#any(this.#readers))
    if (draw < 86) return this.#deleteRecords()
    if (draw < 92) return this.#pass()
    if (draw < 96) return this.#createOrDeleteTopic()
    return this.#addPartition()
  }

  async #readerStep(reader: SessionReader): Promise<void> {
    const waiting = this.#waiting.get(reader)
    if (waiting === undefined) return this.#fetch(reader)
    if (reader.sessionId === 0 || this.#random.below(3) > 0) return
    // The client lost its connection and comes again: whatever waits is overtaken.
    const { sessionId } = reader
    reader.reconnect()
    this.#waiting.delete(reader)
    await this.#fetch(reader)
    const isEnded = reader.sessionId !== sessionId
    const errorCode = isEnded ? ErrorCode.NONE : ErrorCode.INVALID_FETCH_SESSION_EPOCH
    expect(waiting.reply.value.errorCode).toBe(errorCode)
  }

  async #fetch(reader: SessionReader): Promise<void> {
    if (this.#random.below(20) === 0 && reader.sessionId > 0) await reader.end()
    if (this.#random.below(3) === 0 || reader.places.size === 0) this.#subscribe(reader)
    if (this.#random.below(10) === 0 && reader.places.size > 1)
      reader.forget(this.#any([...reader.places.values()]))
    if (this.#random.below(2) === 0) return this.#fetchNow(reader, this.#random.below(4 * BATCH_BYTES))
    const minBytes = 1 + this.#random.below(4 * BATCH_BYTES)
    const before = await reader.lookAtAll()
    const unknown = new Set([...before].filter(([, data]) => isUnknown(data)).map(([place]) => place))
    const reply = reader.send({ maxWaitMs: WAIT_MS, minBytes })
    await this.#world.quiet()
    if (reply.isAnswered) await this.#judge(reader, reply.value, { minBytes })
    else this.#waiting.set(reader, { reply, minBytes, unknown, leftMs: WAIT_MS })
  }

  async #fetchNow(reader: SessionReader, maxBytes: number): Promise<void> {
    const reply = reader.send({ maxBytes })
    await this.#world.quiet()
    await this.#judge(reader, reply.value, { maxBytes })
  }

  #subscribe(reader: SessionReader): void {
    const topic = this.#any([...this.#topics.values()])
    // One more than there are: it may come into being later.
    const partition = this.#random.below(topic.partitions + 1)
    reader.add(topic, partition, this.#random.below(4), this.#anyPartitionMaxBytes())
  }

  /** Against what is there now: right after the answer, so that nothing has changed since. */
  async #judge(
    reader: SessionReader,
    answer: FetchResponse,
    { maxBytes = 1_000_000 }: Bounds,
    unknown: ReadonlySet<Place> = new Set(),
  ): Promise<void> {
    const known = new Map([...reader.places.values()].map(place => [place, place.known]))
    const told = reader.take(answer)
    const all = await reader.lookAtAll()
    const sizeBytes = [...told.values()].reduce((sum, { records }) => sum + records!.length, 0)
    for (const [place, there] of all) {
      const data = told.get(place)
      // What the log has to say of the offset is told when there is room again.
      const isOut = there.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE
      if (isOut && sizeBytes >= maxBytes && sizeBytes > 0 && data?.errorCode !== there.errorCode) continue
      if (data === undefined) judgeUntold(there, known.get(place))
      else judgeTold(data, there, unknown.has(place))
      if (data !== undefined && (data.errorCode !== ErrorCode.NONE || data.records!.length > 0)) continue
      const batchBytes = firstBatchBytes(there.records!)
      if (batchBytes === 0) continue
      expect(sizeBytes, 'the first batch is given whole').toBeGreaterThan(0)
      const roomBytes = Math.min(place.partitionMaxBytes, maxBytes - sizeBytes)
      expect(batchBytes, 'there was no room').toBeGreaterThan(roomBytes)
    }
    await this.#follow(reader, told)
  }

  /** A reader that waits was answered when, and only when, looking at everything would have found enough. */
  async #judgeWait(reader: SessionReader, { reply, minBytes, unknown, leftMs }: Waiting): Promise<void> {
    // What came into being meanwhile is not seen.
    const all = [...(await reader.lookAtAll())].filter(([place]) => !unknown.has(place))
    const isUrgent = all.some(([, { errorCode }]) => errorCode !== ErrorCode.NONE)
    const fitting = all.map(([place, { records }]) => bytesWithin(records!, place.partitionMaxBytes))
    const sizeBytes = fitting.reduce((sum, bytes) => sum + bytes, 0)
    // The one that is looked at first gives a batch even if it has no room.
    const whole = all.map(([, { records }], index) => (fitting[index] === 0 ? firstBatchBytes(records!) : 0))
    const isDue = isUrgent || sizeBytes >= minBytes || leftMs <= 0
    const mayBeDue = isDue || sizeBytes + Math.max(0, ...whole) >= minBytes
    if (isDue || !mayBeDue) expect(reply.isAnswered, 'the one who waits is answered').toBe(isDue)
    if (!reply.isAnswered) return
    this.#waiting.delete(reader)
    await this.#judge(reader, reply.value, { minBytes }, unknown)
  }

  /** What a client does with an answer, now and then later than it could. */
  async #follow(
    reader: SessionReader,
    told: ReadonlyMap<Place, PartitionData>,
    isLazy = true,
  ): Promise<void> {
    for (const [place, { errorCode, records }] of told) {
      if (isLazy && this.#random.below(4) === 0) continue
      const { topic, partition } = place
      const maxBytes = this.#anyPartitionMaxBytes()
      if (records!.length > 0) reader.add(topic, partition, endOffsetOf(records!), maxBytes)
      else if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
        reader.add(topic, partition, await this.#earliest(topic.name, partition), maxBytes)
      } else if (
        errorCode !== ErrorCode.NONE &&
        reader.places.size > 1 &&
        (!isLazy || this.#random.below(2) === 0)
      ) {
        reader.forget(place)
      }
    }
  }

  /** Whatever a reader was not told yet, it is told sooner or later, in answers of any size. */
  async #drain(reader: SessionReader): Promise<void> {
    if (reader.sessionId === 0) return
    for (let round = 0; round < DRAIN_ROUNDS_MAX; round += 1) {
      const bounds = { maxBytes: 1 + this.#random.below(3 * BATCH_BYTES) }
      const told = await reader.fetch(bounds)
      await this.#follow(reader, told, false)
      if (![...told.values()].some(data => data.records!.length > 0 || data.errorCode !== ErrorCode.NONE))
        break
    }
    for (const [place, { errorCode, highWatermark, logStartOffset }] of await reader.lookAtAll()) {
      if (errorCode !== ErrorCode.NONE) expect(reader.places.size).toBe(1)
      else
        expect(place).toMatchObject({ fetchOffset: highWatermark, known: { highWatermark, logStartOffset } })
    }
  }

  async #produce(): Promise<void> {
    const { name, partitions } = this.#any([...this.#topics.values()])
    const values = Array.from({ length: 1 + this.#random.below(3) }, () => 'v')
    const index = this.#random.below(partitions)
    const answer = await this.#world.call(
      this.#client,
      PRODUCE,
      9,
      produceOf(name, batchOf(values), { index }),
    )
    expect(produced(answer)[0]).toBe(ErrorCode.NONE)
  }

  async #deleteRecords(): Promise<void> {
    const { name, partitions } = this.#any([...this.#topics.values()])
    const partition = { partitionIndex: this.#random.below(partitions), offset: this.#random.below(8) }
    const topics = [{ name, partitions: [partition] }]
    await this.#world.call(this.#client, DELETE_RECORDS, 2, { topics, timeoutMs: 1_000 })
  }

  async #earliest(name: string, partitionIndex: number): Promise<number> {
    const topics = [{ name, partitions: [{ partitionIndex, timestamp: EARLIEST }] }]
    const answer = await this.#world.call(this.#client, LIST_OFFSETS, 7, { replicaId: -1, topics })
    return answer.topics[0]!.partitions[0]!.offset
  }

  async #createOrDeleteTopic(): Promise<void> {
    const name = this.#any(NAMES)
    const topic = this.#topics.get(name)
    if (topic === undefined) return this.#createTopic(name)
    if (this.#topics.size === 1) return
    this.#topics.delete(name)
    await this.#world.call(this.#client, DELETE_TOPICS, 5, { topicNames: [name], timeoutMs: 1_000 })
  }

  async #createTopic(name: string): Promise<void> {
    const configs = name === 'short-lived' ? { 'retention.ms': '1' } : {}
    const topicId = await this.#world.createTopic(name, { partitions: PARTITIONS, configs })
    this.#topics.set(name, { name, topicId, partitions: PARTITIONS })
  }

  async #addPartition(): Promise<void> {
    const topic = this.#any([...this.#topics.values()])
    if (topic.partitions === PARTITIONS_MAX) return
    topic.partitions += 1
    const topics = [{ name: topic.name, count: topic.partitions, assignments: null }]
    await this.#world.call(this.#client, CREATE_PARTITIONS, 3, {
      topics,
      timeoutMs: 1_000,
      validateOnly: false,
    })
  }

  async #pass(): Promise<void> {
    for (const partMs of PARTS_OF_TIME_MS) {
      for (const waiting of this.#waiting.values()) waiting.leftMs -= partMs
      await this.#world.pass(partMs)
      await this.#judgeWaits()
    }
  }

  #anyPartitionMaxBytes(): number {
    return this.#random.below(2) === 0 ? 1 + this.#random.below(3 * BATCH_BYTES) : 1_000_000
  }

  #any<Value>(values: readonly Value[]): Value {
    return values[this.#random.below(values.length)]!
  }
}

function isUnknown({ errorCode }: PartitionData): boolean {
  return UNKNOWN.includes(errorCode)
}

function judgeUntold(
  { errorCode, highWatermark, logStartOffset }: PartitionData,
  known: Place['known'] = null,
): void {
  expect(errorCode).toBe(ErrorCode.NONE)
  expect({ highWatermark, logStartOffset }).toEqual(known)
}

/** The same, but for records that had no room, and the name by which a session knows what is not there. */
function judgeTold(data: PartitionData, there: PartitionData, wasUnknown: boolean): void {
  if (isUnknown(data) && (isUnknown(there) || wasUnknown)) return
  const { errorCode, highWatermark, logStartOffset } = there
  expect(data).toMatchObject({ errorCode, highWatermark, logStartOffset })
  expect(there.records!.subarray(0, data.records!.length)).toEqual(data.records)
}

/** Follows who watches a partition; answers how many do. */
function followWatchers(): () => number {
  const spies = (['watch', 'unwatch'] as const).map(name => vi.spyOn(Partition.prototype, name))
  return () => {
    const calls = spies.flatMap(({ mock }, kind) =>
      mock.calls.map(([watcher], index) => ({
        watcher,
        kind,
        partition: mock.contexts[index]!,
        order: mock.invocationCallOrder[index]!,
      })),
    )
    const watchers = new Map(calls.map(({ partition }) => [partition, new Set<unknown>()]))
    for (const { watcher, kind, partition } of calls.sort((a, b) => a.order - b.order)) {
      if (kind === 0) watchers.get(partition)!.add(watcher)
      else watchers.get(partition)!.delete(watcher)
    }
    return [...watchers.values()].reduce((sum, { size }) => sum + size, 0)
  }
}

test.each(SEEDS)('FSS-1: a session tells what looking at everything would find, with seed %i', async seed => {
  const world = await SimulatedBroker.started({
    'log.retention.check.interval.ms': String(RETENTION_CHECK_MS),
    'max.incremental.fetch.session.cache.slots': String(VERSIONS.length),
  })
  const countWatchers = followWatchers()
  const history = new History(world, seed)
  await history.run()
  expect(countWatchers()).toBeGreaterThan(0)
  await history.endSessions()
  expect(countWatchers()).toBe(0)
  await world.close()
})
