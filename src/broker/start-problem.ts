import { StorageError } from '../base/storage-error.ts'
import { NetworkError } from '../base/transport.ts'
import type { BrokerConfig } from '../config/broker-config.ts'

/** One line that tells a person why the broker did not start, and what to do. */
export function startProblem(error: unknown, config: BrokerConfig): Error {
  if (error instanceof NetworkError) return new Error(networkProblem(error, config), { cause: error })
  if (error instanceof StorageError) return new Error(storageProblem(error, config), { cause: error })
  return error instanceof Error ? error : new Error(String(error))
}

function networkProblem(error: NetworkError, { listeners }: BrokerConfig): string {
  const places = listeners.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (error.code === 'EADDRINUSE')
    return `cannot listen on ${places}: the port is in use (--port takes another one)`
  if (error.code === 'EACCES') return `cannot listen on ${places}: this user may not use that port`
  return `cannot listen on ${places}: ${error.message}`
}

function storageProblem(error: StorageError, { nodeId }: BrokerConfig): string {
  if (error.code === 'EWOULDBLOCK') return `the data directory ${error.path} is in use by another process`
  if (error.code === 'EBADMSG' && error.path.endsWith('meta.properties')) {
    return (
      `${error.path} names another node.id than ${nodeId}, or another cluster: ` +
      'set node.id to its own, or choose another data directory'
    )
  }
  if (error.code === 'EBADMSG') return `${error.path} is damaged`
  return `cannot use the data directory: ${error.syscall} ${error.path}: ${error.code}`
}
