import { array, bytes, int16, int32, int64, message, string, struct } from '../schema.ts'

export const DescribeDelegationTokenRequest = message({
  kind: 'request',
  name: 'DescribeDelegationTokenRequest',
  apiKey: 41,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of DescribeDelegationToken.',
  fields: {
    owners: array(
      struct('DescribeDelegationTokenOwner', {
        principalType: string('0+'),
        principalName: string('0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
  },
})

export const DescribeDelegationTokenResponse = message({
  kind: 'response',
  name: 'DescribeDelegationTokenResponse',
  apiKey: 41,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of DescribeDelegationToken.',
  fields: {
    errorCode: int16('0+'),
    tokens: array(
      struct('DescribedDelegationToken', {
        principalType: string('0+'),
        principalName: string('0+'),
        tokenRequesterPrincipalType: string('3+'),
        tokenRequesterPrincipalName: string('3+'),
        issueTimestamp: int64('0+'),
        expiryTimestamp: int64('0+'),
        maxTimestamp: int64('0+'),
        tokenId: string('0+'),
        hmac: bytes('0+'),
        renewers: array(
          struct('DescribedDelegationTokenRenewer', {
            principalType: string('0+'),
            principalName: string('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    throttleTimeMs: int32('0+'),
  },
})
