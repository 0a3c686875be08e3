import { int16, int32, message, string } from '../schema.ts'

export const HeartbeatRequest = message({
  kind: 'request',
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  about: 'The request of Heartbeat.',
  fields: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
  },
})

export const HeartbeatResponse = message({
  kind: 'response',
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  about: 'The answer of Heartbeat.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
  },
})
