import { array, int16, int32, message, string, struct } from '../schema.ts'

export const LeaveGroupRequest = message({
  kind: 'request',
  name: 'LeaveGroupRequest',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  about: 'The request of LeaveGroup.',
  fields: {
    groupId: string('0+'),
    memberId: string('0-2'),
    members: array(
      struct('MemberIdentity', {
        memberId: string('3+'),
        groupInstanceId: string('3+', { nullable: '3+', default: null }),
        reason: string('5+', { nullable: '5+', default: null, ignorable: true }),
      }),
      '3+',
    ),
  },
})

export const LeaveGroupResponse = message({
  kind: 'response',
  name: 'LeaveGroupResponse',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  about: 'The answer of LeaveGroup.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    members: array(
      struct('MemberResponse', {
        memberId: string('3+'),
        groupInstanceId: string('3+', { nullable: '3+' }),
        errorCode: int16('3+'),
      }),
      '3+',
    ),
  },
})
