import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { ALTER_CONFIGS, DESCRIBE_CONFIGS } from '../simulated-apis.test-support.ts'
import { SimulatedBroker } from '../simulated-broker.test-support.ts'

const TOPIC = 2
const BROKER = 4

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
  await world.createTopic('t', { configs: { 'retention.ms': '1000', 'cleanup.policy': 'compact' } })
})

afterEach(() => world.close())

async function alter(
  configs: readonly { name: string; value: string | null }[],
  { resourceType = TOPIC, resourceName = 't', validateOnly = false, version = 2 } = {},
): Promise<number> {
  const resources = [{ resourceType, resourceName, configs }]
  const request = { resources, validateOnly }
  const { responses } = await world.call(world.connect(), ALTER_CONFIGS, version, request)
  expect(responses).toMatchObject([{ resourceType, resourceName }])
  return responses[0]!.errorCode
}

/** The values that topic `t` has of its own. */
async function own(): Promise<Record<string, string | null>> {
  const resources = [{ resourceType: TOPIC, resourceName: 't', configurationKeys: null }]
  const { results } = await world.call(world.connect(), DESCRIBE_CONFIGS, 4, { resources })
  const set = results[0]!.configs.filter(({ configSource }) => configSource === 1)
  return Object.fromEntries(set.map(({ name, value }) => [name, value]))
}

const BEFORE = { 'retention.ms': '1000', 'cleanup.policy': 'compact' }

test.each([0, 1, 2])(
  'CFG-3 version %i replaces all that the topic has: what is not named is gone',
  async version => {
    expect(await alter([{ name: 'flush.ms', value: '7' }], { version })).toBe(ErrorCode.NONE)
    expect(await own()).toEqual({ 'flush.ms': '7' })
    expect(await alter([], { version })).toBe(ErrorCode.NONE)
    expect(await own()).toEqual({})
  },
)

test.each([
  ['a value that is none', [{ name: 'retention.ms', value: 'soon' }], ErrorCode.INVALID_CONFIG],
  ['a key that no topic has', [{ name: 'no.such', value: '1' }], ErrorCode.INVALID_CONFIG],
  ['no value', [{ name: 'flush.ms', value: null }], ErrorCode.INVALID_REQUEST],
  [
    'a key that is given twice',
    ['1', '2'].map(value => ({ name: 'flush.ms', value })),
    ErrorCode.INVALID_REQUEST,
  ],
])('CFG-3 %s is refused, and nothing is replaced', async (_what, configs, errorCode) => {
  expect(await alter(configs)).toBe(errorCode)
  expect(await own()).toEqual(BEFORE)
})

test('CFG-3 validate_only finds the faults and replaces nothing', async () => {
  expect(await alter([], { validateOnly: true })).toBe(ErrorCode.NONE)
  const faulty = [{ name: 'retention.ms', value: 'x' }]
  expect(await alter(faulty, { validateOnly: true })).toBe(ErrorCode.INVALID_CONFIG)
  expect(await own()).toEqual(BEFORE)
})

test('CFG-3 a resource that is given twice is refused both times', async () => {
  const resource = { resourceType: TOPIC, resourceName: 't', configs: [] }
  const request = { resources: [resource, resource] }
  const { responses } = await world.call(world.connect(), ALTER_CONFIGS, 2, request)
  expect(responses.map(({ errorCode }) => errorCode)).toEqual([42, 42])
  expect(await own()).toEqual(BEFORE)
})

test.each([
  [TOPIC, 'missing', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  [TOPIC, '', ErrorCode.INVALID_REQUEST],
  [BROKER, '0', ErrorCode.NONE],
  [BROKER, '', ErrorCode.NONE],
  [BROKER, '99', ErrorCode.INVALID_REQUEST],
  [8, '0', ErrorCode.INVALID_REQUEST],
  [99, 'x', ErrorCode.INVALID_REQUEST],
])(
  'CFG-3 a resource of type %i with the name %j is answered %i',
  async (resourceType, resourceName, errorCode) => {
    const configs = [{ name: resourceType === TOPIC ? 'flush.ms' : 'log.retention.ms', value: '7' }]
    expect(await alter(configs, { resourceType, resourceName })).toBe(errorCode)
  },
)
