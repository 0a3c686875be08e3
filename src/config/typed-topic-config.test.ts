import { expect, test } from 'vitest'
import { KAFKA_TOPIC_DEFINITIONS, TOPIC_DEFINITIONS } from './definitions/topic-definitions.ts'
import { problemOfValue } from './parse-value.ts'
import { defaultTopicConfig } from './topic-config.ts'
import { typedTopicConfig } from './typed-topic-config.ts'

test('CFG-1: the 33 topic keys are declared, and their defaults are the typed defaults', () => {
  expect(KAFKA_TOPIC_DEFINITIONS).toHaveLength(33)
  expect(typedTopicConfig(name => TOPIC_DEFINITIONS.get(name)!.default!)).toEqual(defaultTopicConfig)
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
