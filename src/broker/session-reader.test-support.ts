import { expect } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import type { FetchRequestInit, FetchResponse, PartitionData } from '../protocol/generated/fetch.ts'
import { RecordBatch } from '../protocol/record-batch.ts'
import { batchesOf } from '../protocol/records/batches-of.ts'
import { ZERO_UUID } from '../protocol/uuid.ts'
import { FETCH, type Reply, type SimulatedBroker } from './simulated-broker.test-support.ts'
import type { SimulatedClient } from './simulated-client.test-support.ts'

/** Topics have ids from here on. */
const TOPIC_IDS_VERSION = 13
const NO_SESSION_EPOCH = -1

export interface Topic {
  readonly name: string
  readonly topicId: string
}

/** A partition that a reader has in its session, and what it was told of it. */
export interface Place {
  readonly topic: Topic
  readonly partition: number
  fetchOffset: number
  partitionMaxBytes: number
  /** Null until it is told. */
  known: { readonly highWatermark: number; readonly logStartOffset: number } | null
}

export interface Bounds {
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
}

const UNBOUNDED = 1_000_000

/** The client of one fetch session: it names what changed on its side, and remembers what it was told. */
export class SessionReader {
  readonly places = new Map<string, Place>()
  readonly #world: SimulatedBroker
  readonly #version: number
  #client: SimulatedClient
  /** Goes without the session. */
  readonly #beside: SimulatedClient
  #sessionId = 0
  #epoch = 0
  /** What the next request names, and what it forgets. */
  readonly #named = new Set<Place>()
  #forgotten: Place[] = []

  constructor(world: SimulatedBroker, version: number) {
    this.#world = world
    this.#version = version
    this.#client = world.connect()
    this.#beside = world.connect()
  }

  get sessionId(): number {
    return this.#sessionId
  }

  keyOf(topic: Topic, partition: number): string {
    return `${this.#version >= TOPIC_IDS_VERSION ? topic.topicId : topic.name} ${partition}`
  }

  /** From the next request on; a place that is there goes on from another offset. */
  add(topic: Topic, partition: number, fetchOffset = 0, partitionMaxBytes = UNBOUNDED): Place {
    const key = this.keyOf(topic, partition)
    const isIt = (other: Place) => this.keyOf(other.topic, other.partition) === key
    const known = this.places.get(key) ?? this.#forgotten.find(isIt)
    const place = known ?? { topic, partition, fetchOffset, partitionMaxBytes, known: null }
    place.fetchOffset = fetchOffset
    place.partitionMaxBytes = partitionMaxBytes
    this.places.set(key, place)
    this.#forgotten = this.#forgotten.filter(other => other !== place)
    this.#named.add(place)
    return place
  }

  forget(place: Place): void {
    this.places.delete(this.keyOf(place.topic, place.partition))
    this.#named.delete(place)
    this.#forgotten.push(place)
  }

  /** As when the connection broke: what was asked there may still wait. */
  reconnect(): void {
    this.#client = this.#world.connect()
  }

  send(bounds: Bounds = {}): Reply<FetchResponse> {
    const isFirst = this.#epoch === 0
    const named = isFirst ? this.places.values() : this.#named
    const request = {
      ...this.#request([...named], bounds),
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      forgottenTopicsData: isFirst ? [] : this.#forgotten.map(place => this.#forgottenTopic(place)),
    }
    this.#epoch += 1
    this.#named.clear()
    this.#forgotten = []
    return this.#client.send(FETCH, this.#version, request)
  }

  /** Takes in an answer: what it tells, by place. */
  take(answer: FetchResponse): Map<Place, PartitionData> {
    expect(answer.errorCode).toBe(ErrorCode.NONE)
    this.#sessionId = answer.sessionId
    expect(this.#sessionId).toBeGreaterThan(0)
    const told = this.#byPlace(answer)
    for (const [place, { errorCode, highWatermark, logStartOffset }] of told) {
      place.known = errorCode === ErrorCode.NONE ? { highWatermark, logStartOffset } : null
    }
    return told
  }

  async fetch(bounds: Bounds = {}): Promise<Map<Place, PartitionData>> {
    const reply = this.send(bounds)
    await this.#world.quiet()
    return this.take(reply.value)
  }

  /** The same partitions without a session: what is there, all of it. */
  async lookAtAll(places: Iterable<Place> = this.places.values()): Promise<Map<Place, PartitionData>> {
    const session = { sessionId: 0, sessionEpoch: NO_SESSION_EPOCH }
    const unbounded = [...places].map(place => ({ ...place, partitionMaxBytes: UNBOUNDED }))
    const request = { ...this.#request(unbounded, {}), ...session }
    return this.#byPlace(await this.#world.call(this.#beside, FETCH, this.#version, request))
  }

  /** Ends the session. */
  async end(): Promise<void> {
    const session = { sessionId: this.#sessionId, sessionEpoch: NO_SESSION_EPOCH }
    await this.#world.call(this.#beside, FETCH, this.#version, {
      ...this.#request([], {}),
      ...session,
    })
    this.#sessionId = 0
    this.#epoch = 0
    for (const place of this.places.values()) place.known = null
  }

  #request(places: readonly Place[], bounds: Bounds): FetchRequestInit {
    const { maxWaitMs = 0, minBytes = 1, maxBytes = UNBOUNDED } = bounds
    const topics = places.map(({ topic, partition, fetchOffset, partitionMaxBytes }) => ({
      ...this.#nameOf(topic),
      partitions: [{ partition, fetchOffset, partitionMaxBytes }],
    }))
    return { maxWaitMs, minBytes, maxBytes, topics }
  }

  #forgottenTopic({ topic, partition }: Place) {
    return { ...this.#nameOf(topic), partitions: [partition] }
  }

  #nameOf({ name, topicId }: Topic) {
    return this.#version >= TOPIC_IDS_VERSION ? { topicId } : { topic: name }
  }

  #byPlace({ responses }: FetchResponse): Map<Place, PartitionData> {
    const found = new Map<Place, PartitionData>()
    for (const { topic, topicId, partitions } of responses) {
      const name = topicId === ZERO_UUID ? topic : topicId
      for (const data of partitions) {
        const place = this.places.get(`${name} ${data.partitionIndex}`)
        expect(place, `${name} ${data.partitionIndex} is asked for`).toBeDefined()
        found.set(place!, data)
      }
    }
    return found
  }
}

/** Of the first batch; 0 for none. */
export function firstBatchBytes(records: Uint8Array): number {
  for (const batch of batchesOf(records)) return batch.length
  return 0
}

/** Of the whole batches that have room in `maxBytes`. */
export function bytesWithin(records: Uint8Array, maxBytes: number): number {
  let sizeBytes = 0
  for (const batch of batchesOf(records)) {
    if (sizeBytes + batch.length > maxBytes) break
    sizeBytes += batch.length
  }
  return sizeBytes
}

/** Behind the last record. */
export function endOffsetOf(records: Uint8Array): number {
  let endOffset = 0
  for (const batch of batchesOf(records)) {
    const view = new DataView(batch.buffer, batch.byteOffset)
    endOffset =
      Number(view.getBigInt64(RecordBatch.BASE_OFFSET)) + view.getInt32(RecordBatch.LAST_OFFSET_DELTA) + 1
  }
  return endOffset
}
