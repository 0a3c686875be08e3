import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Random } from '../../base/random.ts'
import { defaultTopicConfig } from '../../config/topic-config.ts'
import { MetadataImage } from '../../metadata/image/metadata-image.ts'
import { loadNativeBinding } from '../../native/load.ts'
import { SimDisk } from '../../native/sim-disk.ts'
import { SeededRandom } from '../../platform/seeded-random.ts'
import { VirtualTime } from '../../platform/virtual-time.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import * as listOffsetsCodec from '../../protocol/generated/list-offsets.ts'
import * as offsetForLeaderEpochCodec from '../../protocol/generated/offset-for-leader-epoch.ts'
import { Reader } from '../../protocol/reader.ts'
import { RecordBatch } from '../../protocol/record-batch.ts'
import { encodeRecordBatch } from '../../protocol/records/encode-record-batch.ts'
import { Writer } from '../../protocol/writer.ts'
import type { Partition } from '../../replication/partition.ts'
import { Partitions } from '../../replication/partitions.ts'
import { LogManager } from '../../storage/log-manager.ts'
import type { BrokerServices, Handler, RequestContext } from '../handler.ts'
import { createBatchNative } from '../machine.ts'
import { listOffsets } from './list-offsets.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'

const NODE_ID = 7
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const CONFIG = { ...defaultTopicConfig, messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER }
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
const DEBUGGING_REPLICA_ID = -2
const READ_COMMITTED = 1

const batchNative = createBatchNative(loadNativeBinding())

/** Topic `t` with two partitions on a disk in memory, whose syncs can be held back. */
class World {
  readonly errors: string[] = []
  readonly disk = new SimDisk({ schedule: callback => this.#steps.push(callback) })
  readonly #random: Random = new SeededRandom(1)
  readonly #image = new MetadataImage()
  readonly #steps: (() => void)[] = []
  #areSyncsHeld = false
  #logs: LogManager | null = null
  #partitions: Partitions | null = null

  async start(): Promise<void> {
    this.#image.apply({
      type: 'topic-created',
      name: 't',
      topicId: TOPIC_ID,
      partitions: [
        { replicas: [NODE_ID], leaderEpoch: 0 },
        { replicas: [NODE_ID], leaderEpoch: 0 },
      ],
    })
    await this.#open()
  }

  /** The broker stops and starts: the leader epoch rises. */
  async restart(): Promise<void> {
    await this.#settled(this.#logs!.close())
    this.#image.apply({ type: 'broker-started', nodeId: NODE_ID })
    await this.#open()
  }

  partition(partitionIndex = 0): Partition {
    return this.#partitions!.get('t', partitionIndex)!
  }

  /** Appends one batch to partition 0, with one record for each timestamp. */
  append(...timestampsMs: number[]): void {
    const records = timestampsMs.map(timestampMs => ({
      timestampMs,
      key: null,
      value: new Uint8Array([1]),
      headers: [],
    }))
    const batch = encodeRecordBatch({ baseOffset: 0, records }, batchNative.crc32c)
    expect(this.partition().append(batch, 1_000_000, 'client')).toMatchObject({ ok: true })
    this.#partitions!.endPass()
    this.runDisk()
  }

  holdSyncs(): void {
    this.#areSyncsHeld = true
  }

  runDisk(): void {
    while (!this.#areSyncsHeld && this.#steps.length > 0) this.#steps.shift()!()
  }

  /** What a disk may do to the first batch of partition 0. */
  damageMagic(): void {
    const file = this.disk.open('/data/t-0/00000000000000000000.log', 'write')
    this.disk.pwritev(file, [new Uint8Array([9])], RecordBatch.MAGIC)
    this.disk.close(file)
  }

  async listOffsets(version: number, request: listOffsetsCodec.ListOffsetsRequestInit) {
    const { encodeListOffsetsRequest, decodeListOffsetsResponse } = listOffsetsCodec
    const answer = await this.#call(
      listOffsets,
      version,
      request,
      encodeListOffsetsRequest,
      decodeListOffsetsResponse,
    )
    return answer.topics
  }

  /** Looks one timestamp up in partition 0 of `t`. */
  async find(
    version: number,
    timestamp: number,
    change: Partial<listOffsetsCodec.ListOffsetsRequestInit> = {},
    currentLeaderEpoch = -1,
  ) {
    const partitions = [{ partitionIndex: 0, timestamp, ...(version >= 4 ? { currentLeaderEpoch } : {}) }]
    const topics = await this.listOffsets(version, {
      replicaId: -1,
      topics: [{ name: 't', partitions }],
      ...change,
    })
    const { errorCode, offset, timestamp: foundMs, leaderEpoch } = topics[0]!.partitions[0]!
    return [errorCode, foundMs, offset, leaderEpoch]
  }

