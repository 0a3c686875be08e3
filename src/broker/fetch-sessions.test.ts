import { beforeEach, expect, test } from 'vitest'
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
import { ZERO_UUID } from '../protocol/uuid.ts'
import { Writer } from '../protocol/writer.ts'
import {
  type FetchContext,
  FetchSessions,
  type FetchSessionsOptions,
  nextSessionEpoch,
} from './fetch-sessions.ts'

const EVICTION_MS = 120_000
const OPTIONS = { slotsMax: 10, evictionMs: EVICTION_MS, random: new SeededRandom(1) }
const TOPIC_IDS_VERSION = 13
const SESSION_VERSIONS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
const IDS = { t: 'AAAAAAAAAAAAAAAAAAAAAQ', u: 'AAAAAAAAAAAAAAAAAAAAAg' } as const
const RECORDS = new Uint8Array(61)

/** Partitions by name, as `t-0`. */
type Places = readonly string[]

/** Sessions and the topics `t` and `u`; requests go through their bytes. */
class World {
  readonly sessions: FetchSessions
  readonly image = new MetadataImage()
  nowMs = 0

  constructor(options: Partial<FetchSessionsOptions> = {}) {
    this.sessions = new FetchSessions({ ...OPTIONS, ...options })
    this.createTopic('t', IDS.t)
    this.createTopic('u', IDS.u)
  }

