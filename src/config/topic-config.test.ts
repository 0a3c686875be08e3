import { expect, test } from 'vitest'
import { BROKER_DEFINITIONS } from './definitions/broker-definitions.ts'
import { KAFKA_TOPIC_DEFINITIONS, TOPIC_DEFINITIONS } from './definitions/topic-definitions.ts'
import { problemOfValue } from './parse-value.ts'
import { defaultTopicConfig } from './topic-config.ts'

test('CFG-1: the 33 topic keys are declared; their defaults come typed', () => {
  expect(KAFKA_TOPIC_DEFINITIONS).toHaveLength(33)
  expect(defaultTopicConfig).toMatchObject({
    segmentSizeBytes: 1_073_741_824,
    retentionSizeBytes: -1,
    flushMs: Number.MAX_SAFE_INTEGER,
    cleanupDelete: true,
    cleanupCompact: false,
    messageTimestampType: 'CreateTime',
    durability: 'group',
  })
})

test('CFG-1: every default is a legal value of its key', () => {
  for (const definition of TOPIC_DEFINITIONS.values()) {
    if (definition.default === '') continue
    expect(problemOfValue(definition, definition.default!)).toBeNull()
  }
})

test.each([
  ['compression.gzip.level', '0', true],
  ['compression.lz4.level', '18', true],
  ['compression.zstd.level', '-131073', true],
  ['compression.zstd.level', '22', false],
  ['retention.ms', '-2', true],
  ['retention.ms', '9223372036854775808', true],
  ['retention.ms', '9223372036854775807', false],
  ['cleanup.policy', 'compact,delete', false],
  ['cleanup.policy', 'shred', true],
  ['preallocate', 'yes', true],
  ['message.timestamp.type', 'createtime', true],
  ['max.message.bytes', '1e3', true],
])('CMP-4, CFG-1: %s = %s', (name, value, isRefused) => {
  expect(problemOfValue(TOPIC_DEFINITIONS.get(name)!, value) !== null).toBe(isRefused)
})

test('CFG-1: the broker key that is the default of a topic key has its bounds', () => {
  for (const { name, brokerSynonyms = [], min, excluded } of TOPIC_DEFINITIONS.values()) {
    // The others are in hours or minutes, or mean something else as well.
    const sameUnit = brokerSynonyms.filter(
      synonym => synonym.factor === 1 && synonym.name !== 'log.flush.scheduler.interval.ms',
    )
    for (const synonym of sameUnit) {
      const broker = BROKER_DEFINITIONS.get(synonym.name)!
      expect([name, broker.min, broker.excluded]).toEqual([name, min, excluded])
    }
  }
})