  async epochEnd(version: number, leaderEpoch: number, currentLeaderEpoch = -1, topic = 't', partition = 0) {
    const { encodeOffsetForLeaderEpochRequest, decodeOffsetForLeaderEpochResponse } =
      offsetForLeaderEpochCodec
    const asked = { partition, leaderEpoch, ...(version >= 2 ? { currentLeaderEpoch } : {}) }
    const answer = await this.#call(
      offsetForLeaderEpoch,
      version,
      { topics: [{ topic, partitions: [asked] }] },
      encodeOffsetForLeaderEpochRequest,
      decodeOffsetForLeaderEpochResponse,
    )
    const { errorCode, leaderEpoch: found, endOffset } = answer.topics[0]!.partitions[0]!
    return [errorCode, found, endOffset]
  }

  async #open(): Promise<void> {
    const { clock, timers } = new VirtualTime()
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (_fields: object, text: string) => void this.errors.push(text),
    }
    const opened = LogManager.open(
      { disk: this.disk, clock, timers, random: this.#random, logger, batchNative },
      {
        logDirectories: ['/data'],
        clusterId: null,
        nodeId: NODE_ID,
        configOf: () => CONFIG,
        retentionCheckIntervalMs: 300_000,
        checkpointIntervalMs: 60_000,
        producerIdExpirationMs: 86_400_000,
        openSegmentsMax: 1000,
        producerIdExpirationCheckIntervalMs: 600_000,
        flushCheckIntervalMs: 1000,
        onDurable: log => this.#partitions?.onDurable(log),
        onDurablePassEnd: () => {},
        onDirectoryFailure: (_directory, logs) => this.#partitions?.onDirectoryFailure(logs),
      },
    )
    const logs = await this.#settled(opened)
    this.#logs = logs
    this.#partitions = new Partitions({
      logs,
      logger,
      configOf: () => CONFIG,
      onTopicDeleted: () => {},
      batchNative,
      schedulePass: () => {},
    })
    await this.#settled(this.#partitions.start(this.#image))
  }

  /** Runs the disk until `promise` has settled. */
  async #settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const done = promise.finally(() => {
      isSettled = true
    })
    while (!isSettled) {
      this.runDisk()
      await new Promise(resolve => setImmediate(resolve))
    }
    return done
  }

  /** Encodes the request, lets the handler decode it, and decodes what the handler's answer encodes to. */
  async #call<Init, Answer>(
    handler: Handler,
    version: number,
    request: Init,
    encodeRequest: (writer: Writer, body: Init, version: number) => void,
    decodeResponse: (reader: Reader, version: number) => Answer,
  ): Promise<Answer> {
    const writer = new Writer()
    encodeRequest(writer, request, version)
    const context = { apiVersion: version } as RequestContext
    const logger = { error: (_fields: object, text: string) => this.errors.push(text) }
    const services = { partitions: this.#partitions, logger } as unknown as BrokerServices
    const body = await handler.start(new Reader(writer.finish()), context, services)
    const answer = new Writer()
    handler.encode(answer, body, version)
    return decodeResponse(new Reader(answer.finish()), version)
  }
}

let world: World

beforeEach(async () => {
  world = new World()
  await world.start()
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
  expect(await world.partition().deleteRecordsBefore(2)).toMatchObject({ ok: true })
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

test.each([0, 1, 2, 3, 4])('LO-5: where a leader epoch ended, in version %i', async version => {
  world.append(100, 200)
  await world.restart()
  world.append(300)
  await world.restart()
  await world.restart()
  world.append(400)
  const epoch = (leaderEpoch: number) => (version >= 1 ? leaderEpoch : -1)
  expect(await world.epochEnd(version, 0)).toEqual([0, epoch(0), 2])
  expect(await world.epochEnd(version, 1)).toEqual([0, epoch(1), 3])
  expect(await world.epochEnd(version, 3)).toEqual([0, epoch(3), 4])
})

test('LO-5: an epoch that never was, or is not yet, ends nowhere', async () => {
  world.append(100)
  expect(await world.epochEnd(4, 1)).toEqual([0, -1, -1])
  expect(await world.epochEnd(4, -1)).toEqual([0, -1, -1])
})

test('LO-5: the current leader epoch is checked, and so is the partition', async () => {
  await world.restart()
  expect((await world.epochEnd(2, 1, 1))[0]).toBe(ErrorCode.NONE)
  expect(await world.epochEnd(2, 1, 0)).toEqual([ErrorCode.FENCED_LEADER_EPOCH, -1, -1])
  expect(await world.epochEnd(2, 1, 2)).toEqual([ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1])
  expect(await world.epochEnd(4, 0, -1, 't', 2)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
  expect(await world.epochEnd(4, 0, -1, 'unknown')).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
})
