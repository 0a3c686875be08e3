import { array, bytes, int16, int32, message, string, struct } from '../schema.ts'

export const SyncGroupRequest = message({
  kind: 'request',
  name: 'SyncGroupRequest',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  about: "Hands in, or asks for, a generation's assignment.",
  fields: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    protocolType: string('5+', { nullable: '5+', default: null, ignorable: true }),
    protocolName: string('5+', { nullable: '5+', default: null, ignorable: true }),
    assignments: array(
      struct('SyncGroupRequestAssignment', {
        memberId: string('0+'),
        assignment: bytes('0+'),
      }),
      '0+',
    ),
  },
})

export const SyncGroupResponse = message({
  kind: 'response',
  name: 'SyncGroupResponse',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  about: 'The answer of SyncGroup.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    protocolType: string('5+', { nullable: '5+', default: null, ignorable: true }),
    protocolName: string('5+', { nullable: '5+', default: null, ignorable: true }),
    assignment: bytes('0+'),
  },
})
