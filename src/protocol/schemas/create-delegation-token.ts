import { array, bytes, int16, int32, int64, message, string, struct } from '../schema.ts'

export const CreateDelegationTokenRequest = message({
  kind: 'request',
  name: 'CreateDelegationTokenRequest',
  apiKey: 38,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of CreateDelegationToken.',
  fields: {
    ownerPrincipalType: string('3+', { nullable: '3+' }),
    ownerPrincipalName: string('3+', { nullable: '3+' }),
    renewers: array(
      struct('CreatableRenewers', {
        principalType: string('0+'),
        principalName: string('0+'),
      }),
      '0+',
    ),
    maxLifetimeMs: int64('0+'),
  },
})

export const CreateDelegationTokenResponse = message({
  kind: 'response',
  name: 'CreateDelegationTokenResponse',
  apiKey: 38,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of CreateDelegationToken.',
  fields: {
    errorCode: int16('0+'),
    principalType: string('0+'),
    principalName: string('0+'),
    tokenRequesterPrincipalType: string('3+'),
    tokenRequesterPrincipalName: string('3+'),
    issueTimestampMs: int64('0+'),
    expiryTimestampMs: int64('0+'),
    maxTimestampMs: int64('0+'),
    tokenId: string('0+'),
    hmac: bytes('0+'),
    throttleTimeMs: int32('0+'),
  },
})
