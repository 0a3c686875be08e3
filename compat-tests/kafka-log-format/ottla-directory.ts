import { createNativePlatform } from '../../src/broker/native-platform.ts'
import type { Platform } from '../../src/broker/platform.ts'
import { defaultTopicConfig } from '../../src/config/topic-config.ts'
import { PinoLogger } from '../../src/platform/pino-logger.ts'
import type { LogConfig } from '../../src/storage/log-config.ts'
import { LogManager } from '../../src/storage/log-manager.ts'

/** A batch, and the leader epoch that it is written in. */
export interface EpochBatch {
  readonly batch: Uint8Array
  readonly leaderEpoch: number
}

export interface OttlaDirectoryOptions {
  readonly path: string
  readonly topicName: string
  readonly topicId: string
  readonly clusterId: string
  readonly segmentSizeBytes: number
  readonly indexIntervalBytes: number
}

/** A data directory that is written through `src/storage`, without a broker. */
export class OttlaDirectory {
  readonly #options: OttlaDirectoryOptions
  readonly #config: LogConfig
  readonly #machine: Platform = createNativePlatform(new PinoLogger({ level: 'warn', readable: true }))

  constructor(options: OttlaDirectoryOptions) {
    this.#options = options
    const { segmentSizeBytes, indexIntervalBytes } = options
    this.#config = { ...defaultTopicConfig, segmentSizeBytes, indexIntervalBytes }
  }

  /** One life: a start, the batches one by one as they come over a connection, records deleted, a clean stop. */
  async live(batches: readonly EpochBatch[], deleteBefore: number): Promise<void> {
    const { topicName, topicId } = this.#options
    const logs = await this.#open()
    const log = logs.getLog(topicName, 0) ?? (await logs.createLog(topicName, topicId, 0, this.#config))
    for (const { batch, leaderEpoch } of batches) {
      const nowMs = this.#machine.clock.wallMs()
      const result = log.append(batch.slice(), { leaderEpoch, nowMs, origin: 'client' })
      if (!result.ok) throw new Error(`Ottla refuses a batch that Kafka took: ${result.errorCode}`)
      if (logs.writeStaged().length > 0) throw new Error('a batch could not be written')
    }
    log.highWatermark = log.logEndOffset
    const deleted = log.deleteRecordsBefore(deleteBefore)
    if (!deleted.ok) throw new Error(`Ottla does not delete records: ${deleted.errorCode}`)
    await logs.close()
  }

  #open(): Promise<LogManager> {
    const { path, clusterId } = this.#options
    return LogManager.open(this.#machine, {
      logDirectories: [path],
      clusterId,
      nodeId: 1,
      initialConfig: this.#config,
      recoveryThreads: 2,
      retentionCheckIntervalMs: 300_000,
      checkpointIntervalMs: 60_000,
      groupJournalMaxBytes: 0,
      unflushedMaxBytes: 1024 * 1024 * 1024,
      producerIdExpirationMs: 86_400_000,
      openSegmentsMax: 1000,
      producerIdExpirationCheckIntervalMs: 600_000,
      flushCheckIntervalMs: 1000,
      onDurable: log => {
        log.highWatermark = log.durableOffset
      },
      onDurablePassEnd: () => undefined,
      onRoom: () => undefined,
      onStartOffsetRaised: () => undefined,
      onDirectoryFailure: () => undefined,
    })
  }
}
