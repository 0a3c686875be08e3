import type { Clock, Timer, Timers } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { StorageError } from '../base/storage-error.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../metadata/image/metadata-image.ts'
import { type MetadataRecord, ResourceType } from '../metadata/metadata-record.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import type { Log } from '../storage/log.ts'
import type { LogConfig } from '../storage/log-config.ts'
import type { LogManager } from '../storage/log-manager.ts'
import { PackSlots } from './pack-slots.ts'
import { Partition, type PartitionPorts } from './partition.ts'
import { ProducerHold } from './producer-hold.ts'

export interface PartitionsPorts {
  readonly logs: LogManager
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** The configuration in force of a topic, by the image as it is now. */
  readonly configOf: (topicName: string) => LogConfig
  readonly onTopicDeleted: (topicName: string) => void
  readonly batchNative: BatchNative
  readonly schedulePass: () => void
  /** Bytes that may wait for the disk at once: clients' batches, and what else their connections have sent. */
  readonly heldMaxBytes: number
  readonly waitingBehindBytes: () => number
}

/** Each costs a worker's time and up to max.message.bytes, twice. */
const PACK_SLOTS = 16
/** A disk that had no room for a new log may have some by then. */
const REFUSED_RETRY_MS = 10_000

interface RefusedLog {
  readonly topic: TopicImage
  readonly partition: PartitionImage
}

/** The partitions this broker leads: the metadata says which there are, storage holds their logs. */
export class Partitions {
  readonly #ports: PartitionsPorts
  readonly #partitionPorts: PartitionPorts
  readonly #hold: ProducerHold
  readonly #byTopic = new Map<string, Partition[]>()
  readonly #byLog = new Map<Log, Partition>()
  /** By topic; all its partitions have the same one. */
  readonly #configs = new Map<string, LogConfig>()
  /** Appended to in this pass. */
  #touched: Partition[] = []
  /** Partitions that are offline because the disk refused to make their logs. */
  #refused: RefusedLog[] = []
  #retryTimer: Timer | null = null
  #retrying: Promise<void> | null = null

