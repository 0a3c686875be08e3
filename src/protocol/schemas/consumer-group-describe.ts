import { array, bool, int8, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const ConsumerGroupDescribeRequest = message({
  kind: 'request',
  name: 'ConsumerGroupDescribeRequest',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of ConsumerGroupDescribe.',
  fields: {
    groupIds: array('string', '0+'),
    includeAuthorizedOperations: bool('0+'),
  },
})

const TopicPartitions = struct('TopicPartitions', {
  topicId: uuid('0+'),
  topicName: string('0+'),
  partitions: array('int32', '0+'),
})

const Assignment = struct('Assignment', {
  topicPartitions: array(TopicPartitions, '0+'),
})

export const ConsumerGroupDescribeResponse = message({
  kind: 'response',
  name: 'ConsumerGroupDescribeResponse',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of ConsumerGroupDescribe.',
  fields: {
    throttleTimeMs: int32('0+'),
    groups: array(
      struct('DescribedGroup', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        groupId: string('0+'),
        groupState: string('0+'),
        groupEpoch: int32('0+'),
        assignmentEpoch: int32('0+'),
        assignorName: string('0+'),
        members: array(
          struct('Member', {
            memberId: string('0+'),
            instanceId: string('0+', { nullable: '0+', default: null }),
            rackId: string('0+', { nullable: '0+', default: null }),
            memberEpoch: int32('0+'),
            clientId: string('0+'),
            clientHost: string('0+'),
            subscribedTopicNames: array('string', '0+'),
            subscribedTopicRegex: string('0+', { nullable: '0+', default: null }),
            assignment: one(Assignment, '0+'),
            targetAssignment: one(Assignment, '0+'),
            memberType: int8('1+', { default: -1, ignorable: true }),
          }),
          '0+',
        ),
        authorizedOperations: int32('0+', { default: -2147483648 }),
      }),
      '0+',
    ),
  },
})
