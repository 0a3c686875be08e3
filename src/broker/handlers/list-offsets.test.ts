import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { OffsetRequests } from '../offset-requests.test-support.ts'

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
const DEBUGGING_REPLICA_ID = -2
const READ_COMMITTED = 1

let world: OffsetRequests

beforeEach(async () => {
  world = await OffsetRequests.started()
})

afterEach(() => {
  expect(world.errors.filter(text => text !== 'an offset could not be looked up')).toEqual([])
})

const LIST_OFFSETS_VERSIONS = Array.from({ length: 11 }, (_, index) => index + 1)

test.each(LIST_OFFSETS_VERSIONS)(
  'LO-1: the ends of the log, and a time within it, in version %i',
  async version => {
    const epoch = version >= 4 ? 0 : -1
    world.append(100, 200)
    world.append(300)
    expect(await world.find(version, LATEST)).toEqual([0, -1, 3, epoch])
    expect(await world.find(version, EARLIEST)).toEqual([0, -1, 0, epoch])
    expect(await world.find(version, 150)).toEqual([0, 200, 1, epoch])
    expect(await world.find(version, 200)).toEqual([0, 200, 1, epoch])
    expect(await world.find(version, 0)).toEqual([0, 100, 0, epoch])
    expect(await world.find(version, 301)).toEqual([0, -1, -1, -1])
  },
)

test('LO-1: an empty log has ends, and nothing in between', async () => {
  expect(await world.find(11, LATEST)).toEqual([0, -1, 0, 0])
  expect(await world.find(11, EARLIEST)).toEqual([0, -1, 0, 0])
  expect(await world.find(11, 0)).toEqual([0, -1, -1, -1])
  expect(await world.find(11, MAX_TIMESTAMP)).toEqual([0, -1, -1, -1])
})

test('LO-1: the largest timestamp is not always that of the last record', async () => {
  world.append(100, 900, 200)
  world.append(300)
  expect(await world.find(7, MAX_TIMESTAMP)).toEqual([0, 900, 1, 0])
})

test('LO-1: without tiered storage all of the log is local', async () => {
  world.append(100)
  expect(await world.find(11, EARLIEST_LOCAL)).toEqual([0, -1, 0, 0])
  expect(await world.find(11, LATEST_TIERED)).toEqual([0, -1, -1, -1])
  expect(await world.find(11, EARLIEST_PENDING_UPLOAD)).toEqual([0, -1, -1, -1])
})

test('LO-1: a timestamp that its version does not know is answered with UNSUPPORTED_VERSION', async () => {
  const firstVersions = new Map([
    [MAX_TIMESTAMP, 7],
    [EARLIEST_LOCAL, 8],
    [LATEST_TIERED, 9],
    [EARLIEST_PENDING_UPLOAD, 11],
  ])
  for (const [timestamp, firstVersion] of firstVersions) {
    expect(await world.find(firstVersion - 1, timestamp)).toEqual([ErrorCode.UNSUPPORTED_VERSION, -1, -1, -1])
    expect((await world.find(firstVersion, timestamp))[0]).toBe(ErrorCode.NONE)
  }
  expect(await world.find(11, -7)).toEqual([ErrorCode.UNSUPPORTED_VERSION, -1, -1, -1])
})

test('LO-1: the earliest offset is the log start offset, with the epoch of the record there', async () => {
  world.append(100, 200)
  await world.restart()
  world.append(300)
  expect(await world.find(4, EARLIEST)).toEqual([0, -1, 0, 0])
  expect(await world.deleteBefore(2)).toMatchObject({ ok: true })
  expect(await world.find(4, EARLIEST)).toEqual([0, -1, 2, 1])
  expect(await world.find(4, 0)).toEqual([0, 300, 2, 1])
  expect(await world.find(4, LATEST)).toEqual([0, -1, 3, 1])
})

