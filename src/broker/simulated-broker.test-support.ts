import { expect } from 'vitest'
import type { Disk, DiskCompletions, DiskQueue, FileHandle, OpenMode } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { parseBrokerConfig } from '../config/parse-broker-config.ts'
import { Codec, createCodecs } from '../native/codecs.ts'
import { loadNativeBinding } from '../native/load.ts'
import { createSimScan } from '../native/sim/sim-scan.ts'
import { SimDisk } from '../native/sim-disk.ts'
import { SimNetwork, SimTransport } from '../native/sim-transport.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { VirtualTime } from '../platform/virtual-time.ts'
import { ApiKey } from '../protocol/api-key.ts'
import * as createTopicsCodec from '../protocol/generated/create-topics.ts'
import * as fetchCodec from '../protocol/generated/fetch.ts'
import * as metadataCodec from '../protocol/generated/metadata.ts'
import * as produceCodec from '../protocol/generated/produce.ts'
import type { Reader } from '../protocol/reader.ts'
import type { RecordBatchOptions } from '../protocol/records/encode-record-batch.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import type { Writer } from '../protocol/writer.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import { Broker } from './broker.ts'
import { createBatchNative } from './native-platform.ts'
import { type Reply, SimulatedClient } from './simulated-client.test-support.ts'

const PORT = 9092
/** Few, so that segments are closed and opened again all the time. */
export const OPEN_SEGMENTS_MAX = 8
const MEMORY_BYTES = 1024 * 1024 * 1024
const TURNS_UNTIL_QUIET = 4
const SEGMENT = /\/\d{20}\.log$/
/** For workers of the real addon, which know no virtual time. */
const REAL_WAIT_MAX_MS = 10_000

/** One API as a client sees it. */
export interface Api<RequestInit, Response> {
  readonly apiKey: number
  readonly encode: (writer: Writer, body: RequestInit, version: number) => void
  readonly decode: (reader: Reader, version: number) => Response
}

export const PRODUCE: Api<produceCodec.ProduceRequestInit, produceCodec.ProduceResponse> = {
  apiKey: ApiKey.Produce,
  encode: produceCodec.encodeProduceRequest,
  decode: produceCodec.decodeProduceResponse,
}
export const FETCH: Api<fetchCodec.FetchRequestInit, fetchCodec.FetchResponse> = {
  apiKey: ApiKey.Fetch,
  encode: fetchCodec.encodeFetchRequest,
  decode: fetchCodec.decodeFetchResponse,
}
export const METADATA: Api<metadataCodec.MetadataRequestInit, metadataCodec.MetadataResponse> = {
  apiKey: ApiKey.Metadata,
  encode: metadataCodec.encodeMetadataRequest,
  decode: metadataCodec.decodeMetadataResponse,
}
export const CREATE_TOPICS: Api<
  createTopicsCodec.CreateTopicsRequestInit,
  createTopicsCodec.CreateTopicsResponse
> = {
  apiKey: ApiKey.CreateTopics,
  encode: createTopicsCodec.encodeCreateTopicsRequest,
  decode: createTopicsCodec.decodeCreateTopicsResponse,
}

const binding = loadNativeBinding()
const codecs = createCodecs(binding)
const batchNative = createBatchNative(binding)

/** The simulated disk, whose fdatasyncs of segments are counted; they and what threads read can be held back. */
class WatchedDisk extends SimDisk {
  syncCount = 0
  #heldReads: { path: string; read: () => void }[] | null = null
  #held: (() => void)[] | null = null
  readonly #paths = new Map<FileHandle, string>()

  override open(path: string, mode: OpenMode): FileHandle {
    const file = super.open(path, mode)
    this.#paths.set(file, path)
    return file
  }

