import { NetworkError, type Transport } from '../base/transport.ts'

/** One entry of `listeners`. An empty host means loopback only. */
export interface ListenerEntry {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly protocol: string
}

export interface BoundListener {
  readonly listenerId: number
  readonly entry: ListenerEntry
  readonly port: number
}

const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1']
/** A machine without IPv6 has no `::1`: IPv4 alone is enough there. */
const ADDRESS_MISSING: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'])

/**
 * Binds an entry on all addresses it stands for, all with the same port. Throws NetworkError when the first one
 * can't be had, or when another one is taken.
 */
export function bindListener(transport: Transport, entry: ListenerEntry, listenerId: number): BoundListener {
  const [first = '127.0.0.1', ...others] = addressesOf(entry.host)
  const port = transport.listen(first, entry.port, listenerId)
  for (const address of others) bindOther(transport, address, port, listenerId)
  return { listenerId, entry, port }
}

function addressesOf(host: string): readonly string[] {
  if (host === '' || host === 'localhost') return LOOPBACK_HOSTS
  return [host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host]
}

function bindOther(transport: Transport, address: string, port: number, listenerId: number): void {
  try {
    transport.listen(address, port, listenerId)
  } catch (error) {
    if (!(error instanceof NetworkError) || !ADDRESS_MISSING.has(error.code)) throw error
  }
}
