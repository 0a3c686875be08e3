import { int16, int32, message, string } from '../../schema.ts'

export const RequestHeader = message({
  kind: 'header',
  name: 'RequestHeader',
  versions: '0-2',
  flexible: '2+',
  about: 'Before every request. Its version follows from the API and the version of the request.',
  fields: {
    requestApiKey: int16('0+'),
    requestApiVersion: int16('0+'),
    correlationId: int32('0+'),
    clientId: string('1+', {
      about: 'Never in compact form, so that any broker can read the header of ApiVersions.',
      nullable: '1+',
      flexible: 'none',
    }),
  },
})

export const ResponseHeader = message({
  kind: 'header',
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  about: 'Before every response.',
  fields: {
    correlationId: int32('0+'),
  },
})
