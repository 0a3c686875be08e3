import { array, int8, int16, int32, message, string, struct } from '../schema.ts'

export const DescribeUserScramCredentialsRequest = message({
  kind: 'request',
  name: 'DescribeUserScramCredentialsRequest',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  about: 'The request of DescribeUserScramCredentials.',
  fields: {
    users: array(
      struct('UserName', {
        name: string('0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
  },
})

export const DescribeUserScramCredentialsResponse = message({
  kind: 'response',
  name: 'DescribeUserScramCredentialsResponse',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  about: 'The answer of DescribeUserScramCredentials.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array(
      struct('DescribeUserScramCredentialsResult', {
        user: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        credentialInfos: array(
          struct('CredentialInfo', {
            mechanism: int8('0+'),
            iterations: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
