import { TOPIC_DEFINITIONS } from './definitions/topic-definitions.ts'
import { parseNumber } from './parse-value.ts'

/** The codec batches are stored in, by its number in a batch's attributes, and its level where it has levels. */
export interface StoredCodec {
  readonly codec: number
  readonly level: number
}

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
    /** Null for what the producer sent. */
    storedCodec: storedCodecOf(text('compression.type'), number),
    durability,
  }
}

const NO_LEVEL = 0

function storedCodecOf(compressionType: string, number: (name: string) => number): StoredCodec | null {
  const codecs: Readonly<Record<string, StoredCodec>> = {
    uncompressed: { codec: 0, level: NO_LEVEL },
    gzip: { codec: 1, level: number('compression.gzip.level') },
    snappy: { codec: 2, level: NO_LEVEL },
    lz4: { codec: 3, level: number('compression.lz4.level') },
    zstd: { codec: 4, level: number('compression.zstd.level') },
  }
  return codecs[compressionType] ?? null
}

export const defaultTopicConfig: TopicConfig = typedTopicConfig(name => TOPIC_DEFINITIONS.get(name)!.default!)
