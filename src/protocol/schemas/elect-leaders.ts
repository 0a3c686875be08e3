import { array, int8, int16, int32, message, string, struct } from '../schema.ts'

export const ElectLeadersRequest = message({
  kind: 'request',
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of ElectLeaders.',
  fields: {
    electionType: int8('1+'),
    topicPartitions: array(
      struct('TopicPartitions', {
        topic: string('0+'),
        partitions: array('int32', '0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
    timeoutMs: int32('0+', { default: 60000 }),
  },
})

export const ElectLeadersResponse = message({
  kind: 'response',
  name: 'ElectLeadersResponse',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of ElectLeaders.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('1+'),
    replicaElectionResults: array(
      struct('ReplicaElectionResult', {
        topic: string('0+'),
        partitionResult: array(
          struct('PartitionResult', {
            partitionId: int32('0+'),
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
