import { array, bool, int16, int32, message, one, string, struct, uuid } from '../schema.ts'

export const ShareGroupDescribeRequest = message({
  kind: 'request',
  name: 'ShareGroupDescribeRequest',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  about: 'Asks for Share Group Describe.',
  fields: {
    groupIds: array('string', '1+'),
    includeAuthorizedOperations: bool('1+'),
  },
})

export const ShareGroupDescribeResponse = message({
  kind: 'response',
  name: 'ShareGroupDescribeResponse',
  apiKey: 77,
  versions: '0-1',
  flexible: '0+',
  about: 'Answers Share Group Describe.',
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
            rackId: string('0+', { nullable: '0+', default: null }),
            memberEpoch: int32('0+'),
            clientId: string('0+'),
            clientHost: string('0+'),
            subscribedTopicNames: array('string', '0+'),
            assignment: one(
              struct('Assignment', {
                topicPartitions: array(
                  struct('TopicPartitions', {
                    topicId: uuid('0+'),
                    topicName: string('0+'),
                    partitions: array('int32', '0+'),
                  }),
                  '0+',
                ),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
        authorizedOperations: int32('0+', { default: -2147483648 }),
      }),
      '0+',
    ),
  },
})