  override createQueue(onCompletions: DiskCompletions): DiskQueue {
    const queue = super.createQueue(onCompletions)
    const warm = queue.warm.bind(queue)
    queue.warm = (path, ...rest) => {
      if (this.#heldReads === null) warm(path, ...rest)
      else this.#heldReads.push({ path, read: () => warm(path, ...rest) })
    }
    const fdatasync = queue.fdatasync.bind(queue)
    queue.fdatasync = (file, ticket) => {
      const path = this.#paths.get(file) ?? ''
      if (!SEGMENT.test(path)) return fdatasync(file, ticket)
      this.syncCount += 1
      if (this.#held === null) fdatasync(file, ticket)
      else this.#hold(path, pinned => fdatasync(pinned, ticket))
    }
    return queue
  }

  /** Of the reads that threads were asked for and that are held back. */
  get heldPaths(): string[] {
    return (this.#heldReads ?? []).map(({ path }) => path)
  }

  holdReads(): void {
    this.#heldReads ??= []
  }

  /** The one that was asked for first. */
  releaseRead(): void {
    this.#heldReads?.shift()?.read()
  }

  releaseReads(): void {
    const held = this.#heldReads ?? []
    this.#heldReads = null
    for (const { read } of held) read()
  }

  holdSyncs(): void {
    this.#held ??= []
  }

  releaseSyncs(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const sync of held) sync()
  }

  /** The owner may close its file meanwhile, as it may while a thread is about to sync it. */
  #hold(path: string, sync: (file: FileHandle) => void): void {
    const pinned = this.open(path, 'read')
    this.#held?.push(() => {
      sync(pinned)
      this.close(pinned)
    })
  }
}

/** Lines that the broker wrote. */
export class RecordedLog implements Logger {
  readonly lines: { level: string; fields: object; message: string }[] = []
  debug(): void {}
  info(): void {}
  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message })
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message })
  }
}

