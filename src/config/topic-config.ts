/**
 * The effective settings of a topic, typed. A Long.MAX_VALUE of the config text is Number.MAX_SAFE_INTEGER here; -1 in
 * the retention fields means no bound.
 */
export interface TopicConfig {
  readonly segmentSizeBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexSizeBytes: number
  readonly indexIntervalBytes: number
  readonly retentionMs: number
  readonly retentionSizeBytes: number
  readonly localRetentionMs: number
  readonly localRetentionSizeBytes: number
  readonly maxMessageSizeBytes: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly cleanupDelete: boolean
  readonly cleanupCompact: boolean
  readonly deleteRetentionMs: number
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly minInsyncReplicas: number
  /** `producer`, `uncompressed`, `gzip`, `snappy`, `lz4` or `zstd`. */
  readonly compressionType: string
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly fileDeleteDelayMs: number
  readonly preallocate: boolean
  readonly remoteStorageEnable: boolean
  readonly remoteLogCopyDisable: boolean
  readonly remoteLogDeleteOnDisable: boolean
  readonly uncleanLeaderElectionEnable: boolean
  readonly durability: 'group' | 'os'
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER

export const defaultTopicConfig: TopicConfig = {
  segmentSizeBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexSizeBytes: 10_485_760,
  indexIntervalBytes: 4096,
  retentionMs: 604_800_000,
  retentionSizeBytes: -1,
  localRetentionMs: -2,
  localRetentionSizeBytes: -2,
  maxMessageSizeBytes: 1_048_588,
  flushMessages: NO_LIMIT,
  flushMs: NO_LIMIT,
  cleanupDelete: true,
  cleanupCompact: false,
  deleteRetentionMs: 86_400_000,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: NO_LIMIT,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: NO_LIMIT,
  messageTimestampAfterMaxMs: 3_600_000,
  minInsyncReplicas: 1,
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  fileDeleteDelayMs: 60_000,
  preallocate: false,
  remoteStorageEnable: false,
  remoteLogCopyDisable: false,
  remoteLogDeleteOnDisable: false,
  uncleanLeaderElectionEnable: false,
  durability: 'group',
}
