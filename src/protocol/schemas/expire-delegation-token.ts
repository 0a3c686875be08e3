import { bytes, int16, int32, int64, message } from '../schema.ts'

export const ExpireDelegationTokenRequest = message({
  kind: 'request',
  name: 'ExpireDelegationTokenRequest',
  apiKey: 40,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of ExpireDelegationToken.',
  fields: {
    hmac: bytes('0+'),
    expiryTimePeriodMs: int64('0+'),
  },
})

export const ExpireDelegationTokenResponse = message({
  kind: 'response',
  name: 'ExpireDelegationTokenResponse',
  apiKey: 40,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of ExpireDelegationToken.',
  fields: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
})
