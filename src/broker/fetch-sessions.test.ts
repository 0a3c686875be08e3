import { beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import type { PartitionDataInit } from '../protocol/generated/fetch.ts'
import { ZERO_UUID } from '../protocol/uuid.ts'
import {
  answered,
  EVICTION_MS,
  IDS,
  look,
  placesOf,
  RECORDS,
  SESSION_VERSIONS,
  TOPIC_IDS_VERSION,
  World,
} from './fetch-sessions.test-support.ts'
import { nextSessionEpoch } from './fetch-sessions.ts'

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
    expect(answered(fetch.select(look(fetch)))).toEqual(['t-0', 't-1', 'u-0'])
    expect(world.sessions).toMatchObject({ sessionCount: 0, partitionCount: 0 })
    expect(world.watcherCount).toBe(0)
  },
)

test.each(SESSION_VERSIONS)(
  'FSS-1: a session tells of all partitions once, then of changes, in version %i',
  version => {
    const first = world.fetch(version, 0, 0, ['t-0', 't-1', 'u-0'])
    expect(first.sessionId).toBeGreaterThan(0)
    expect(first.isIncremental).toBe(false)
    expect(answered(first.select(look(first)))).toEqual(['t-0', 't-1', 'u-0'])
    const next = world.fetch(version, first.sessionId, 1)
    expect(next).toMatchObject({ sessionId: first.sessionId, isIncremental: true, errorCode: ErrorCode.NONE })
    expect(placesOf(next)).toEqual([])
    expect(next.select(look(next))).toEqual([])
    world.change('t-1')
    const last = world.fetch(version, first.sessionId, 2)
    expect(placesOf(last)).toEqual(['t-1'])
    const topics = last.select(look(last, { 't-1': { records: RECORDS } }))
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
  world.change('t-0', 't-1')
  const fetch = world.fetch(13, id, 1)
  expect(answered(fetch.select(look(fetch, { 't-1': change })))).toEqual(['t-1'])
})

test('FSS-1: the first answer of a session leaves nothing out', () => {
  const fetch = world.fetch(13, 0, 0, ['t-0'])
  const unknown = { highWatermark: -1, logStartOffset: -1 }
  look(fetch, { 't-0': unknown })
  expect(answered(fetch.select(look(fetch, { 't-0': unknown })))).toEqual(['t-0'])
})

test('FSS-1: what was told is not told again', () => {
  const id = world.open(['t-0'])
  const moved = { 't-0': { highWatermark: 6, logStartOffset: 1 } }
  world.change('t-0')
  const fetch = world.fetch(13, id, 1)
  expect(answered(fetch.select(look(fetch, moved)))).toEqual(['t-0'])
  const next = world.fetch(13, id, 2)
  expect(next.select(look(next, moved))).toEqual([])
})

test('FSS-1: a partition whose error has gone is told of, though its offsets are as before', () => {
  const id = world.open(['t-0'])
  const refused = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, highWatermark: 5, logStartOffset: 0 }
  world.change('t-0')
  for (const epoch of [1, 2]) {
    const fetch = world.fetch(13, id, epoch)
    expect(answered(fetch.select(look(fetch, { 't-0': refused })))).toEqual(['t-0'])
  }
  const well = world.fetch(13, id, 3)
  expect(answered(well.select(look(well)))).toEqual(['t-0'])
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
  expect(placesOf(begun.fetch)).toEqual(['t-1', 't-3'])
  expect(begun.fetch.targets[0]).toMatchObject({
    fetchOffset: 9,
    partitionMaxBytes: 7,
    currentLeaderEpoch: 3,
    lastFetchedEpoch: 2,
  })
  expect(begun.fetch.targets[1]!.fetchOffset).toBe(1)
  expect(world.sessions.partitionCount).toBe(3)
  // The new one is told of; those that are known are as before.
  expect(answered(begun.fetch.select(look(begun.fetch)))).toEqual(['t-3'])
})

test.each([12, 13])(
  'FSS-1: a partition is forgotten, and comes back as a new one, in version %i',
  version => {
    const id = world.open(['t-0', 'u-1'], version)
    world.change('t-0', 'u-1')
    expect(placesOf(world.fetch(version, id, 1, [], ['t-0']))).toEqual(['u-1'])
    const back = world.fetch(version, id, 2, ['t-0'])
    expect(placesOf(back)).toEqual(['u-1', 't-0'])
    expect(answered(back.select(look(back)))).toEqual(['t-0'])
  },
)

test('FSS-1: a partition that is asked for and forgotten in one request is forgotten', () => {
  const id = world.open(['t-0'])
  expect(placesOf(world.fetch(13, id, 1, ['t-1'], ['t-1']))).toEqual([])
  expect([world.sessions.partitionCount, world.watcherCount]).toEqual([1, 1])
})

