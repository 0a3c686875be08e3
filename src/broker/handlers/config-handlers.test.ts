import { afterEach, beforeEach, expect, test } from 'vitest'
import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import * as alterCodec from '../../protocol/generated/alter-configs.ts'
import * as describeCodec from '../../protocol/generated/describe-configs.ts'
import * as incrementalCodec from '../../protocol/generated/incremental-alter-configs.ts'
import { type Api, SimulatedBroker } from '../simulated-broker.test-support.ts'
import type { SimulatedClient } from '../simulated-client.test-support.ts'

const DESCRIBE_CONFIGS: Api<describeCodec.DescribeConfigsRequestInit, describeCodec.DescribeConfigsResponse> =
  {
    apiKey: ApiKey.DescribeConfigs,
    encode: describeCodec.encodeDescribeConfigsRequest,
    decode: describeCodec.decodeDescribeConfigsResponse,
  }
const ALTER_CONFIGS: Api<alterCodec.AlterConfigsRequestInit, alterCodec.AlterConfigsResponse> = {
  apiKey: ApiKey.AlterConfigs,
  encode: alterCodec.encodeAlterConfigsRequest,
  decode: alterCodec.decodeAlterConfigsResponse,
}
const INCREMENTAL_ALTER_CONFIGS: Api<
  incrementalCodec.IncrementalAlterConfigsRequestInit,
  incrementalCodec.IncrementalAlterConfigsResponse
> = {
  apiKey: ApiKey.IncrementalAlterConfigs,
  encode: incrementalCodec.encodeIncrementalAlterConfigsRequest,
  decode: incrementalCodec.decodeIncrementalAlterConfigsResponse,
}
const TOPIC = 2
const BROKER = 4
const LONG = 'x'.repeat(32_767)
/** Of a message: what is quoted is cut, so that it fits into a string of the oldest versions. */
const CUT_CHARACTERS = 10_000

let world: SimulatedBroker
let client: SimulatedClient

beforeEach(async () => {
  world = await SimulatedBroker.started()
  client = world.connect()
  await world.createTopic('t')
})

afterEach(() => world.close())

interface Refused {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const summary = ({ errorCode, errorMessage }: Refused) => [errorCode, errorMessage?.length]

test.each([
  [TOPIC, ErrorCode.INVALID_TOPIC_EXCEPTION],
  [BROKER, ErrorCode.INVALID_REQUEST],
])(
  'CFG-2 a resource of type %i with a name of 32,767 bytes is refused with %i',
  async (resourceType, errorCode) => {
    const resources = [{ resourceType, resourceName: LONG, configurationKeys: null }]
    const { results } = await world.call(client, DESCRIBE_CONFIGS, 1, { resources })
    expect(summary(results[0]!)).toEqual([errorCode, CUT_CHARACTERS])
  },
)

test('CFG-3 a change with a name or a value of 32,767 bytes is refused', async () => {
  const changes = [
    { resourceType: TOPIC, resourceName: LONG, configs: [] },
    { resourceType: TOPIC, resourceName: 't', configs: [{ name: 'retention.ms', value: LONG }] },
  ]
  const { responses } = await world.call(client, ALTER_CONFIGS, 0, { resources: changes })
  expect(responses.map(summary)).toEqual([
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, CUT_CHARACTERS],
    [ErrorCode.INVALID_CONFIG, CUT_CHARACTERS],
  ])
  const configs = [{ name: LONG, configOperation: 0, value: '1' }]
  const resources = [{ resourceType: TOPIC, resourceName: 't', configs }]
  const answer = await world.call(client, INCREMENTAL_ALTER_CONFIGS, 0, { resources })
  expect(summary(answer.responses[0]!)).toEqual([ErrorCode.INVALID_CONFIG, CUT_CHARACTERS])
})

test('a topic that is named 60,000 times ends its connection, soon and without a word to the others', async () => {
  const resource = { resourceType: TOPIC, resourceName: 't', configurationKeys: null }
  const request = { includeSynonyms: true, includeDocumentation: true }
  const greedy = world.connect()
  greedy.send(DESCRIBE_CONFIGS, 4, { ...request, resources: Array.from({ length: 60_000 }, () => resource) })
  await world.quiet()
  expect([greedy.isClosed, greedy.frames.length]).toEqual([true, 0])
  const { results } = await world.call(client, DESCRIBE_CONFIGS, 4, {
    ...request,
    resources: [resource, resource],
  })
  expect(results).toHaveLength(2)
  expect(results[1]).toEqual(results[0])
})
