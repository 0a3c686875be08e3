import { array, bool, int16, int32, message, string, struct, uint16, uuid } from '../schema.ts'

export const AddRaftVoterRequest = message({
  kind: 'request',
  name: 'AddRaftVoterRequest',
  apiKey: 80,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of AddRaftVoter.',
  fields: {
    clusterId: string('0+', { nullable: '0+' }),
    timeoutMs: int32('0+'),
    voterId: int32('0+'),
    voterDirectoryId: uuid('0+'),
    listeners: array(
      struct('Listener', {
        name: string('0+'),
        host: string('0+'),
        port: uint16('0+'),
      }),
      '0+',
    ),
    ackWhenCommitted: bool('1+', { default: true }),
  },
})

export const AddRaftVoterResponse = message({
  kind: 'response',
  name: 'AddRaftVoterResponse',
  apiKey: 80,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of AddRaftVoter.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', ignorable: true }),
  },
})
