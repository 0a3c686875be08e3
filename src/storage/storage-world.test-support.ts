import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { createBatchNative } from '../broker/native-platform.ts'
import { defaultTopicConfig } from '../config/topic-config.ts'
import type { ScanFile } from '../native/batch-scan.ts'
import { loadNativeBinding } from '../native/load.ts'
import { createSimScan } from '../native/sim/sim-scan.ts'
import { SimDisk } from '../native/sim-disk.ts'
import { SeededRandom } from '../platform/seeded-random.ts'
import { VirtualTime } from '../platform/virtual-time.ts'
import type { DecodedRecord } from '../protocol/records/batch-record.ts'
import { batchesOf } from '../protocol/records/batches-of.ts'
import { decodeRecords } from '../protocol/records/decode-records.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import type { AppendResult } from './append-result.ts'
import type { BatchNative } from './batch-native.ts'
import type { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import { LogManager, type LogManagerOptions } from './log-manager.ts'
import type { ReadResult } from './log-reader.ts'

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const createTopicId = (number: number) => `AAAAAAAAAAAAAAAAAAAA${String.fromCharCode(64 + number)}Q`
const START_MS = 1_700_000_000_000

export interface BatchOptions {
  readonly values?: readonly string[]
  readonly timestampMs?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly leaderEpoch?: number
}

const binding = loadNativeBinding()

/** The same disk; `onSync` is told of each sync of a file that a thread is asked for. */
export function tellingOfSyncs(disk: SimDisk, onSync: () => void): SimDisk {
  const createQueue = disk.createQueue.bind(disk)
  disk.createQueue = onCompletions => {
    const queue = createQueue(onCompletions)
    const fdatasync = queue.fdatasync.bind(queue)
    queue.fdatasync = (file, ticket) => {
      onSync()
      fdatasync(file, ticket)
    }
    return queue
  }
  return disk
}

/** Logs, of which most tests have only `t-0`, on a disk in memory whose power can be cut. */
export class StorageWorld {
  readonly native: BatchNative = createBatchNative(binding)
  /** That of the disk: a world that takes over another one's disk takes its time as well. */
  time = new VirtualTime(START_MS)
  readonly errors: string[] = []
  config: LogConfig
  /** What the next start takes instead of the defaults here. */
  managerOptions: Partial<LogManagerOptions> = {}
  directories: readonly string[] = ['/data']
  disk: SimDisk
  /** What stands between the logs and their disk: a mistake, when one is planted. */
  wrapDisk: (disk: SimDisk) => Disk = disk => disk
  /** A step of the disk's threads takes a time up to this. */
  diskStepMaxMs = 1
  onRoom: () => void = () => {}
  /** Scans of files that were asked for, and how many were under way at once. */
  readonly scans = { count: 0, underWay: 0, underWayMax: 0 }
  logs!: LogManager
  readonly #random: SeededRandom

  constructor(config: Partial<LogConfig> = {}, seed = 1) {
    this.config = { ...defaultTopicConfig, ...config }
    this.#random = new SeededRandom(seed)
    this.disk = new SimDisk({
      schedule: (callback, delayMs) => this.#later(callback, delayMs),
      wallMs: () => this.time.clock.wallMs(),
    })
  }

  static async open(config: Partial<LogConfig> = {}, seed = 1): Promise<StorageWorld> {
    const world = new StorageWorld(config, seed)
    await world.startWithLogs(1)
    return world
  }

  /** The first start, and the making of so many logs: `t-0` and on. */
  async startWithLogs(count: number): Promise<void> {
    await this.start()
    for (let index = 0; index < count; index += 1) await this.createLog(index)
  }

  createLog(partitionIndex: number, topicId = TOPIC_ID): Promise<Log> {
    return this.settled(this.logs.createLog('t', topicId, partitionIndex, this.config))
  }

  async start(clusterId: string | null = null): Promise<void> {
    const ignore = () => {}
    const later = (callback: () => void) => this.#later(callback)
    const error = (_fields: object, message: string) => void this.errors.push(message)
    const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error }
    const disk = this.wrapDisk(this.disk)
    const opened = LogManager.open(
      {
        disk,
        clock: this.time.clock,
        timers: this.time.timers,
        random: this.#random,
        logger,
        batchNative: { ...this.native, scanFile: this.#countScans(createSimScan(disk, binding, later)) },
      },
      {
        logDirectories: this.directories,
        clusterId,
        nodeId: 0,
        initialConfig: this.config,
        recoveryThreads: 2,
        retentionCheckIntervalMs: 300_000,
        checkpointIntervalMs: 60_000,
        groupJournalMaxBytes: 64 * 1024 * 1024,
        unflushedMaxBytes: 1024 * 1024 * 1024,
        producerIdExpirationMs: 86_400_000,
        openSegmentsMax: 1000,
        producerIdExpirationCheckIntervalMs: 600_000,
        flushCheckIntervalMs: 1000,
        ...this.managerOptions,
        onDurable: log => {
          log.highWatermark = log.durableOffset
        },
        onDurablePassEnd: ignore,
        onRoom: () => this.onRoom(),
        onStartOffsetRaised: ignore,
        onDirectoryFailure: ignore,
      },
    )
    this.logs = await this.settled(opened)
  }

  #countScans(scanFile: ScanFile): ScanFile {
    const { scans } = this
    return async (range, rows) => {
      scans.count += 1
      scans.underWay += 1
      scans.underWayMax = Math.max(scans.underWayMax, scans.underWay)
      const result = await scanFile(range, rows)
      scans.underWay -= 1
      return result
    }
  }

  #later(callback: () => void, diskMs = 0): void {
    const stepMs = this.diskStepMaxMs === 1 ? 1 : 1 + this.#random.below(this.diskStepMaxMs)
    this.time.timers.set(stepMs + diskMs, callback)
  }

  get log(): Log {
    return this.logs.getLog('t', 0)!
  }

  batch(options: BatchOptions = {}): Uint8Array {
    const { values = ['v'], timestampMs = this.time.clock.wallMs() } = options
    const { producerId = -1, producerEpoch = -1, baseSequence = -1 } = options
    const encoder = new TextEncoder()
    const records = values.map(value => ({
      key: null,
      value: encoder.encode(value),
      headers: [],
      timestampMs,
    }))
    return encodeRecordBatch(
      { baseOffset: 0, records, producerId, producerEpoch, baseSequence },
      this.native.crc32c,
    )
  }

  /** Stages one batch. */
  stage(options: BatchOptions = {}, log = this.log): AppendResult {
    const nowMs = this.time.clock.wallMs()
    return log.append(this.batch(options), {
      leaderEpoch: options.leaderEpoch ?? 0,
      nowMs,
      origin: 'client',
    })
  }

  /** Stages and writes one batch; its sync is under way. */
  append(options: BatchOptions = {}, log = this.log): AppendResult {
    const result = this.stage(options, log)
    this.logs.writeStaged()
    return result
  }

  /** Stages a batch in each log and writes all in one pass; their syncs are under way. */
  appendToAll(options: BatchOptions = {}, logs: Iterable<Log> = this.logs.logs()): void {
    for (const log of logs) {
      const result = this.stage(options, log)
      if (!result.ok) throw new Error(result.errorMessage)
    }
    this.logs.writeStaged()
  }

  /** Of all logs. */
  durableOffsets(): number[] {
    return Array.from(this.logs.logs(), ({ durableOffset }) => durableOffset)
  }

  /** Of the last segments of all logs. */
  syncedOffsets(): number[] {
    return Array.from(this.logs.logs(), ({ segments }) => segments.at(-1)!.syncedEndOffset)
  }

  /** Lets the disk finish what it was asked for. */
  sync(): void {
    this.time.advance(10)
  }

  read(fromOffset = this.log.logStartOffset): DecodedRecord[] {
    const records: DecodedRecord[] = []
    let offset = fromOffset
    while (offset < this.log.highWatermark) {
      const result = this.readLog(offset, 64 * 1024, this.log.highWatermark)
      if (!result.ok || result.range === null) throw new Error(`offset ${offset} can't be read`)
      const bytes = new Uint8Array(result.range.sizeBytes)
      this.disk.pread(result.range.file, bytes, result.range.position)
      for (const batch of batchesOf(bytes)) records.push(...decodeRecords(batch))
      offset = records.at(-1)!.offset + 1
    }
    return records.filter(record => record.offset >= fromOffset)
  }

  /** Waits for what is on the disk only. */
  readLog(offset: number, maxBytes: number, upToOffset: number): ReadResult {
    while (true) {
      const result = this.log.read(offset, maxBytes, upToOffset, true)
      if (!result.ok || result.cold === undefined) return result
      let isWaiting = true
      result.cold.wait(() => {
        isWaiting = false
      })
      while (isWaiting) this.time.advance(1)
    }
  }

  values(): string[] {
    const decoder = new TextDecoder()
    return this.read().map(({ value }) => decoder.decode(value!))
  }

  files(extension: string): string[] {
    return this.disk
      .list('/data/t-0')
      .map(({ name }) => name)
      .filter(name => name.endsWith(extension))
  }

  async restartCleanly(): Promise<void> {
    await this.settled(this.logs.close())
    await this.start()
  }

  /** What was not synced may be lost, torn, or there. */
  async cutPower(): Promise<void> {
    this.disk = this.disk.crash(this.#random)
    await this.start()
  }

  async settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    for (let turn = 0; turn < 1000 && !isSettled; turn += 1) {
      await new Promise(resolve => setImmediate(resolve))
      if (!isSettled) this.time.advance(1)
    }
    return promise
  }
}
