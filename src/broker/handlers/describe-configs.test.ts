import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import type {
  DescribeConfigsRequestInit,
  DescribeConfigsResourceInit,
} from '../../protocol/generated/describe-configs.ts'
import { DESCRIBE_CONFIGS, INCREMENTAL_ALTER_CONFIGS } from '../simulated-apis.test-support.ts'
import { SimulatedBroker } from '../simulated-broker.test-support.ts'

const TOPIC = 2
const BROKER = 4
const Source = { TOPIC: 1, BROKER: 2, DEFAULT_BROKER: 3, STATIC: 4, DEFAULT: 5 } as const
const Type = { BOOLEAN: 1, STRING: 2, INT: 3, LONG: 5, DOUBLE: 6, LIST: 7 } as const

let world: SimulatedBroker

afterEach(() => world.close())

async function begin(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await SimulatedBroker.started(settings)
}

async function describe(
  version: number,
  resource: DescribeConfigsResourceInit,
  flags: DescribeConfigsRequestInit = {},
) {
  const resources = [{ configurationKeys: null, ...resource }]
  const { results } = await world.call(world.connect(), DESCRIBE_CONFIGS, version, { resources, ...flags })
  return results[0]!
}

/** One key of topic `t` or of broker 0. */
async function key(
  version: number,
  name: string,
  flags: DescribeConfigsRequestInit = {},
  resourceType: number = TOPIC,
) {
  const resourceName = resourceType === TOPIC ? 't' : '0'
  const answer = await describe(version, { resourceType, resourceName, configurationKeys: [name] }, flags)
  expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, errorMessage: '' })
  expect(answer.configs).toHaveLength(1)
  return answer.configs[0]!
}

async function set(resourceType: number, resourceName: string, name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: 0, value }]
  const resources = [{ resourceType, resourceName, configs }]
  const { responses } = await world.call(world.connect(), INCREMENTAL_ALTER_CONFIGS, 1, { resources })
  expect(responses[0]!.errorCode).toBe(ErrorCode.NONE)
}

test('CFG-2 a value comes from the most specific place that sets it; its synonyms are all of them', async () => {
  await begin({ 'log.segment.bytes': '5000000' })
  await world.createTopic('t')
  const asked = async () => {
    const { value, configSource, synonyms } = await key(4, 'segment.bytes', { includeSynonyms: true })
    expect(synonyms[0]).toMatchObject({ value, source: configSource })
    return [value, configSource, synonyms.map(({ name }) => name).join()]
  }
  const fixed = 'log.segment.bytes,log.segment.bytes'
  expect(await asked()).toEqual(['5000000', Source.STATIC, fixed])
  await set(BROKER, '', 'log.segment.bytes', '4000000')
  expect(await asked()).toEqual(['4000000', Source.DEFAULT_BROKER, `log.segment.bytes,${fixed}`])
  await set(BROKER, '0', 'log.segment.bytes', '3000000')
  expect(await asked()).toEqual(['3000000', Source.BROKER, `log.segment.bytes,log.segment.bytes,${fixed}`])
  await set(TOPIC, 't', 'segment.bytes', '2000000')
  const all = `segment.bytes,log.segment.bytes,log.segment.bytes,${fixed}`
  expect(await asked()).toEqual(['2000000', Source.TOPIC, all])
  expect((await key(4, 'flush.ms')).configSource).toBe(Source.DEFAULT)
})

test.each([0, 1, 2, 3, 4])('CFG-2 what version %i tells of a key', async version => {
  await begin()
  await world.createTopic('t', { configs: { 'retention.ms': '1000' } })
  const flags = {
    ...(version >= 1 ? { includeSynonyms: true } : {}),
    ...(version >= 3 ? { includeDocumentation: true } : {}),
  }
  const own = await key(version, 'retention.ms', flags)
  expect(own).toMatchObject({ name: 'retention.ms', value: '1000', readOnly: false, isSensitive: false })
  const byDefault = await key(version, 'min.cleanable.dirty.ratio', flags)
  if (version === 0) expect([own.isDefault, byDefault.isDefault]).toEqual([false, true])
  else expect([own.configSource, byDefault.configSource]).toEqual([Source.TOPIC, Source.DEFAULT])
  expect(own.synonyms.length).toBe(version === 0 ? 0 : 1)
  expect([own.configType, byDefault.configType]).toEqual(version >= 3 ? [Type.LONG, Type.DOUBLE] : [0, 0])
  if (version >= 3) expect(own.documentation).toMatch(/[a-z]{3}/)
  else expect(own.documentation).toBeNull()
})

