import { TOPIC_DEFINITIONS } from './definitions/topic-definitions.ts'
import { parseNumber } from './parse-value.ts'

/** The effective settings of a topic that something reads, typed. */
export type TopicConfig = Readonly<ReturnType<typeof typedTopicConfig>>

/**
 * Types the texts of a topic's keys. `text` answers the effective, already validated text of every topic key. A
 * Long.MAX_VALUE is Number.MAX_SAFE_INTEGER here; -1 in the retention fields means no bound.
 */
export function typedTopicConfig(text: (name: string) => string) {
  const number = (name: string) => parseNumber(text(name))
  const policies = text('cleanup.policy')
    .split(',')
    .map(policy => policy.trim())
  const messageTimestampType: 'CreateTime' | 'LogAppendTime' =
    text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime'
  /** `group`: durable is what was synced. `os`: durable is what was written, as Kafka has it. */
  const durability: 'group' | 'os' = text('ottla.durability') === 'os' ? 'os' : 'group'
  return {
    segmentSizeBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexSizeBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    retentionMs: number('retention.ms'),
    retentionSizeBytes: number('retention.bytes'),
    maxMessageSizeBytes: number('max.message.bytes'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    cleanupDelete: policies.includes('delete'),
    cleanupCompact: policies.includes('compact'),
    messageTimestampType,
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    durability,
  }
}

export const defaultTopicConfig: TopicConfig = typedTopicConfig(name => TOPIC_DEFINITIONS.get(name)!.default!)
