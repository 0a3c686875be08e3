import { array, bytes, int8, int16, int32, message, string, struct } from '../schema.ts'

export const AlterUserScramCredentialsRequest = message({
  kind: 'request',
  name: 'AlterUserScramCredentialsRequest',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  about: 'The request of AlterUserScramCredentials.',
  fields: {
    deletions: array(
      struct('ScramCredentialDeletion', {
        name: string('0+'),
        mechanism: int8('0+'),
      }),
      '0+',
    ),
    upsertions: array(
      struct('ScramCredentialUpsertion', {
        name: string('0+'),
        mechanism: int8('0+'),
        iterations: int32('0+'),
        salt: bytes('0+'),
        saltedPassword: bytes('0+'),
      }),
      '0+',
    ),
  },
})

export const AlterUserScramCredentialsResponse = message({
  kind: 'response',
  name: 'AlterUserScramCredentialsResponse',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  about: 'The answer of AlterUserScramCredentials.',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('AlterUserScramCredentialsResult', {
        user: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
      '0+',
    ),
  },
})
