import { array, bool, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const DescribeTopicPartitionsRequest = message({
  kind: 'request',
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  about: 'The request of DescribeTopicPartitions.',
  fields: {
    topics: array(
      struct('TopicRequest', {
        name: string('0+'),
      }),
      '0+',
    ),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: one(
      struct('Cursor', {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})

export const DescribeTopicPartitionsResponse = message({
  kind: 'response',
  name: 'DescribeTopicPartitionsResponse',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  about: 'The answer of DescribeTopicPartitions.',
  fields: {
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array(
      struct('DescribeTopicPartitionsResponseTopic', {
        errorCode: int16('0+'),
        name: string('0+', { nullable: '0+' }),
        topicId: uuid('0+', { ignorable: true }),
        isInternal: bool('0+', { default: false, ignorable: true }),
        partitions: array(
          struct('DescribeTopicPartitionsResponsePartition', {
            errorCode: int16('0+'),
            partitionIndex: int32('0+'),
            leaderId: int32('0+'),
            leaderEpoch: int32('0+', { default: -1, ignorable: true }),
            replicaNodes: array('int32', '0+'),
            isrNodes: array('int32', '0+'),
            eligibleLeaderReplicas: array('int32', '0+', { nullable: '0+', default: null }),
            lastKnownElr: array('int32', '0+', { nullable: '0+', default: null }),
            offlineReplicas: array('int32', '0+', { ignorable: true }),
          }),
          '0+',
        ),
        topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
      }),
      '0+',
    ),
    nextCursor: one(
      struct('Cursor', {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})
