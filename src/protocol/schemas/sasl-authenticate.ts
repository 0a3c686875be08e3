import { bytes, int16, int64, message, string } from '../schema.ts'

export const SaslAuthenticateRequest = message({
  kind: 'request',
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of SaslAuthenticate.',
  fields: {
    authBytes: bytes('0+'),
  },
})

export const SaslAuthenticateResponse = message({
  kind: 'response',
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of SaslAuthenticate.',
  fields: {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+', { default: 0, ignorable: true }),
  },
})
