import { array, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const ShareGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ShareGroupHeartbeatRequest',
  apiKey: 76,
  versions: '1',
  flexible: '0+',
  about: 'Asks for Share Group Heartbeat.',
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
  versions: '0-1',
  flexible: '0+',
  about: 'Answers Share Group Heartbeat.',
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
