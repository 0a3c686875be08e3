import { expect, test } from 'vitest'
import {
  ConfigSource,
  describeBrokerConfig,
  describeTopicConfig,
  effectiveTopicConfig,
} from './config-layers.ts'
import { BROKER_DEFINITIONS } from './definitions/broker-definitions.ts'
import { parseBrokerConfig } from './parse-broker-config.ts'
import { parseProperties } from './parse-properties.ts'
import { problemOfValue } from './parse-value.ts'

const NONE = new Map<string, string>()
const parse = (text: string) => parseBrokerConfig(parseProperties(text))
const problems = (text: string) => {
  const result = parse(text)
  return result.ok ? [] : result.problems
}

test('every broker default is legal', () => {
  for (const definition of BROKER_DEFINITIONS.values()) {
    if (definition.default !== null) expect(problemOfValue(definition, definition.default)).toBeNull()
  }
})

test('CFG-5: Kafka’s own server.properties is taken as it is', () => {
  const result = parse(`
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL
num.network.threads=3
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
offsets.topic.replication.factor=1
log.retention.hours=168
`)
  if (!result.ok) throw new Error(result.problems.join())
  expect(result.config.nodeId).toBe(1)
  expect(result.config.logDirs).toEqual(['/tmp/kraft-combined-logs'])
  expect(result.config.listeners).toEqual([
    { name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 'PLAINTEXT' },
  ])
  expect(result.config.advertisedListeners).toEqual([{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }])
  expect(result.warnings).toHaveLength(3)
  expect(result.warnings[0]).toContain('process.roles')
  expect(result.warnings[1]).toBe('known, but without effect yet: inter.broker.listener.name')
  expect(result.warnings[2]).toContain('localhost only')
})

test('an unknown key is named with the nearest known one', () => {
  const result = parse('num.partition=3')
  expect(result).toMatchObject({
    ok: true,
    warnings: [expect.stringContaining('did you mean num.partitions?')],
  })
})

test('an address that others reach needs ottla.allow.unauthenticated', () => {
  expect(problems('listeners=PLAINTEXT://0.0.0.0:9092')).toHaveLength(1)
  expect(problems('listeners=PLAINTEXT://0.0.0.0:9092\nottla.allow.unauthenticated=true')).toEqual([])
  expect(problems('listeners=PLAINTEXT://[::1]:9092,OTHER://:1')).toEqual([
    'listener.security.protocol.map has no protocol for listener OTHER',
  ])
})

test.each(['0.0.0.0', '[::]'])('no client is told to connect to %s', host => {
  expect(problems(`advertised.listeners=PLAINTEXT://${host}:9092`)).toEqual([
    `advertised.listeners: no client can connect to ${host.replace(/[[\]]/g, '')} (PLAINTEXT)`,
  ])
})

test('node.id and its older name may both be there when they agree', () => {
  expect(problems('node.id=5\nbroker.id=5')).toEqual([])
  expect(problems('node.id=5\nbroker.id=-1')).toEqual([])
  expect(problems('node.id=7\nbroker.id=5')).toEqual(['node.id and broker.id, its older name, differ'])
})

test('every bad value is reported, in one line each', () => {
  expect(problems('num.partitions=0\nauto.create.topics.enable=maybe\nlog.segment.bytes=12')).toHaveLength(3)
})

test('CFG-1, CFG-2: a topic key comes from the most specific layer, with all synonyms', () => {
  const layers = {
    topic: new Map([['retention.ms', '5']]),
    dynamicBroker: NONE,
    dynamicDefaultBroker: new Map([['log.retention.ms', '6']]),
    staticBroker: new Map([
      ['log.retention.hours', '2'],
      ['log.retention.minutes', '3'],
      ['log.segment.bytes', '2097152'],
    ]),
  }
  const config = effectiveTopicConfig(layers)
  expect(config.retentionMs).toBe(5)
  expect(config.segmentSizeBytes).toBe(2_097_152)
  expect(effectiveTopicConfig({ ...layers, topic: NONE, dynamicDefaultBroker: NONE }).retentionMs).toBe(
    180_000,
  )
  const entry = describeTopicConfig(layers).find(row => row.name === 'retention.ms')!
  expect(entry.source).toBe(ConfigSource.TOPIC)
  expect(entry.synonyms.map(synonym => [synonym.name, synonym.value, synonym.source])).toEqual([
    ['retention.ms', '5', 1],
    ['log.retention.ms', '6', 3],
  ])
})

test('CFG-2: a broker key in another unit is in force, and no synonym; nor is a default that is null', () => {
  const layers = {
    topic: NONE,
    dynamicBroker: NONE,
    dynamicDefaultBroker: NONE,
    staticBroker: new Map([['log.retention.hours', '2']]),
  }
  const topicRow = (name: string) => describeTopicConfig(layers).find(row => row.name === name)!
  expect(topicRow('retention.ms')).toMatchObject({
    value: '7200000',
    source: ConfigSource.DEFAULT,
    synonyms: [],
  })
  expect(topicRow('flush.ms').synonyms).toEqual([])
  expect(topicRow('remote.storage.enable').synonyms).toEqual([])
  expect(topicRow('max.message.bytes').synonyms).toEqual([
    { name: 'message.max.bytes', value: '1048588', source: ConfigSource.DEFAULT },
  ])
  const brokerRow = (name: string) => describeBrokerConfig(layers).find(row => row.name === name)!
  expect(brokerRow('log.retention.ms')).toMatchObject({
    value: null,
    source: ConfigSource.DEFAULT,
    synonyms: [],
  })
  expect(brokerRow('log.retention.hours').synonyms).toEqual([
    { name: 'log.retention.hours', value: '2', source: ConfigSource.STATIC_BROKER },
    { name: 'log.retention.hours', value: '168', source: ConfigSource.DEFAULT },
  ])
})