test('LO-1: consumers see what is below the high watermark, a debugging replica the whole log', async () => {
  world.append(100)
  world.holdSyncs()
  world.append(200)
  expect(world.partition().highWatermark).toBe(1)
  for (const isolationLevel of [0, READ_COMMITTED]) {
    expect(await world.find(11, LATEST, { isolationLevel })).toEqual([0, -1, 1, 0])
    expect(await world.find(11, 150, { isolationLevel })).toEqual([0, -1, -1, -1])
    expect(await world.find(11, MAX_TIMESTAMP, { isolationLevel })).toEqual([0, -1, -1, -1])
  }
  const replicaId = DEBUGGING_REPLICA_ID
  expect(await world.find(11, LATEST, { replicaId })).toEqual([0, -1, 2, 0])
  expect(await world.find(11, 150, { replicaId })).toEqual([0, 200, 1, 0])
})

test('LO-3: a client that believes in another leadership is told so', async () => {
  await world.restart()
  expect(await world.find(4, LATEST, {}, 1)).toEqual([ErrorCode.NONE, -1, 0, 1])
  expect(await world.find(4, LATEST, {}, 0)).toEqual([ErrorCode.FENCED_LEADER_EPOCH, -1, -1, -1])
  expect(await world.find(4, LATEST, {}, 2)).toEqual([ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1, -1])
})

test('LO-4: a partition that is asked for twice is refused once, and no other', async () => {
  const asked = (partitionIndex: number, timestamp: number) => ({ partitionIndex, timestamp })
  const topics = await world.listOffsets(5, {
    replicaId: -1,
    topics: [
      { name: 't', partitions: [asked(0, LATEST), asked(1, LATEST)] },
      { name: 't', partitions: [asked(0, EARLIEST)] },
    ],
  })
  const answered = topics.map(({ partitions }) =>
    partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
  )
  expect(answered).toEqual([
    [
      [0, ErrorCode.INVALID_REQUEST],
      [1, ErrorCode.NONE],
    ],
  ])
})

test('LO-1: unknown partitions are answered beside known ones, in the order of the request', async () => {
  const partitions = [0, 2].map(partitionIndex => ({ partitionIndex, timestamp: LATEST }))
  const topics = await world.listOffsets(1, {
    replicaId: -1,
    topics: [
      { name: 'unknown', partitions: partitions.slice(0, 1) },
      { name: 't', partitions },
    ],
  })
  expect(topics.map(({ name }) => name)).toEqual(['unknown', 't'])
  const found = topics.map(topic => topic.partitions.map(({ errorCode, offset }) => [errorCode, offset]))
  const unknown = [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]
  expect(found).toEqual([[unknown], [[ErrorCode.NONE, 0], unknown]])
})

test('LO-1: a disk that refuses the read is a storage error, and said in the log', async () => {
  world.append(100)
  world.disk.failNext('pread', 'EIO', 't-0')
  expect(await world.find(11, 50)).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, -1, -1, -1])
  expect(world.errors).toEqual(['an offset could not be looked up'])
  expect(await world.find(11, 50)).toEqual([0, 100, 0, 0])
})

test('LO-1: a batch that cannot be read is CORRUPT_MESSAGE, and said in the log', async () => {
  world.append(100)
  world.damageMagic()
  expect(await world.find(11, 50)).toEqual([ErrorCode.CORRUPT_MESSAGE, -1, -1, -1])
  expect(world.errors).toEqual(['an offset could not be looked up'])
})

test('LO-1, LO-5: an offline partition answers KAFKA_STORAGE_ERROR', async () => {
  world.partition().log!.close()
  expect(await world.find(11, LATEST)).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, -1, -1, -1])
  expect(await world.epochEnd(4, 0)).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, -1, -1])
})

test('LO-1: a topic that is deleted while a thread looks for a time is unknown', async () => {
  world.append(100)
  world.append(200)
  await world.restart()
  world.disk.dropCaches('/data/t-0')
  const found = world.find(11, 150)
  const partition = world.partition()
  partition.markDeleted()
  partition.log!.close()
  world.runDisk()
  expect((await found)[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})