  createTopic(name: string, topicId: string): void {
    const partitions = Array.from({ length: 4 }, () => ({ replicas: [1], leaderEpoch: 0 }))
    this.image.apply({ type: 'topic-created', name, topicId, partitions })
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
    fetch.select(results(fetch))
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

/** One result for each target: nothing new, but for the places in `changes`. */
function results(fetch: FetchContext, changes: Record<string, PartitionDataInit> = {}): PartitionDataInit[] {
  return fetch.targets.map((target, index) => ({
    partitionIndex: target.partitionIndex,
    errorCode: target.errorCode,
    highWatermark: 5,
    lastStableOffset: 5,
    logStartOffset: 0,
    records: new Uint8Array(0),
    ...changes[placesOf(fetch)[index]!],
  }))
}

function placesOf({ targets }: FetchContext): string[] {
  return targets.map(({ topicName, partitionIndex }) => `${topicName}-${partitionIndex}`)
}

function answered(topics: readonly FetchableTopicResponseInit[]): string[] {
  return topics.flatMap(({ topic, partitions }) => partitions!.map(data => `${topic}-${data.partitionIndex}`))
}

let world: World

beforeEach(() => {
  world = new World()
})

test.each([4, 6, ...SESSION_VERSIONS])(
  'FSS-1: a fetch without a session leaves nothing behind, in version %i',
  version => {
    const fetch = world.fetch(version, 0, -1, ['t-0', 't-1', 'u-0'])
    expect(fetch).toMatchObject({ sessionId: 0, isIncremental: false, errorCode: ErrorCode.NONE })
    expect(placesOf(fetch)).toEqual(['t-0', 't-1', 'u-0'])
    expect(answered(fetch.select(results(fetch)))).toEqual(['t-0', 't-1', 'u-0'])
    expect(world.sessions).toMatchObject({ sessionCount: 0, partitionCount: 0 })
  },
)

test.each(SESSION_VERSIONS)(
  'FSS-1: a session tells of all partitions once, then of changes, in version %i',
  version => {
    const first = world.fetch(version, 0, 0, ['t-0', 't-1', 'u-0'])
    expect(first.sessionId).toBeGreaterThan(0)
    expect(first.isIncremental).toBe(false)
    expect(answered(first.select(results(first)))).toEqual(['t-0', 't-1', 'u-0'])
    const next = world.fetch(version, first.sessionId, 1)
    expect(next).toMatchObject({ sessionId: first.sessionId, isIncremental: true, errorCode: ErrorCode.NONE })
    expect(placesOf(next)).toEqual(['t-0', 't-1', 'u-0'])
    expect(next.select(results(next))).toEqual([])
    const last = world.fetch(version, first.sessionId, 2)
    const topics = last.select(results(last, { 't-1': { records: RECORDS } }))
    expect(answered(topics)).toEqual(['t-1'])
    expect(topics[0]!.topicId).toBe(version >= TOPIC_IDS_VERSION ? IDS.t : ZERO_UUID)
    expect(world.sessions).toMatchObject({ sessionCount: 1, partitionCount: 3 })
  },
)

test.each<[string, PartitionDataInit]>([
  ['a high watermark that moved', { highWatermark: 6 }],
  ['a log start offset that moved', { logStartOffset: 1 }],
  ['records', { records: RECORDS }],
  ['records that lie in a file', { records: { file: 1, position: 0, sizeBytes: 61 } }],
  ['an error', { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }],
  ['a replica to read from', { preferredReadReplica: 2 }],
  ['a diverging epoch', { divergingEpoch: { epoch: 0, endOffset: 3 } }],
])('FSS-1: %s goes into an incremental answer', (_what, change) => {
  const id = world.open(['t-0', 't-1'])
  const fetch = world.fetch(13, id, 1)
  expect(answered(fetch.select(results(fetch, { 't-1': change })))).toEqual(['t-1'])
})

test('FSS-1: the first answer of a session leaves nothing out', () => {
  const fetch = world.fetch(13, 0, 0, ['t-0'])
  const unknown = { highWatermark: -1, logStartOffset: -1 }
  expect(answered(fetch.select(results(fetch, { 't-0': unknown })))).toEqual(['t-0'])
})

test('FSS-1: what was told is not told again', () => {
  const id = world.open(['t-0'])
  const moved = { 't-0': { highWatermark: 6, logStartOffset: 1 } }
  const fetch = world.fetch(13, id, 1)
  expect(answered(fetch.select(results(fetch, moved)))).toEqual(['t-0'])
  const next = world.fetch(13, id, 2)
  expect(next.select(results(next, moved))).toEqual([])
})

test('FSS-1: a partition whose error has gone is told of, though its offsets are as before', () => {
  const id = world.open(['t-0'])
  const refused = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, highWatermark: 5, logStartOffset: 0 }
  for (const epoch of [1, 2]) {
    const fetch = world.fetch(13, id, epoch)
    expect(answered(fetch.select(results(fetch, { 't-0': refused })))).toEqual(['t-0'])
  }
  const well = world.fetch(13, id, 3)
  expect(answered(well.select(results(well)))).toEqual(['t-0'])
})

test('FSS-1: a request changes, adds and takes away partitions', () => {
  const id = world.open(['t-0', 't-1', 'u-0'])
  const partitions = [
    { partition: 1, fetchOffset: 9, partitionMaxBytes: 7, currentLeaderEpoch: 3, lastFetchedEpoch: 2 },
    { partition: 3, fetchOffset: 1 },
  ]
  const begun = world.request(13, {
    sessionId: id,
    sessionEpoch: 1,
    topics: [{ topicId: IDS.t, partitions }],
    forgottenTopicsData: [{ topicId: IDS.t, partitions: [0, 2] }],
  })
  if (!begun.ok) throw new Error('refused')
  expect(placesOf(begun.fetch)).toEqual(['t-1', 'u-0', 't-3'])
  expect(begun.fetch.targets[0]).toMatchObject({
    fetchOffset: 9,
    partitionMaxBytes: 7,
    currentLeaderEpoch: 3,
    lastFetchedEpoch: 2,
    logStartOffset: -1,
  })
  expect(begun.fetch.targets[1]!.fetchOffset).toBe(5)
  expect(world.sessions.partitionCount).toBe(3)
  // The new one is told of; those that are known are as before.
  expect(answered(begun.fetch.select(results(begun.fetch)))).toEqual(['t-3'])
})

test.each([12, 13])(
  'FSS-1: a partition is forgotten, and comes back as a new one, in version %i',
  version => {
    const id = world.open(['t-0', 'u-1'], version)
    expect(placesOf(world.fetch(version, id, 1, [], ['t-0']))).toEqual(['u-1'])
    const back = world.fetch(version, id, 2, ['t-0'])
    expect(placesOf(back)).toEqual(['u-1', 't-0'])
    expect(answered(back.select(results(back)))).toEqual(['t-0'])
  },
)

test('FSS-1: a partition that is asked for and forgotten in one request is forgotten', () => {
  const id = world.open(['t-0'])
  expect(placesOf(world.fetch(13, id, 1, ['t-1'], ['t-1']))).toEqual(['t-0'])
})

test('FSS-1: a session without partitions ends', () => {
  const id = world.open(['t-0'])
  const fetch = world.fetch(13, id, 1, [], ['t-0'])
  expect(fetch).toMatchObject({ sessionId: 0, isIncremental: false, targets: [] })
  expect(world.sessions).toMatchObject({ sessionCount: 0, partitionCount: 0 })
  expect(world.errorOf(13, id, 2)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test('FSS-1: epoch -1 closes the session, and its partitions are fetched once more', () => {
  const id = world.open(['t-0'])
  const last = world.fetch(13, id, -1, ['t-1'])
  expect(last.sessionId).toBe(0)
  expect(placesOf(last)).toEqual(['t-1'])
  expect(world.sessions).toMatchObject({ sessionCount: 0, partitionCount: 0 })
  expect(world.errorOf(13, id, 1)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test('FSS-1: epoch 0 with a session begins another one in its place', () => {
  const id = world.open(['t-0'])
  const fetch = world.fetch(13, id, 0, ['t-1'])
  expect(fetch.sessionId).not.toBe(id)
  expect(world.sessions).toMatchObject({ sessionCount: 1, partitionCount: 1 })
  expect(world.errorOf(13, id, 1)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(world.errorOf(13, fetch.sessionId, 1)).toBe(ErrorCode.NONE)
})

test('FSS-1: session 0 has no epochs but 0 and -1', () => {
  expect(world.errorOf(13, 0, 1)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(world.errorOf(13, 0, -2)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test('FSS-1: an epoch out of order is refused, and changes nothing', () => {
  const id = world.open(['t-0'])
  for (const epoch of [2, -2]) {
    expect(world.errorOf(13, id, epoch, ['t-1'])).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  }
  expect(placesOf(world.fetch(13, id, 1))).toEqual(['t-0'])
  expect(world.errorOf(13, id, 1)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
})

test('FSS-1: behind the last epoch comes 1', () => {
  expect(nextSessionEpoch(0)).toBe(1)
  expect(nextSessionEpoch(0x7fff_fffe)).toBe(0x7fff_ffff)
  expect(nextSessionEpoch(0x7fff_ffff)).toBe(1)
})

test('FSS-1: a fetch that waits may be read often; only the answer that is sent is remembered', () => {
  const id = world.open(['t-0'])
  const lost = world.fetch(13, id, 1)
  expect(lost.targets).toHaveLength(1)
  // Its connection broke before it was answered: the change is still news.
  const next = world.fetch(13, id, 2)
  expect(answered(next.select(results(next, { 't-0': { highWatermark: 6 } })))).toEqual(['t-0'])
})

test('FSS-1: a fetch that was overtaken by another one of its session is refused, and remembers nothing', () => {
  const id = world.open(['t-0', 't-1'])
  const waiting = world.fetch(13, id, 1)
  const moved = { 't-0': { highWatermark: 6 } }
  expect(waiting.errorCode).toBe(ErrorCode.NONE)
  const next = world.fetch(13, id, 2, [], ['t-1'])
  expect(waiting.errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  expect(placesOf(waiting)).toEqual(['t-0', 't-1'])
  expect(waiting.select(results(waiting, moved))).toEqual([])
  expect(answered(next.select(results(next, moved)))).toEqual(['t-0'])
})

test('FSS-1: partitions that gave data are served last the next time', () => {
  const id = world.open(['t-0', 't-1', 'u-0', 't-2'])
  const fetch = world.fetch(13, id, 1)
  fetch.select(
    results(fetch, { 't-0': { records: RECORDS }, 'u-0': { records: RECORDS }, 't-1': { highWatermark: 6 } }),
  )
  const next = world.fetch(13, id, 2)
  expect(placesOf(next)).toEqual(['t-1', 't-2', 't-0', 'u-0'])
  next.select(results(next, { 't-1': { records: RECORDS, highWatermark: 6 } }))
  expect(placesOf(world.fetch(13, id, 3))).toEqual(['t-2', 't-0', 'u-0', 't-1'])
})

test('FSS-1: an answer keeps the order of the request, neighbours of one topic together', () => {
  const fetch = world.fetch(13, 0, -1, ['t-0', 't-1', 'u-0', 't-2'])
  const topics = fetch.select(results(fetch))
  expect(topics.map(({ topicId }) => topicId)).toEqual([IDS.t, IDS.u, IDS.t])
  expect(answered(topics)).toEqual(['t-0', 't-1', 'u-0', 't-2'])
})

test('FSS-1: a partition that is named twice is fetched once, as it was named last', () => {
  const partitions = [3, 4].map(fetchOffset => ({ partition: 0, fetchOffset }))
  const begun = world.request(13, { topics: [{ topicId: IDS.t, partitions }] })
  if (!begun.ok) throw new Error('refused')
  expect(begun.fetch.targets.map(({ fetchOffset }) => fetchOffset)).toEqual([4])
})

test('FET-8: a session by name is not continued by id, nor the other way round', () => {
  const byName = world.open(['t-0'], 12)
  expect(world.errorOf(13, byName, 1)).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
  const byId = world.open(['t-0'], 13)
  expect(world.errorOf(12, byId, 1)).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
  expect(world.errorOf(12, byName, 1)).toBe(ErrorCode.NONE)
})

test('FET-8: an id that no topic has is unknown, until a topic has it', () => {
  world.image.apply({ type: 'topic-deleted', topicId: IDS.u })
  const fetch = world.fetch(13, 0, 0, ['t-0', 'u-0'])
  expect(fetch.targets[0]).toMatchObject({ topicName: 't', errorCode: ErrorCode.NONE })
  expect(fetch.targets[1]).toMatchObject({ topicName: null, errorCode: ErrorCode.UNKNOWN_TOPIC_ID })
  const topics = fetch.select(results(fetch))
  expect(topics[1]).toMatchObject({ topicId: IDS.u, partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] })
  world.createTopic('u', IDS.u)
  const next = world.fetch(13, fetch.sessionId, 1)
  expect(next.targets[1]).toMatchObject({ topicName: 'u', errorCode: ErrorCode.NONE })
})

test('FET-8: after deletion and creation the old id is inconsistent, another one is unknown', () => {
  const id = world.open(['t-0'])
  world.image.apply({ type: 'topic-deleted', topicId: IDS.t })
  world.image.apply({ type: 'topic-deleted', topicId: IDS.u })
  // Deleted only: the name leads to no partition, which is what the reader is told.
  expect(world.fetch(13, id, 1).targets[0]).toMatchObject({ topicName: 't', errorCode: ErrorCode.NONE })
  world.createTopic('t', 'AAAAAAAAAAAAAAAAAAAAAw')
  const next = world.fetch(13, id, 2, ['u-0'])
  expect(next.targets.map(({ errorCode }) => errorCode)).toEqual([
    ErrorCode.INCONSISTENT_TOPIC_ID,
    ErrorCode.UNKNOWN_TOPIC_ID,
  ])
})

test('FET-8: a session by name goes on with the topic that has the name', () => {
  const id = world.open(['t-0'], 12)
  world.image.apply({ type: 'topic-deleted', topicId: IDS.t })
  world.createTopic('t', 'AAAAAAAAAAAAAAAAAAAAAw')
  const [target] = world.fetch(12, id, 1).targets
  expect(target).toMatchObject({ topicName: 't', topicId: ZERO_UUID, errorCode: ErrorCode.NONE })
})

test('FSS-2: without a free slot a fetch goes without a session', () => {
  world = new World({ slotsMax: 2 })
  const ids = [world.open(['t-0']), world.open(['t-0'])]
  const fetch = world.fetch(13, 0, 0, ['t-0', 't-1'])
  expect(fetch.sessionId).toBe(0)
  expect(answered(fetch.select(results(fetch)))).toEqual(['t-0', 't-1'])
  for (const id of ids) expect(world.errorOf(13, id, 1)).toBe(ErrorCode.NONE)
  expect(new World({ slotsMax: 0 }).fetch(13, 0, 0, ['t-0']).sessionId).toBe(0)
})

test('FSS-2: the session that was idle longest loses its slot once it is stale', () => {
  world = new World({ slotsMax: 2 })
  const used = world.open(['t-0'])
  const idle = world.open(['t-0', 't-1'])
  world.nowMs = 1
  world.fetch(13, used, 1)
  world.nowMs = EVICTION_MS
  expect(world.open(['u-0'])).toBe(0)
  world.nowMs = EVICTION_MS + 1
  expect(world.open(['u-0'])).toBeGreaterThan(0)
  expect(world.errorOf(13, idle, 1)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(world.errorOf(13, used, 2)).toBe(ErrorCode.NONE)
  expect(world.sessions).toMatchObject({ sessionCount: 2, partitionCount: 2 })
})

test('FSS-2: a session that is not young gives way to one with more partitions, the smallest first', () => {
  world = new World({ slotsMax: 2 })
  const large = world.open(['t-0', 't-1', 't-2'])
  const small = world.open(['t-0', 't-1'])
  world.nowMs = EVICTION_MS
  for (const id of [small, large]) world.fetch(13, id, 1)
  // Used all the time, but not young any more.
  world.nowMs = EVICTION_MS + 1
  expect(world.open(['u-0', 'u-1'])).toBe(0)
  expect(world.open(['u-0', 'u-1', 'u-2', 'u-3'])).toBeGreaterThan(0)
  expect(world.errorOf(13, small, 2)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  // The new one is young, the large one no smaller.
  expect(world.open(['u-0', 'u-1', 'u-2'])).toBe(0)
  expect(world.errorOf(13, large, 2)).toBe(ErrorCode.NONE)
})

test('FSS-2: the partitions of all sessions together have a bound', () => {
  world = new World({ partitionsMax: 3 })
  const id = world.open(['t-0', 't-1'])
  expect(world.open(['u-0', 'u-1'])).toBe(0)
  expect(world.open(['u-0'])).toBeGreaterThan(0)
  expect(world.errorOf(13, id, 1, ['t-2'])).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(world.sessions).toMatchObject({ sessionCount: 1, partitionCount: 1 })
})

test('FSS-2: no two sessions have the same id', () => {
  const drawn = [3, 3, 3, 8]
  world = new World({ random: { below: () => drawn.shift()!, bytes: count => new Uint8Array(count) } })
  expect([world.open(['t-0']), world.open(['t-0'])]).toEqual([4, 9])
})
