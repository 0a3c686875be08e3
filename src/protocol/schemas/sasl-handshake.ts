import { array, int16, message, string } from '../schema.ts'

export const SaslHandshakeRequest = message({
  kind: 'request',
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  about: 'Asks for Sasl Handshake.',
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
  about: 'Answers Sasl Handshake.',
  fields: {
    errorCode: int16('0+'),
    mechanisms: array('string', '0+'),
  },
})
