import { expect } from 'vitest'
import type { Random } from '../base/random.ts'
import { defaultTopicConfig } from '../config/topic-config.ts'
import { MetadataImage } from '../metadata/image/metadata-image.ts'
import { loadNativeBinding } from '../native/load.ts'
import { createSimScan } from '../native/sim/sim-scan.ts'
import { SimDisk } from '../native/sim-disk.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { VirtualTime } from '../platform/virtual-time.ts'
import * as listOffsetsCodec from '../protocol/generated/list-offsets.ts'
import * as offsetForLeaderEpochCodec from '../protocol/generated/offset-for-leader-epoch.ts'
import { Reader } from '../protocol/reader.ts'
import { RecordBatch } from '../protocol/record-batch.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import { Writer } from '../protocol/writer.ts'
import type { Partition } from '../replication/partition.ts'
import { Partitions } from '../replication/partitions.ts'
import { LogManager } from '../storage/log-manager.ts'
import type { BrokerServices, Handler, RequestContext } from './handler.ts'
import { listOffsets } from './handlers/list-offsets.ts'
import { offsetForLeaderEpoch } from './handlers/offset-for-leader-epoch.ts'
import { createBatchNative } from './native-platform.ts'

const NODE_ID = 7
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const CONFIG = { ...defaultTopicConfig, messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER }

const binding = loadNativeBinding()
const batchNative = createBatchNative(binding)

/** Topic `t` with two partitions on a disk in memory, whose syncs can be held back. */
export class OffsetRequests {
  readonly errors: string[] = []
  readonly disk = new SimDisk({ schedule: callback => this.#steps.push(callback) })
  readonly #random: Random = new SeededRandom(1)
  readonly #image = new MetadataImage()
  readonly #steps: (() => void)[] = []
  #areSyncsHeld = false
  #logs: LogManager | null = null
  #partitions: Partitions | null = null

  static async started(): Promise<OffsetRequests> {
    const world = new OffsetRequests()
    await world.#start()
    return world
  }

  async #start(): Promise<void> {
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
    const scanFile = createSimScan(this.disk, binding, callback => this.#steps.push(callback))
    const opened = LogManager.open(
      {
        disk: this.disk,
        clock,
        timers,
        random: this.#random,
        logger,
        batchNative: { ...batchNative, scanFile },
      },
      {
        logDirectories: ['/data'],
        clusterId: null,
        nodeId: NODE_ID,
        initialConfig: CONFIG,
        recoveryThreads: 2,
        retentionCheckIntervalMs: 300_000,
        checkpointIntervalMs: 60_000,
        groupJournalMaxBytes: 64 * 1024 * 1024,
        unflushedMaxBytes: 1024 * 1024 * 1024,
        producerIdExpirationMs: 86_400_000,
        openSegmentsMax: 1000,
        producerIdExpirationCheckIntervalMs: 600_000,
        flushCheckIntervalMs: 1000,
        onDurable: log => this.#partitions?.onDurable(log),
        onDurablePassEnd: () => {},
        onRoom: () => {},
        onStartOffsetRaised: log => this.#partitions?.onStartOffsetRaised(log),
        onDirectoryFailure: (_directory, logs) => this.#partitions?.onDirectoryFailure(logs),
      },
    )
    const logs = await this.#settled(opened)
    this.#logs = logs
    this.#partitions = new Partitions({
      logs,
      clock,
      timers,
      logger,
      configOf: () => CONFIG,
      onTopicDeleted: () => {},
      batchNative,
      schedulePass: () => {},
      heldMaxBytes: 1024 * 1024,
      waitingBehindBytes: () => 0,
    })
    await this.#settled(this.#partitions.start(this.#image))
  }

  deleteBefore(offset: number) {
    return this.#settled(this.partition().deleteRecordsBefore(offset))
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
