import { expect, test } from 'vitest'
import { advertisedEndpoint, endpointText } from './advertised-endpoint.ts'

const bound = (host: string) => [{ name: 'PLAINTEXT', host, port: 40_001 }]

test.each([
  ['localhost', 'localhost:40001'],
  ['127.0.0.1', 'localhost:40001'],
  ['::1', '[::1]:40001'],
  ['10.0.0.7', '10.0.0.7:40001'],
])('NET-10: a listener on %s is told as %s', (host, text) => {
  expect(endpointText(advertisedEndpoint('PLAINTEXT', [], bound(host)))).toBe(text)
})

test('NET-10: what is advertised goes before where the listener is, of the same name only', () => {
  const advertised = [
    { name: 'OTHER', host: 'other.example', port: 1 },
    { name: 'PLAINTEXT', host: 'broker.example', port: 9092 },
  ]
  expect(advertisedEndpoint('PLAINTEXT', advertised, bound('::1'))).toEqual({
    host: 'broker.example',
    port: 9092,
  })
  expect(advertisedEndpoint('PLAINTEXT', advertised.slice(0, 1), bound('::1'))).toEqual({
    host: '::1',
    port: 40_001,
  })
})

test('an advertised port of 0 is the port that the listener got', () => {
  const advertised = [{ name: 'PLAINTEXT', host: 'broker.example', port: 0 }]
  expect(advertisedEndpoint('PLAINTEXT', advertised, bound('localhost')).port).toBe(40_001)
})
