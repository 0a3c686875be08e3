import { MetadataImage } from '../metadata/image/metadata-image.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import {
  decodeFetchRequest,
  encodeFetchRequest,
  type FetchableTopicResponseInit,
  type FetchRequestInit,
  type PartitionDataInit,
} from '../protocol/generated/fetch.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import type { Partition, PartitionWatcher } from '../replication/partition.ts'
import type { Look } from './fetch-answer.ts'
import { type FetchContext, FetchSessions, type FetchSessionsOptions } from './fetch-sessions.ts'

export const EVICTION_MS = 120_000
const PARTITIONS = 4
const OPTIONS = { slotsMax: 10, evictionMs: EVICTION_MS, random: new SeededRandom(1) }
export const TOPIC_IDS_VERSION = 13
export const SESSION_VERSIONS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
export const IDS = { t: 'AAAAAAAAAAAAAAAAAAAAAQ', u: 'AAAAAAAAAAAAAAAAAAAAAg' } as const
export const RECORDS = new Uint8Array(61)

/** Partitions by name, as `t-0`. */
type Places = readonly string[]

/** What a session sees of a partition. */
class Watched {
  readonly watchers = new Set<PartitionWatcher>()
  isDeleted = false

  watch(watcher: PartitionWatcher): void {
    this.watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.watchers.delete(watcher)
  }

  change(): void {
    for (const watcher of this.watchers) watcher.onPartitionChanged()
  }
}

/** A fetch that waits. */
export class Waiting implements PartitionWatcher {
  wakeUps = 0

  onPartitionChanged(): void {
    this.wakeUps += 1
  }
}

/** Sessions and the topics `t` and `u`; requests go through their bytes. */
export class World {
  readonly sessions: FetchSessions
  readonly image = new MetadataImage()
  readonly partitions = new Map<string, Watched>()
  nowMs = 0

  constructor(options: Partial<FetchSessionsOptions> = {}) {
    const get = (name: string, index: number) => this.partitions.get(`${name}-${index}`)
    const partitions = { get: get as unknown as (name: string, index: number) => Partition | undefined }
    this.sessions = new FetchSessions({ ...OPTIONS, partitions, ...options })
    this.createTopic('t', IDS.t)
    this.createTopic('u', IDS.u)
  }

  createTopic(name: string, topicId: string): void {
    const partitions = Array.from({ length: PARTITIONS }, () => ({ replicas: [1], leaderEpoch: 0 }))
    this.image.apply({ type: 'topic-created', name, topicId, partitions })
    for (let index = 0; index < PARTITIONS; index += 1) this.partitions.set(`${name}-${index}`, new Watched())
  }

  deleteTopic(name: keyof typeof IDS, topicId: string = IDS[name]): void {
    this.image.apply({ type: 'topic-deleted', topicId })
    for (let index = 0; index < PARTITIONS; index += 1) {
      const partition = this.partitions.get(`${name}-${index}`)!
      this.partitions.delete(`${name}-${index}`)
      partition.isDeleted = true
      partition.change()
    }
  }

  change(...places: Places): void {
    for (const place of places) this.partitions.get(place)!.change()
  }

  /** Of all partitions together. */
  get watcherCount(): number {
    return [...this.partitions.values()].reduce((sum, { watchers }) => sum + watchers.size, 0)
  }

  request(version: number, request: FetchRequestInit) {
    const writer = new Writer()
    encodeFetchRequest(writer, { maxWaitMs: 500, minBytes: 1, ...request }, version)
    const decoded = decodeFetchRequest(new Reader(writer.finish()), version)
    return this.sessions.begin(decoded, version, this.image, this.nowMs)
  }

  begin(
    version: number,
    sessionId: number,
    sessionEpoch: number,
    places: Places = [],
    forgotten: Places = [],
  ) {
    const session = version >= 7 ? { sessionId, sessionEpoch } : {}
    const forgottenTopicsData = forgotten.map(place => {
      const { topic, partitionIndex } = parse(place, version)
      return { ...topic, partitions: [partitionIndex] }
    })
    return this.request(version, { ...session, topics: topicsOf(version, places), forgottenTopicsData })
  }

  /** A fetch that is not refused. */
  fetch(
    version: number,
    sessionId: number,
    epoch: number,
    places: Places = [],
    forgotten: Places = [],
  ): FetchContext {
    const begun = this.begin(version, sessionId, epoch, places, forgotten)
    if (!begun.ok) throw new Error(`refused with ${begun.errorCode}`)
    return begun.fetch
  }

  errorOf(version: number, sessionId: number, epoch: number, places: Places = []): ErrorCode {
    const begun = this.begin(version, sessionId, epoch, places)
    return begun.ok ? ErrorCode.NONE : begun.errorCode
  }

  /** A session whose first answer was sent: all partitions empty, with high watermark 5. */
  open(places: Places, version = 13): number {
    const fetch = this.fetch(version, 0, 0, places)
    fetch.select(look(fetch))
    return fetch.sessionId
  }
}

function parse(place: string, version: number) {
  const [name, partitionIndex] = place.split('-') as [keyof typeof IDS, string]
  const topic = version >= TOPIC_IDS_VERSION ? { topicId: IDS[name] } : { topic: name }
  return { topic, partitionIndex: Number(partitionIndex) }
}

/** Neighbours of one topic share its entry. */
function topicsOf(version: number, places: Places): FetchRequestInit['topics'] {
  return places.map(place => {
    const { topic, partitionIndex } = parse(place, version)
    return { ...topic, partitions: [{ partition: partitionIndex, fetchOffset: 5, partitionMaxBytes: 100 }] }
  })
}

/** Looks at what needs it, and finds nothing new but for the places in `changes`. */
export function look(fetch: FetchContext, changes: Record<string, PartitionDataInit> = {}): Look[] {
  const places = placesOf(fetch)
  return fetch.targets.map((target, index) => {
    const data = {
      partitionIndex: target.partitionIndex,
      errorCode: target.topic.errorCode,
      highWatermark: 5,
      lastStableOffset: 5,
      logStartOffset: 0,
      records: new Uint8Array(0),
      ...changes[places[index]!],
    }
    const seen = { target, data, isSkipped: false }
    fetch.looked(seen)
    return seen
  })
}

/** Of those that need a look. */
export function placesOf({ targets }: FetchContext): string[] {
  return targets.map(({ topic, partitionIndex }) => `${topic.name}-${partitionIndex}`)
}

export function answered(topics: readonly FetchableTopicResponseInit[]): string[] {
  return topics.flatMap(({ topic, partitions }) => partitions!.map(data => `${topic}-${data.partitionIndex}`))
}
