import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { DESCRIBE_CLUSTER } from '../simulated-apis.test-support.ts'
import { METADATA, SimulatedBroker } from '../simulated-broker.test-support.ts'

const NOT_ASKED = -2_147_483_648
/** CREATE, DELETE excluded: what Kafka answers for a cluster without an authorizer. */
const ALL_OF_A_CLUSTER = 8096

let world: SimulatedBroker

afterEach(() => world.close())

test.each([0, 1, 2])('ADM-5 version %i names the cluster, its controller and its brokers', async version => {
  const listener = 'PLAINTEXT://kafka.example:19092'
  world = await SimulatedBroker.started({
    'node.id': '4',
    'broker.rack': 'r1',
    'advertised.listeners': listener,
  })
  const client = world.connect()
  const { clusterId } = await world.call(client, METADATA, 9, { topics: [] })
  const request = {
    includeClusterAuthorizedOperations: true,
    ...(version >= 2 ? { includeFencedBrokers: true } : {}),
  }
  expect(await world.call(client, DESCRIBE_CLUSTER, version, request)).toEqual({
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    endpointType: 1,
    clusterId,
    controllerId: 4,
    brokers: [{ brokerId: 4, host: 'kafka.example', port: 19092, rack: 'r1', isFenced: false }],
    clusterAuthorizedOperations: ALL_OF_A_CLUSTER,
  })
  const unasked = await world.call(client, DESCRIBE_CLUSTER, version, {})
  expect(unasked.clusterAuthorizedOperations).toBe(NOT_ASKED)
})

test('ADM-5 who looks for controllers, or for what is neither, is told that these are brokers', async () => {
  world = await SimulatedBroker.started()
  const ask = (endpointType: number) => world.call(world.connect(), DESCRIBE_CLUSTER, 1, { endpointType })
  expect(await ask(2)).toMatchObject({
    errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
    errorMessage:
      'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
    brokers: [],
    controllerId: -1,
  })
  for (const endpointType of [0, 3]) {
    expect(await ask(endpointType)).toMatchObject({
      errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: `Unsupported endpoint type ${endpointType}`,
      brokers: [],
    })
  }
})