/** The whole broker on a disk, a network and a clock in memory, driven by the frames of clients. */
export class SimulatedBroker {
  readonly time = new VirtualTime()
  readonly log = new RecordedLog()
  readonly disk = new WatchedDisk({
    schedule: (callback, delayMs = 0) => void this.time.timers.set(delayMs, callback),
  })
  readonly #network = new SimNetwork(this.time.timers)
  readonly #random = new SeededRandom(7)
  readonly #settings: ReadonlyMap<string, string>
  #broker: Broker | null = null
  #heldChecks: (() => void)[] | null = null

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.#settings = new Map([
      ['listeners', `PLAINTEXT://localhost:${PORT}`],
      ['log.dirs', '/data'],
      ['offsets.topic.num.partitions', '2'],
      ['log.message.timestamp.before.max.ms', '9223372036854775807'],
      ...Object.entries(settings),
    ])
  }

  static async started(settings: Readonly<Record<string, string>> = {}): Promise<SimulatedBroker> {
    const world = new SimulatedBroker(settings)
    await world.start()
    return world
  }

  get broker(): Broker {
    expect(this.#broker).not.toBeNull()
    return this.#broker!
  }

  async start(): Promise<void> {
    const parsed = parseBrokerConfig(this.#settings)
    if (!parsed.ok) throw new Error(parsed.problems.join('; '))
    const scanFile = createSimScan(this.disk, binding, callback => void this.time.timers.set(0, callback))
    const platform = {
      clock: this.time.clock,
      timers: this.time.timers,
      disk: this.disk as Disk,
      random: this.#random,
      logger: this.log,
      batchNative: { ...batchNative, checkOnWorker: this.#checkOnWorker, scanFile },
      createTransport: (
        options: ConstructorParameters<typeof SimTransport>[2],
        events: ConstructorParameters<typeof SimTransport>[3],
      ) => new SimTransport(this.#network, this.disk, options, events),
      connectionsMax: 10_000,
      openSegmentsMax: OPEN_SEGMENTS_MAX,
      memoryBytes: MEMORY_BYTES,
    }
    this.#broker = await this.settled(Broker.start(parsed.config, platform))
  }

  /** A clean stop, and no file is left open. */
  async close(): Promise<void> {
    if (this.#broker === null) return
    const broker = this.#broker
    this.#broker = null
    this.disk.releaseSyncs()
    this.disk.releaseReads()
    await this.settled(broker.close())
    expect(this.disk.openFileCount).toBe(0)
  }

  async restart(): Promise<void> {
    await this.close()
    await this.start()
  }

  /** Workers take up no batch until `releaseChecks`. */
  holdChecks(): void {
    this.#heldChecks ??= []
  }

  get heldChecksCount(): number {
    return this.#heldChecks?.length ?? 0
  }

  releaseChecks(): void {
    const held = this.#heldChecks ?? []
    this.#heldChecks = null
    for (const check of held) check()
  }

  connect(clientId: string | null = 'test', port = PORT): SimulatedClient {
    const socket = this.#network.connect(port)
    expect(socket).not.toBeNull()
    return new SimulatedClient(socket!, clientId)
  }

  /** Everything that is due without time passing: network, disk, promises. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < TURNS_UNTIL_QUIET; turn += 1) {
      await new Promise(resolve => setImmediate(resolve))
      if (this.time.nextAtMs() > this.time.clock.monotonicMs()) continue
      this.time.advance(0)
      turn = -1
    }
  }

  async pass(durationMs: number): Promise<void> {
    this.time.advance(durationMs)
    await this.quiet()
  }

  /** Also for what a worker thread of the addon is asked. */
  async until(isReached: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + REAL_WAIT_MAX_MS
    while (!isReached()) {
      expect(performance.now(), 'nothing more happens').toBeLessThan(deadlineMs)
      await this.quiet()
    }
  }

  /** Lets time pass until the promise is settled. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    while (true) {
      await this.quiet()
      if (isSettled) return promise
      this.time.runNext()
    }
  }

  /** One request and its answer, without time passing. */
  async call<RequestInit, Response>(
    client: SimulatedClient,
    api: Api<RequestInit, Response>,
    version: number,
    body: RequestInit,
  ): Promise<Response> {
    const reply = client.send(api, version, body)
    await this.quiet()
    return reply.value
  }

  readonly #checkOnWorker: BatchNative['checkOnWorker'] = (...call) => {
    if (this.#heldChecks === null) batchNative.checkOnWorker(...call)
    else this.#heldChecks.push(() => batchNative.checkOnWorker(...call))
  }

  /** Answers its id. */
  async createTopic(
    name: string,
    options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const { partitions = 1, configs = {} } = options
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor: -1,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const { topics } = await this.call(this.connect(), CREATE_TOPICS, 7, { topics: [topic], timeoutMs: 1000 })
    expect(topics[0]!.errorCode).toBe(0)
    return topics[0]!.topicId
  }
}

export interface BatchOptions extends Partial<RecordBatchOptions> {
  readonly codec?: Codec
  readonly timestampMs?: number
}

/** One batch with a record for each value. */
export function batchOf(values: readonly string[], options: BatchOptions = {}): Uint8Array {
  const { codec = Codec.NONE, timestampMs = 1_700_000_000_000, ...rest } = options
  const records = values.map(value => ({
    timestampMs,
    key: null,
    value: new TextEncoder().encode(value),
    headers: [],
  }))
  const compression =
    codec === Codec.NONE
      ? {}
      : { attributes: codec, compress: (bytes: Uint8Array) => codecs.compress(codec, bytes) }
  return encodeRecordBatch({ baseOffset: 0, records, ...compression, ...rest }, batchNative.crc32c)
}

/** A Produce of one batch to partition 0, or to `index`. */
export function produceOf(
  name: string,
  records: Uint8Array | null,
  { acks = -1, index = 0 }: { acks?: number; index?: number } = {},
): produceCodec.ProduceRequestInit {
  return { acks, timeoutMs: 30_000, topicData: [{ name, partitionData: [{ index, records }] }] }
}

/** `[errorCode, baseOffset]` of the one partition of an answer. */
export function produced(response: produceCodec.ProduceResponse): readonly [number, number] {
  expect(response.responses).toHaveLength(1)
  const { errorCode, baseOffset } = response.responses[0]!.partitionResponses[0]!
  return [errorCode, baseOffset]
}

export interface FetchOptions extends fetchCodec.FetchPartitionInit {
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
}

/** A Fetch of one partition, by name, that waits for nothing unless told to. */
export function fetchOf(name: string, options: FetchOptions = {}): fetchCodec.FetchRequestInit {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 1_000_000, ...partition } = options
  const partitions = [{ partitionMaxBytes: 1_000_000, ...partition }]
  return { maxWaitMs, minBytes, maxBytes, topics: [{ topic: name, partitions }] }
}

export function fetched(response: fetchCodec.FetchResponse): fetchCodec.PartitionData {
  expect(response.responses).toHaveLength(1)
  expect(response.responses[0]!.partitions).toHaveLength(1)
  return response.responses[0]!.partitions[0]!
}

export type { Reply }
