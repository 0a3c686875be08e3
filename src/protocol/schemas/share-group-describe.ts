import { array, bool, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const ShareGroupDescribeRequest = message({
  kind: 'request',
  name: 'ShareGroupDescribeRequest',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  about: 'The request of ShareGroupDescribe.',
  fields: {
    groupIds: array('string', '1+'),
    includeAuthorizedOperations: bool('1+'),
  },
})

export const ShareGroupDescribeResponse = message({
  kind: 'response',
  name: 'ShareGroupDescribeResponse',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  about: 'The answer of ShareGroupDescribe.',
  fields: {
    throttleTimeMs: int32('1+'),
    groups: array(
      struct('DescribedGroup', {
        errorCode: int16('1+'),
        errorMessage: string('1+', { nullable: '1+', default: null }),
        groupId: string('1+'),
        groupState: string('1+'),
        groupEpoch: int32('1+'),
        assignmentEpoch: int32('1+'),
        assignorName: string('1+'),
        members: array(
          struct('Member', {
            memberId: string('1+'),
            rackId: string('1+', { nullable: '1+', default: null }),
            memberEpoch: int32('1+'),
            clientId: string('1+'),
            clientHost: string('1+'),
            subscribedTopicNames: array('string', '1+'),
            assignment: one(
              struct('Assignment', {
                topicPartitions: array(
                  struct('TopicPartitions', {
                    topicId: uuid('1+'),
                    topicName: string('1+'),
                    partitions: array('int32', '1+'),
                  }),
                  '1+',
                ),
              }),
              '1+',
            ),
          }),
          '1+',
        ),
        authorizedOperations: int32('1+', { default: -2147483648 }),
      }),
      '1+',
    ),
  },
})
