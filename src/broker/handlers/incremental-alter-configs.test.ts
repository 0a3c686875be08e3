import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { DESCRIBE_CONFIGS, INCREMENTAL_ALTER_CONFIGS } from '../simulated-apis.test-support.ts'
import { batchOf, PRODUCE, produced, produceOf, SimulatedBroker } from '../simulated-broker.test-support.ts'

const TOPIC = 2
const BROKER = 4
const Operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
  await world.createTopic('t')
})

afterEach(() => world.close())

type Change = readonly [name: string, operation: number, value: string | null]

async function alter(
  changes: readonly Change[],
  { resourceType = TOPIC, resourceName = 't', validateOnly = false, version = 1 } = {},
): Promise<number> {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const resources = [{ resourceType, resourceName, configs }]
  const request = { resources, validateOnly }
  const { responses } = await world.call(world.connect(), INCREMENTAL_ALTER_CONFIGS, version, request)
  expect(responses).toMatchObject([{ resourceType, resourceName }])
  expect(responses[0]!.errorMessage === null).toBe(responses[0]!.errorCode === 0)
  return responses[0]!.errorCode
}

/** The values that topic `t` has of its own. */
async function own(): Promise<Record<string, string | null>> {
  const resources = [{ resourceType: TOPIC, resourceName: 't', configurationKeys: null }]
  const { results } = await world.call(world.connect(), DESCRIBE_CONFIGS, 4, { resources })
  const set = results[0]!.configs.filter(({ configSource }) => configSource === 1)
  return Object.fromEntries(set.map(({ name, value }) => [name, value]))
}

test.each([0, 1])('CFG-3 version %i sets and deletes key by key, and leaves the others', async version => {
  const set = [['retention.ms', Operation.SET, '5000'] as const, ['flush.ms', Operation.SET, '7'] as const]
  expect(await alter(set, { version })).toBe(ErrorCode.NONE)
  expect(await own()).toEqual({ 'retention.ms': '5000', 'flush.ms': '7' })
  expect(await alter([['retention.ms', Operation.DELETE, null]], { version })).toBe(ErrorCode.NONE)
  expect(await own()).toEqual({ 'flush.ms': '7' })
  await world.restart()
  expect(await own()).toEqual({ 'flush.ms': '7' })
})

test('CFG-3 a list is appended to and subtracted from, its default too', async () => {
  expect(await alter([['cleanup.policy', Operation.APPEND, 'compact']])).toBe(ErrorCode.NONE)
  expect(await own()).toEqual({ 'cleanup.policy': 'delete,compact' })
  expect(await alter([['cleanup.policy', Operation.APPEND, 'compact']])).toBe(ErrorCode.NONE)
  expect(await own()).toEqual({ 'cleanup.policy': 'delete,compact' })
  expect(await alter([['cleanup.policy', Operation.SUBTRACT, 'delete']])).toBe(ErrorCode.NONE)
  expect(await own()).toEqual({ 'cleanup.policy': 'compact' })
})

test('CFG-3 what is changed counts for the next request', async () => {
  const produce = async () =>
    produced(await world.call(world.connect(), PRODUCE, 9, produceOf('t', batchOf(['x']))))[0]
  expect(await produce()).toBe(ErrorCode.NONE)
  await alter([['max.message.bytes', Operation.SET, '10']])
  expect(await produce()).toBe(ErrorCode.MESSAGE_TOO_LARGE)
  await alter([['max.message.bytes', Operation.DELETE, null]])
  expect(await produce()).toBe(ErrorCode.NONE)
})

