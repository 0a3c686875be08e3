import { int16, int32, message, string, uuid } from '../schema.ts'

export const RemoveRaftVoterRequest = message({
  kind: 'request',
  name: 'RemoveRaftVoterRequest',
  apiKey: 81,
  versions: '0',
  flexible: '0+',
  about: 'The request of RemoveRaftVoter.',
  fields: {
    clusterId: string('0+', { nullable: '0+' }),
    voterId: int32('0+'),
    voterDirectoryId: uuid('0+'),
  },
})

export const RemoveRaftVoterResponse = message({
  kind: 'response',
  name: 'RemoveRaftVoterResponse',
  apiKey: 81,
  versions: '0',
  flexible: '0+',
  about: 'The answer of RemoveRaftVoter.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', ignorable: true }),
  },
})
