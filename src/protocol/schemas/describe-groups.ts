import { array, bool, bytes, int16, int32, message, string, struct } from '../schema.ts'

export const DescribeGroupsRequest = message({
  kind: 'request',
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  about: 'The request of DescribeGroups.',
  fields: {
    groups: array('string', '0+'),
    includeAuthorizedOperations: bool('3+'),
  },
})

export const DescribeGroupsResponse = message({
  kind: 'response',
  name: 'DescribeGroupsResponse',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  about: 'The answer of DescribeGroups.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    groups: array(
      struct('DescribedGroup', {
        errorCode: int16('0+'),
        errorMessage: string('6+', { nullable: '6+', default: null }),
        groupId: string('0+'),
        groupState: string('0+'),
        protocolType: string('0+'),
        protocolData: string('0+'),
        members: array(
          struct('DescribedGroupMember', {
            memberId: string('0+'),
            groupInstanceId: string('4+', { nullable: '4+', default: null, ignorable: true }),
            clientId: string('0+'),
            clientHost: string('0+'),
            memberMetadata: bytes('0+'),
            memberAssignment: bytes('0+'),
          }),
          '0+',
        ),
        authorizedOperations: int32('3+', { default: -2147483648 }),
      }),
      '0+',
    ),
  },
})
