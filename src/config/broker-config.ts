import type { AdvertisedListener, Listener } from './listeners.ts'

/** The settings of one broker, typed and checked. Topic defaults are not here: see effectiveTopicConfig. */
export interface BrokerConfig {
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly Listener[]
  /** One per listener that advertises another address than its own; look-up is by name. */
  readonly advertisedListeners: readonly AdvertisedListener[]
  /** The first holds the metadata journal. */
  readonly logDirs: readonly string[]
  readonly durability: 'group' | 'os'
  /** Of one log directory; null for what suits the machine's memory. */
  readonly unflushedMaxBytes: number | null
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly autoCreateTopics: boolean
  readonly deleteTopicEnabled: boolean
  readonly fetchMaxBytes: number
  readonly fetchSessionsMax: number
  readonly describeTopicPartitionsMax: number
  readonly connectionsMaxIdleMs: number
  readonly connectionsMax: number
  readonly connectionsPerAddressMax: number
  readonly requestMaxBytes: number
  readonly queuedRequestMaxBytes: number
  readonly offsetsTopicPartitionCount: number
  readonly offsetsTopicReplicationFactor: number
  readonly offsetsTopicSegmentSizeBytes: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetMetadataCharsMax: number
  readonly groupSessionTimeoutMinMs: number
  readonly groupSessionTimeoutMaxMs: number
  readonly groupSizeMax: number
  readonly groupInitialRebalanceDelayMs: number
  readonly producerIdExpirationMs: number
  readonly producerIdExpirationCheckIntervalMs: number
  readonly retentionCheckIntervalMs: number
  /** Logs of a directory that are recovered at a time. */
  readonly recoveryThreads: number
  readonly flushSchedulerIntervalMs: number
  readonly recoveryCheckpointIntervalMs: number
  /** 0 for none. */
  readonly groupJournalMaxBytes: number
  readonly startCheckpointIntervalMs: number
  /** Every key that was set at the start, with its exact text. */
  readonly staticEntries: ReadonlyMap<string, string>
}