test.each<readonly [string, Change, number]>([
  ['a value that is none', ['retention.ms', Operation.SET, 'soon'], ErrorCode.INVALID_CONFIG],
  ['a value out of range', ['min.cleanable.dirty.ratio', Operation.SET, '2'], ErrorCode.INVALID_CONFIG],
  ['a policy that is none', ['cleanup.policy', Operation.APPEND, 'burn'], ErrorCode.INVALID_CONFIG],
  ['a key that no topic has', ['no.such', Operation.SET, '1'], ErrorCode.INVALID_CONFIG],
  ['an append to a number', ['retention.ms', Operation.APPEND, '1'], ErrorCode.INVALID_CONFIG],
  ['a subtraction from a number', ['retention.ms', Operation.SUBTRACT, '1'], ErrorCode.INVALID_CONFIG],
  ['no value', ['retention.ms', Operation.SET, null], ErrorCode.INVALID_REQUEST],
  // Kafka: UNKNOWN_SERVER_ERROR.
  ['an unknown operation', ['retention.ms', 9, '1'], ErrorCode.INVALID_REQUEST],
])('CFG-3 %s is refused, and what stands beside it is not done', async (_what, change, errorCode) => {
  expect(await alter([['flush.ms', Operation.SET, '7'], change])).toBe(errorCode)
  expect(await own()).toEqual({})
})

test('CFG-3 deleting a key that no topic has is no error', async () => {
  expect(await alter([['no.such', Operation.DELETE, null]])).toBe(ErrorCode.NONE)
})

test('CFG-3 a key or a resource that is given twice is refused', async () => {
  const twice = ['1', '2'].map(value => ['retention.ms', Operation.SET, value] as const)
  expect(await alter(twice)).toBe(ErrorCode.INVALID_REQUEST)
  const configs = [{ name: 'retention.ms', configOperation: Operation.SET, value: '1' }]
  const resource = { resourceType: TOPIC, resourceName: 't', configs }
  const request = { resources: [resource, resource] }
  const { responses } = await world.call(world.connect(), INCREMENTAL_ALTER_CONFIGS, 1, request)
  expect(responses.map(({ errorCode }) => errorCode)).toEqual([42, 42])
  expect(await own()).toEqual({})
})

test('CFG-3 validate_only finds the faults and changes nothing', async () => {
  const validateOnly = true
  expect(await alter([['retention.ms', Operation.SET, '1']], { validateOnly })).toBe(ErrorCode.NONE)
  expect(await alter([['retention.ms', Operation.SET, 'x']], { validateOnly })).toBe(ErrorCode.INVALID_CONFIG)
  expect(await own()).toEqual({})
})

test.each([
  [TOPIC, 'missing', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  [TOPIC, '', ErrorCode.INVALID_REQUEST],
  [BROKER, '99', ErrorCode.INVALID_REQUEST],
  [BROKER, 'x', ErrorCode.INVALID_REQUEST],
  [99, 'x', ErrorCode.INVALID_REQUEST],
])(
  'CFG-3 a resource of type %i with the name %j is refused',
  async (resourceType, resourceName, errorCode) => {
    const change = ['retention.ms', Operation.SET, '1'] as const
    expect(await alter([change], { resourceType, resourceName })).toBe(errorCode)
  },
)

test('CFG-4 a broker key is set for one broker or for all, but for those that are read at the start', async () => {
  const broker = (resourceName: string, name: string) =>
    alter([[name, Operation.SET, '5000']], { resourceType: BROKER, resourceName })
  expect(await broker('0', 'log.retention.ms')).toBe(ErrorCode.NONE)
  expect(await broker('', 'log.retention.ms')).toBe(ErrorCode.NONE)
  expect(await broker('0', 'an.unknown.key')).toBe(ErrorCode.NONE)
  expect(await broker('0', 'log.dirs')).toBe(ErrorCode.INVALID_REQUEST)
  expect(await broker('', 'log.dirs')).toBe(ErrorCode.INVALID_REQUEST)
})

test('CFG-4 a broker key counts at once for the topics that have no value of their own', async () => {
  await world.createTopic('own', { configs: { 'max.message.bytes': '1000' } })
  const produce = async (name: string) =>
    produced(await world.call(world.connect(), PRODUCE, 9, produceOf(name, batchOf(['x']))))[0]
  const set = [['message.max.bytes', Operation.SET, '10'] as const]
  expect(await alter(set, { resourceType: BROKER, resourceName: '' })).toBe(ErrorCode.NONE)
  expect([await produce('t'), await produce('own')]).toEqual([ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.NONE])
  await alter([['message.max.bytes', Operation.DELETE, null]], { resourceType: BROKER, resourceName: '' })
  expect(await produce('t')).toBe(ErrorCode.NONE)
})