test('CFG-2 synonyms and documentation are told to who asks for them', async () => {
  await begin()
  await world.createTopic('t')
  expect(await key(4, 'retention.ms')).toMatchObject({ synonyms: [], documentation: null })
})

test('CFG-2 a key has the type code of its kind', async () => {
  await begin()
  await world.createTopic('t')
  const types = async (...names: string[]) =>
    Promise.all(names.map(async name => (await key(4, name)).configType))
  const kinds = [Type.BOOLEAN, Type.STRING, Type.INT, Type.LONG, Type.DOUBLE, Type.LIST]
  expect(
    await types(
      'preallocate',
      'compression.type',
      'segment.bytes',
      'retention.bytes',
      'min.cleanable.dirty.ratio',
      'cleanup.policy',
    ),
  ).toEqual(kinds)
})

test('CFG-2 no keys and an empty list both ask for all of them; an unknown key is passed over', async () => {
  await begin()
  await world.createTopic('t')
  const resource = { resourceType: TOPIC, resourceName: 't' }
  const all = await describe(4, resource)
  const names = all.configs.map(({ name }) => name)
  expect(names).toContain('retention.ms')
  expect(names.length).toBeGreaterThanOrEqual(33)
  expect(await describe(4, { ...resource, configurationKeys: [] })).toEqual(all)
  const some = await describe(4, { ...resource, configurationKeys: ['no.such', 'flush.ms'] })
  expect(some.configs.map(({ name }) => name)).toEqual(['flush.ms'])
})

test('CFG-2 a broker shows what may not change as read-only, and no value that may be a secret', async () => {
  await begin({ 'num.io.threads': '3' })
  expect(await key(4, 'log.dirs', {}, BROKER)).toMatchObject({
    value: '/data',
    readOnly: true,
    configSource: Source.STATIC,
  })
  await set(BROKER, '0', 'a.plug-in.password', 'secret')
  expect(await key(4, 'a.plug-in.password', {}, BROKER)).toMatchObject({
    value: null,
    isSensitive: true,
    configSource: Source.BROKER,
  })
  await set(BROKER, '', 'a.plug-in.token', 'secret')
  const cluster = await describe(4, { resourceType: BROKER, resourceName: '' }, { includeSynonyms: true })
  expect(cluster.configs).toMatchObject([{ name: 'a.plug-in.token', value: null, isSensitive: true }])
  expect(cluster.configs[0]!.synonyms).toMatchObject([{ value: null }])
})

test('CFG-2 a resource that is not there, or is of no known kind, is refused for itself', async () => {
  await begin()
  await world.createTopic('t')
  const resources = [
    [TOPIC, 'missing', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [TOPIC, '', ErrorCode.INVALID_TOPIC_EXCEPTION],
    [TOPIC, 'a b', ErrorCode.INVALID_TOPIC_EXCEPTION],
    [BROKER, '99', ErrorCode.INVALID_REQUEST],
    [BROKER, 'x', ErrorCode.INVALID_REQUEST],
    [99, 'x', ErrorCode.INVALID_REQUEST],
    [TOPIC, 't', ErrorCode.NONE],
  ] as const
  const { results } = await world.call(world.connect(), DESCRIBE_CONFIGS, 4, {
    resources: resources.map(([resourceType, resourceName]) => ({ resourceType, resourceName })),
  })
  const answered = results.map(({ resourceType, resourceName, errorCode }) => [
    resourceType,
    resourceName,
    errorCode,
  ])
  expect(answered).toEqual(resources)
  expect(results.map(({ configs }) => configs.length > 0)).toEqual([...Array(6).fill(false), true])
})

test.each([
  ['message.max.bytes', 1_048_588],
  ['socket.request.max.bytes', 104_857_600],
  ['fetch.max.bytes', 57_671_680],
  ['offset.metadata.max.bytes', 4_096],
  ['group.max.size', 2_147_483_647],
  ['group.min.session.timeout.ms', 6_000],
  ['group.max.session.timeout.ms', 1_800_000],
  ['connections.max.idle.ms', 600_000],
])("LIM-1, NET-8 %s is Kafka's by default: %i", async (name, value) => {
  await begin()
  expect(await key(4, name, {}, BROKER)).toMatchObject({ value: `${value}`, configSource: Source.DEFAULT })
})
