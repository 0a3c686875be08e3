import { array, int16, int32, message, string, struct } from '../schema.ts'

export const ListPartitionReassignmentsRequest = message({
  kind: 'request',
  name: 'ListPartitionReassignmentsRequest',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  about: 'The request of ListPartitionReassignments.',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: array(
      struct('ListPartitionReassignmentsTopics', {
        name: string('0+'),
        partitionIndexes: array('int32', '0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})

export const ListPartitionReassignmentsResponse = message({
  kind: 'response',
  name: 'ListPartitionReassignmentsResponse',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  about: 'The answer of ListPartitionReassignments.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    topics: array(
      struct('OngoingTopicReassignment', {
        name: string('0+'),
        partitions: array(
          struct('OngoingPartitionReassignment', {
            partitionIndex: int32('0+'),
            replicas: array('int32', '0+'),
            addingReplicas: array('int32', '0+'),
            removingReplicas: array('int32', '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