test('FSS-1: a session without partitions ends', () => {
  const id = world.open(['t-0'])
  const fetch = world.fetch(13, id, 1, [], ['t-0'])
  expect(fetch).toMatchObject({ sessionId: 0, isIncremental: false, isOver: true, targets: [] })
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
  world.change('t-0')
  expect(placesOf(world.fetch(13, id, 1))).toEqual(['t-0'])
  expect(world.sessions.partitionCount).toBe(1)
  expect(world.errorOf(13, id, 1)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
})

test('FSS-1: behind the last epoch comes 1', () => {
  expect(nextSessionEpoch(0)).toBe(1)
  expect(nextSessionEpoch(0x7fff_fffe)).toBe(0x7fff_ffff)
  expect(nextSessionEpoch(0x7fff_ffff)).toBe(1)
})

test('FSS-1: a fetch that waits may be read often; only the answer that is sent is remembered', () => {
  const id = world.open(['t-0'])
  const moved = { 't-0': { logStartOffset: 1 } }
  world.change('t-0')
  const lost = world.fetch(13, id, 1)
  for (let time = 0; time < 2; time += 1) expect(look(lost, moved)).toHaveLength(1)
  // Its connection broke before it was answered: the change is still news.
  const next = world.fetch(13, id, 2)
  expect(answered(next.select(look(next, moved)))).toEqual(['t-0'])
  expect(placesOf(world.fetch(13, id, 3))).toEqual([])
})

test('FSS-1: a fetch that was overtaken by another one of its session is refused, and remembers nothing', () => {
  const id = world.open(['t-0', 't-1'])
  world.change('t-0', 't-1')
  const waiting = world.fetch(13, id, 1)
  const moved = { 't-0': { highWatermark: 6 } }
  const looks = look(waiting, moved)
  expect(waiting).toMatchObject({ errorCode: ErrorCode.NONE, isOver: false })
  const next = world.fetch(13, id, 2, [], ['t-1'])
  expect(waiting).toMatchObject({
    errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    isOver: true,
    targets: [],
  })
  expect(waiting.select(looks)).toEqual([])
  expect(answered(next.select(look(next, moved)))).toEqual(['t-0'])
})

test('FSS-1: partitions that gave data are served last the next time', () => {
  const id = world.open(['t-0', 't-1', 'u-0', 't-2'])
  world.change('t-0', 't-1', 'u-0')
  const fetch = world.fetch(13, id, 1)
  fetch.select(
    look(fetch, { 't-0': { records: RECORDS }, 'u-0': { records: RECORDS }, 't-1': { highWatermark: 6 } }),
  )
  // Changed before the next request: it goes before those that were served.
  world.change('t-2')
  const next = world.fetch(13, id, 2, ['u-0'])
  expect(placesOf(next)).toEqual(['t-1', 't-2', 't-0', 'u-0'])
  const behind = { highWatermark: 6 }
  next.select(
    look(next, { 't-0': behind, 't-1': { ...behind, records: RECORDS }, 't-2': behind, 'u-0': behind }),
  )
  expect(placesOf(world.fetch(13, id, 3))).toEqual(['t-2', 't-0', 'u-0', 't-1'])
})

test('FSS-1: an answer keeps the order of the request, neighbours of one topic together', () => {
  const fetch = world.fetch(13, 0, -1, ['t-0', 't-1', 'u-0', 't-2'])
  const topics = fetch.select(look(fetch))
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
  world.deleteTopic('u')
  const fetch = world.fetch(13, 0, 0, ['t-0', 'u-0'])
  expect(fetch.targets.map(({ topic }) => topic)).toMatchObject([
    { name: 't', errorCode: ErrorCode.NONE },
    { name: null, errorCode: ErrorCode.UNKNOWN_TOPIC_ID },
  ])
  const topics = fetch.select(look(fetch))
  expect(topics[1]).toMatchObject({ topicId: IDS.u, partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] })
  world.createTopic('u', IDS.u)
  const next = world.fetch(13, fetch.sessionId, 1)
  expect(next.targets[0]!.topic).toMatchObject({ name: 'u', errorCode: ErrorCode.NONE })
  expect(next.targets[0]!.partition).toBe(world.partitions.get('u-0'))
})

test('FET-8: after deletion and creation the old id is inconsistent, another one is unknown', () => {
  const id = world.open(['t-0'])
  world.deleteTopic('t')
  world.deleteTopic('u')
  // Deleted only: the name leads to no partition, which is what the reader is told.
  const [deleted] = world.fetch(13, id, 1).targets
  expect(deleted).toMatchObject({ partition: null, topic: { name: 't', errorCode: ErrorCode.NONE } })
  const secondId = 'AAAAAAAAAAAAAAAAAAAAAw'
  world.createTopic('t', secondId)
  const next = world.fetch(13, id, 2, ['u-0'])
  expect(next.targets.map(({ topic }) => topic.errorCode)).toEqual([
    ErrorCode.INCONSISTENT_TOPIC_ID,
    ErrorCode.UNKNOWN_TOPIC_ID,
  ])
  world.deleteTopic('t', secondId)
  const [again] = world.fetch(13, id, 3).targets
  expect(again).toMatchObject({ partition: null, topic: { name: 't', errorCode: ErrorCode.NONE } })
})

test('FET-8: a session by name goes on with the topic that has the name', () => {
  const id = world.open(['t-0'], 12)
  world.deleteTopic('t')
  world.createTopic('t', 'AAAAAAAAAAAAAAAAAAAAAw')
  const [target] = world.fetch(12, id, 1).targets
  expect(target!.topic).toMatchObject({ name: 't', topicId: ZERO_UUID, errorCode: ErrorCode.NONE })
  expect(target!.partition).toBe(world.partitions.get('t-0'))
})

test('FSS-2: without a free slot a fetch goes without a session', () => {
  world = new World({ slotsMax: 2 })
  const ids = [world.open(['t-0']), world.open(['t-0'])]
  const fetch = world.fetch(13, 0, 0, ['t-0', 't-1'])
  expect(fetch.sessionId).toBe(0)
  expect(answered(fetch.select(look(fetch)))).toEqual(['t-0', 't-1'])
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
