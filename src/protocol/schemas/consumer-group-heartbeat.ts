import { array, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const ConsumerGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of ConsumerGroupHeartbeat.',
  fields: {
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    subscribedTopicNames: array('string', '0+', { nullable: '0+', default: null }),
    subscribedTopicRegex: string('1+', { nullable: '1+', default: null }),
    serverAssignor: string('0+', { nullable: '0+', default: null }),
    topicPartitions: array(
      struct('TopicPartitions', {
        topicId: uuid('0+'),
        partitions: array('int32', '0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})

export const ConsumerGroupHeartbeatResponse = message({
  kind: 'response',
  name: 'ConsumerGroupHeartbeatResponse',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of ConsumerGroupHeartbeat.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+', { nullable: '0+', default: null }),
    memberEpoch: int32('0+'),
    heartbeatIntervalMs: int32('0+'),
    assignment: one(
      struct('Assignment', {
        topicPartitions: array(
          struct('TopicPartitions', {
            topicId: uuid('0+'),
            partitions: array('int32', '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})
