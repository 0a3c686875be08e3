import { expect, test } from 'vitest'
import { ConfigSource, describeTopicConfig } from './config-layers.ts'
import { BROKER_DEFINITIONS } from './definitions/broker-definitions.ts'
import type { ConfigDefinition } from './definitions/definition.ts'
import { TOPIC_DEFINITIONS } from './definitions/topic-definitions.ts'
import { parseBrokerConfig } from './parse-broker-config.ts'
import { typedTopicConfig } from './topic-config.ts'

/** No entries, and the names that were asked for. */
class WatchedEntries extends Map<string, string> {
  readonly asked = new Set<string>()
  override get(name: string): string | undefined {
    this.asked.add(name)
    return super.get(name)
  }
}

const withoutEffect = (definitions: Iterable<ConfigDefinition>) =>
  [...definitions].filter(({ effect }) => effect === 'none').map(({ name }) => name)

test('a topic key is read, or says that it is without effect', () => {
  const unread = new Set(TOPIC_DEFINITIONS.keys())
  typedTopicConfig(name => {
    unread.delete(name)
    return TOPIC_DEFINITIONS.get(name)!.default!
  })
  expect(withoutEffect(TOPIC_DEFINITIONS.values())).toEqual([...unread])
})

test('a broker key is read, or is the default of a topic key, or says that it is without effect', () => {
  const entries = new WatchedEntries()
  parseBrokerConfig(entries)
  const inForce = [...TOPIC_DEFINITIONS.values()].filter(({ effect }) => effect !== 'none')
  const defaults = inForce.flatMap(({ brokerSynonyms = [] }) => brokerSynonyms.map(({ name }) => name))
  const read = new Set([...entries.asked, ...defaults])
  const unread = [...BROKER_DEFINITIONS.keys()].filter(name => !read.has(name))
  expect(withoutEffect(BROKER_DEFINITIONS.values())).toEqual(unread)
})

test('a broker key may change while the broker runs only when topics take their defaults from it', () => {
  const defaults = new Set(
    [...TOPIC_DEFINITIONS.values()].flatMap(({ brokerSynonyms = [] }) =>
      brokerSynonyms.map(({ name }) => name),
    ),
  )
  const changing = [...BROKER_DEFINITIONS.values()].filter(
    ({ update, effect }) => update !== 'read-only' && effect !== 'none',
  )
  expect(changing.map(({ name }) => name).filter(name => !defaults.has(name))).toEqual([])
})

test('DescribeConfigs says of a key that it is without effect', () => {
  const none = new Map<string, string>()
  const rows = describeTopicConfig({ dynamicBroker: none, dynamicDefaultBroker: none, staticBroker: none })
  const documentation = (key: string) => rows.find(({ name }) => name === key)!.documentation
  expect(documentation('preallocate')).toMatch(/Without effect yet\.$/)
  expect(documentation('segment.bytes')).not.toContain('Without effect')
  expect(rows.every(({ source }) => source === ConfigSource.DEFAULT)).toBe(true)
})
