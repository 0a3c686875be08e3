import { array, int16, int32, int64, message, string, struct, uint16, uuid } from '../schema.ts'

export const DescribeQuorumRequest = message({
  kind: 'request',
  name: 'DescribeQuorumRequest',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  about: 'The request of DescribeQuorum.',
  fields: {
    topics: array(
      struct('TopicData', {
        topicName: string('0+'),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

const ReplicaState = struct('ReplicaState', {
  replicaId: int32('0+'),
  replicaDirectoryId: uuid('2+'),
  logEndOffset: int64('0+'),
  lastFetchTimestamp: int64('1+', { default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64('1+', { default: -1, ignorable: true }),
})

export const DescribeQuorumResponse = message({
  kind: 'response',
  name: 'DescribeQuorumResponse',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  about: 'The answer of DescribeQuorum.',
  fields: {
    errorCode: int16('0+'),
    errorMessage: string('2+', { nullable: '2+', ignorable: true }),
    topics: array(
      struct('TopicData', {
        topicName: string('0+'),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('2+', { nullable: '2+', ignorable: true }),
            leaderId: int32('0+'),
            leaderEpoch: int32('0+'),
            highWatermark: int64('0+'),
            currentVoters: array(ReplicaState, '0+'),
            observers: array(ReplicaState, '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    nodes: array(
      struct('Node', {
        nodeId: int32('2+'),
        listeners: array(
          struct('Listener', {
            name: string('2+'),
            host: string('2+'),
            port: uint16('2+'),
          }),
          '2+',
        ),
      }),
      '2+',
    ),
  },
})
