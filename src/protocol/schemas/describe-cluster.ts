import { array, bool, int8, int16, int32, message, string, struct } from '../schema.ts'

export const DescribeClusterRequest = message({
  kind: 'request',
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  about: 'The request of DescribeCluster.',
  fields: {
    includeClusterAuthorizedOperations: bool('0+'),
    endpointType: int8('1+', { default: 1 }),
    includeFencedBrokers: bool('2+'),
  },
})

export const DescribeClusterResponse = message({
  kind: 'response',
  name: 'DescribeClusterResponse',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  about: 'The answer of DescribeCluster.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    endpointType: int8('1+', { default: 1 }),
    clusterId: string('0+'),
    controllerId: int32('0+', { default: -1 }),
    brokers: array(
      struct('DescribeClusterBroker', {
        brokerId: int32('0+'),
        host: string('0+'),
        port: int32('0+'),
        rack: string('0+', { nullable: '0+', default: null }),
        isFenced: bool('2+'),
      }),
      '0+',
    ),
    clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
  },
})
