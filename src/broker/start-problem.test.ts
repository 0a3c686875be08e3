import { expect, test } from 'vitest'
import { StorageError } from '../base/storage-error.ts'
import { NetworkError } from '../base/transport.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { startProblem } from './start-problem.ts'

const CONFIG = {
  nodeId: 3,
  listeners: [
    { host: 'localhost', port: 80 },
    { host: '10.0.0.1', port: 9092 },
  ],
} as unknown as BrokerConfig

test.each([
  [
    new NetworkError('EADDRINUSE', 'x'),
    'cannot listen on localhost:80, 10.0.0.1:9092: the port is in use (--port takes another one)',
  ],
  [
    new NetworkError('EACCES', 'x'),
    'cannot listen on localhost:80, 10.0.0.1:9092: this user may not use that port',
  ],
  [
    new NetworkError('EADDRNOTAVAIL', 'no such address'),
    'cannot listen on localhost:80, 10.0.0.1:9092: no such address',
  ],
  [new StorageError('EWOULDBLOCK', 'lock', '/d'), 'the data directory /d is in use by another process'],
  [
    new StorageError('EBADMSG', 'check', '/d/meta.properties'),
    '/d/meta.properties names another node.id than 3, or another cluster: ' +
      'set node.id to its own, or choose another data directory',
  ],
  [new StorageError('EBADMSG', 'load', '/d/ottla-metadata.log'), '/d/ottla-metadata.log is damaged'],
  [new StorageError('EACCES', 'open', '/d/x'), 'cannot use the data directory: open /d/x: EACCES'],
  [new StorageError('ENOSPC', 'pwritev', '/d/x'), 'cannot use the data directory: pwritev /d/x: ENOSPC'],
])('%s', (error, line) => {
  const problem = startProblem(error, CONFIG)
  expect(problem.message).toBe(line)
  expect(problem.cause).toBe(error)
})

test('any other error is passed on as it is', () => {
  const error = new Error('a broken invariant')
  expect(startProblem(error, CONFIG)).toBe(error)
  expect(startProblem('text', CONFIG).message).toBe('text')
})
