import { array, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const ShareGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ShareGroupHeartbeatRequest',
  apiKey: 76,
  versions: '1',
  flexible: '0+',
  about: 'The request of ShareGroupHeartbeat.',
  fields: {
    groupId: string('1+'),
    memberId: string('1+'),
    memberEpoch: int32('1+'),
    rackId: string('1+', { nullable: '1+', default: null }),
    subscribedTopicNames: array('string', '1+', { nullable: '1+', default: null }),
  },
})

export const ShareGroupHeartbeatResponse = message({
  kind: 'response',
  name: 'ShareGroupHeartbeatResponse',
  apiKey: 76,
  versions: '1',
  flexible: '0+',
  about: 'The answer of ShareGroupHeartbeat.',
  fields: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('1+'),
    errorMessage: string('1+', { nullable: '1+', default: null }),
    memberId: string('1+', { nullable: '1+', default: null }),
    memberEpoch: int32('1+'),
    heartbeatIntervalMs: int32('1+'),
    assignment: one(
      struct('Assignment', {
        topicPartitions: array(
          struct('TopicPartitions', {
            topicId: uuid('1+'),
            partitions: array('int32', '1+'),
          }),
          '1+',
        ),
      }),
      '1+',
      { nullable: '1+', default: null },
    ),
  },
})
