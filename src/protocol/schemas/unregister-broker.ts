import { int16, int32, message, string } from '../schema.ts'

export const UnregisterBrokerRequest = message({
  kind: 'request',
  name: 'UnregisterBrokerRequest',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  about: 'The request of UnregisterBroker.',
  fields: {
    brokerId: int32('0+'),
  },
})

export const UnregisterBrokerResponse = message({
  kind: 'response',
  name: 'UnregisterBrokerResponse',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  about: 'The answer of UnregisterBroker.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  },
})
