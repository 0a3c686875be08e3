import { array, int16, message, string } from '../schema.ts'

export const SaslHandshakeRequest = message({
  kind: 'request',
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  about: 'The request of SaslHandshake.',
  fields: {
    mechanism: string('0+'),
  },
})

export const SaslHandshakeResponse = message({
  kind: 'response',
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  about: 'The answer of SaslHandshake.',
  fields: {
    errorCode: int16('0+'),
    mechanisms: array('string', '0+'),
  },
})
