import { parseNumber } from './parse-value.ts'
import type { TopicConfig } from './topic-config.ts'

/** Types the texts of a topic's keys. `text` answers the effective, already validated text of every topic key. */
export function typedTopicConfig(text: (name: string) => string): TopicConfig {
  const number = (name: string) => parseNumber(text(name))
  const flag = (name: string) => text(name).toLowerCase() === 'true'
  const policies = text('cleanup.policy')
    .split(',')
    .map(policy => policy.trim())
  return {
    segmentSizeBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexSizeBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    retentionMs: number('retention.ms'),
    retentionSizeBytes: number('retention.bytes'),
    localRetentionMs: number('local.retention.ms'),
    localRetentionSizeBytes: number('local.retention.bytes'),
    maxMessageSizeBytes: number('max.message.bytes'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    cleanupDelete: policies.includes('delete'),
    cleanupCompact: policies.includes('compact'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    messageTimestampType: text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    compressionType: text('compression.type'),
    compressionGzipLevel: number('compression.gzip.level'),
    compressionLz4Level: number('compression.lz4.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    preallocate: flag('preallocate'),
    remoteStorageEnable: flag('remote.storage.enable'),
    remoteLogCopyDisable: flag('remote.log.copy.disable'),
    remoteLogDeleteOnDisable: flag('remote.log.delete.on.disable'),
    uncleanLeaderElectionEnable: flag('unclean.leader.election.enable'),
    durability: text('ottla.durability') === 'os' ? 'os' : 'group',
  }
}
