/**
 * What a log needs of its topic's configuration; Kafka's own settings, in numbers. Sizes and times without a limit are
 * -1 (retention) or very large.
 */
export interface LogConfig {
  readonly segmentSizeBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexSizeBytes: number
  readonly indexIntervalBytes: number
  readonly retentionMs: number
  readonly retentionSizeBytes: number
  readonly maxMessageSizeBytes: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly cleanupDelete: boolean
  readonly cleanupCompact: boolean
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly fileDeleteDelayMs: number
  /** `group`: durable is what was synced. `os`: durable is what was written, as Kafka has it. */
  readonly durability: 'group' | 'os'
}
