import { int16, int32, message, string } from '../schema.ts'

export const UnregisterControllerRequest = message({
  kind: 'request',
  name: 'UnregisterControllerRequest',
  apiKey: 94,
  versions: '0',
  flexible: '0+',
  about: 'The request of UnregisterController.',
  fields: {
    controllerId: int32('0+'),
  },
})

export const UnregisterControllerResponse = message({
  kind: 'response',
  name: 'UnregisterControllerResponse',
  apiKey: 94,
  versions: '0',
  flexible: '0+',
  about: 'The answer of UnregisterController.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  },
})
