import { bytes, int16, int32, int64, message } from '../schema.ts'

export const RenewDelegationTokenRequest = message({
  kind: 'request',
  name: 'RenewDelegationTokenRequest',
  apiKey: 39,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of RenewDelegationToken.',
  fields: {
    hmac: bytes('0+'),
    renewPeriodMs: int64('0+'),
  },
})

export const RenewDelegationTokenResponse = message({
  kind: 'response',
  name: 'RenewDelegationTokenResponse',
  apiKey: 39,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of RenewDelegationToken.',
  fields: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
})