  constructor(ports: PartitionsPorts) {
    this.#ports = ports
    const { batchNative, schedulePass, logs } = ports
    const onStaged = (partition: Partition) => this.#touched.push(partition)
    const saveStartOffset = (log: Log) => logs.saveStartOffset(log)
    const packSlots = new PackSlots(PACK_SLOTS)
    this.#hold = new ProducerHold(ports)
    const fromPartitions = { onStaged, saveStartOffset, packSlots, hold: this.#hold }
    this.#partitionPorts = { batchNative, schedulePass, ...fromPartitions }
  }

  get(topicName: string, partitionIndex: number): Partition | undefined {
    return this.#byTopic.get(topicName)?.[partitionIndex]
  }

  /** Makes logs and metadata agree after a start: what a crash left half done is finished. */
  async start(image: MetadataImage): Promise<void> {
    for (const log of [...this.#ports.logs.logs()]) await this.#setAsideStray(log, image)
    const missing: Promise<void>[] = []
    for (const topic of image.topics()) {
      for (const partition of topic.partitions) missing.push(this.#open(topic, partition))
    }
    await Promise.all(missing)
  }

  /** The listener of the metadata store: a change is answered when the logs are as it says. */
  async apply(record: MetadataRecord, image: MetadataImage): Promise<void> {
    // What it opens may be what the record deletes.
    if (this.#retrying !== null) await this.#retrying
    switch (record.type) {
      case 'topic-created':
      case 'partitions-added':
        return this.#openMissing(image.topicById(record.topicId))
      case 'topic-deleted':
        return this.#delete(record.topicId)
      case 'configs-changed':
        return this.#applyConfigs(record.resourceType === ResourceType.TOPIC ? record.resourceName : null)
    }
  }

  /** Opens no log any more, and takes no batch that was held back. */
  async close(): Promise<void> {
    this.#hold.close()
    this.#retryTimer?.cancel()
    await this.#retrying
    this.#retryTimer?.cancel()
  }

  /** The end of a pass: one write per touched segment; acks=1 and failed appends are settled, others by `onDurable`. */
  endPass(): void {
    if (this.#touched.length > 0) this.#write()
    this.#hold.releaseLater()
  }

  // ---- for the log manager's callbacks ----

  onDurable(log: Log): void {
    this.#byLog.get(log)?.advance()
  }

  /** Batches that were held back may go on. */
  onRoom(): void {
    this.#hold.releaseLater()
  }

  onStartOffsetRaised(log: Log): void {
    this.#byLog.get(log)?.startOffsetRaised()
  }

  onDirectoryFailure(logs: readonly Log[]): void {
    for (const log of logs) this.#byLog.get(log)?.settleAll(ErrorCode.KAFKA_STORAGE_ERROR)
  }

  #write(): void {
    const touched = this.#touched
    this.#touched = []
    for (const { log, fromOffset, errorCode } of this.#ports.logs.writeStaged()) {
      this.#byLog.get(log)?.settleFailed(fromOffset, errorCode)
    }
    for (const partition of touched) partition.settleWritten()
  }

  /** A log that the metadata does not know keeps its bytes under another name: the metadata may be what was lost. */
  async #setAsideStray(log: Log, image: MetadataImage): Promise<void> {
    const topic = image.topic(log.topicName)
    const { topicName, partitionIndex } = log
    if (topic?.topicId === log.topicId && partitionIndex < topic.partitions.length) return
    this.#ports.logger.warn({ topic: topicName, partition: partitionIndex }, 'a stray log is set aside')
    await this.#ports.logs.setAsideLog(topicName, partitionIndex)
  }

  async #openMissing(topic: TopicImage | undefined): Promise<void> {
    if (topic === undefined) return
    const isHere = (partition: PartitionImage) => this.get(topic.name, partition.partitionIndex) !== undefined
    await Promise.all(
      topic.partitions.filter(partition => !isHere(partition)).map(partition => this.#open(topic, partition)),
    )
  }

  async #open(topic: TopicImage, image: PartitionImage): Promise<void> {
    const { partitionIndex } = image
    const log = this.#ports.logs.getLog(topic.name, partitionIndex) ?? (await this.#create(topic, image))
    log?.applyConfig(this.#configOf(topic.name))
    const identity = { topicName: topic.name, topicId: topic.topicId, partitionIndex }
    const partition = new Partition(identity, image, log, this.#partitionPorts)
    const partitions = this.#byTopic.get(topic.name) ?? []
    partitions[partitionIndex] = partition
    this.#byTopic.set(topic.name, partitions)
    if (log !== null) this.#byLog.set(log, partition)
  }

  /** Null, and an offline partition, when the disk refuses or what is there could not be recovered. */
  async #create(topic: TopicImage, partition: PartitionImage): Promise<Log | null> {
    const { logs, logger } = this.#ports
    const { name, topicId } = topic
    const { partitionIndex } = partition
    if (logs.hasUnreadableLog(name, partitionIndex)) return null
    try {
      return await logs.createLog(name, topicId, partitionIndex, this.#configOf(name))
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      logger.error(
        { topic: name, partition: partitionIndex, error: error.message },
        'a log could not be created',
      )
      this.#refused.push({ topic, partition })
      this.#retryTimer ??= this.#ports.timers.set(REFUSED_RETRY_MS, () => this.#retryRefused())
      return null
    }
  }

  #retryRefused(): void {
    this.#retryTimer = null
    const refused = this.#refused
    this.#refused = []
    this.#retrying = this.#openAgain(refused).finally(() => {
      this.#retrying = null
    })
  }

  async #openAgain(refused: readonly RefusedLog[]): Promise<void> {
    for (const { topic, partition } of refused) {
      const isThere = this.get(topic.name, partition.partitionIndex)?.topicId === topic.topicId
      if (isThere) await this.#open(topic, partition)
    }
  }

  async #delete(topicId: string): Promise<void> {
    for (const [topicName, partitions] of this.#byTopic) {
      if (partitions[0]?.topicId !== topicId) continue
      this.#byTopic.delete(topicName)
      this.#configs.delete(topicName)
      this.#ports.onTopicDeleted(topicName)
      await Promise.all(partitions.map(partition => this.#deletePartition(partition)))
      return
    }
  }

  async #deletePartition(partition: Partition): Promise<void> {
    const { topicName, partitionIndex, log } = partition
    if (log !== null) this.#byLog.delete(log)
    partition.markDeleted()
    try {
      await this.#ports.logs.deleteLog(topicName, partitionIndex)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      const fields = { topic: topicName, partition: partitionIndex, error: error.message }
      this.#ports.logger.error(fields, 'the log of a deleted topic could not be removed')
    }
  }

  #configOf(topicName: string): LogConfig {
    const config = this.#configs.get(topicName) ?? this.#ports.configOf(topicName)
    this.#configs.set(topicName, config)
    return config
  }

  #applyConfigs(topicName: string | null): void {
    if (topicName === null) this.#configs.clear()
    else this.#configs.delete(topicName)
    for (const [name, partitions] of this.#byTopic) {
      if (topicName !== null && name !== topicName) continue
      const config = this.#configOf(name)
      for (const partition of partitions) partition.log?.applyConfig(config)
    }
  }
}
