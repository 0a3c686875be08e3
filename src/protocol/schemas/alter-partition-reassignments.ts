import { array, bool, int16, int32, message, string, struct } from '../schema.ts'

export const AlterPartitionReassignmentsRequest = message({
  kind: 'request',
  name: 'AlterPartitionReassignmentsRequest',
  apiKey: 45,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of AlterPartitionReassignments.',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    allowReplicationFactorChange: bool('1+', { default: true }),
    topics: array(
      struct('ReassignableTopic', {
        name: string('0+'),
        partitions: array(
          struct('ReassignablePartition', {
            partitionIndex: int32('0+'),
            replicas: array('int32', '0+', { nullable: '0+', default: null }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const AlterPartitionReassignmentsResponse = message({
  kind: 'response',
  name: 'AlterPartitionReassignmentsResponse',
  apiKey: 45,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of AlterPartitionReassignments.',
  fields: {
    throttleTimeMs: int32('0+'),
    allowReplicationFactorChange: bool('1+', { default: true, ignorable: true }),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    responses: array(
      struct('ReassignableTopicResponse', {
        name: string('0+'),
        partitions: array(
          struct('ReassignablePartitionResponse', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
