import { NetworkError, type Transport } from '../base/transport.ts'

/** Where to listen: an address, or `localhost` for both loopback addresses; port 0 for any that is free. */
export interface ListenAddress {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface BoundListener {
  readonly name: string
  readonly host: string
  /** The real one. */
  readonly port: number
}

const LOOPBACK_HOSTS = ['127.0.0.1', '::1'] as const
/** A machine without IPv6 has no `::1`: IPv4 alone is enough there. */
const ADDRESS_MISSING: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'])

/**
 * Binds all addresses that the host stands for, all with the same port. Throws NetworkError when the first one
 * can't be had, or when another one is taken.
 */
export function bindListener(
  transport: Transport,
  { name, host, port: wantedPort }: ListenAddress,
  listenerId: number,
): BoundListener {
  const [first, ...others] = host === 'localhost' ? LOOPBACK_HOSTS : ([host] as const)
  const port = transport.listen(first, wantedPort, listenerId)
  for (const address of others) bindOther(transport, address, port, listenerId)
  return { name, host, port }
}

function bindOther(transport: Transport, address: string, port: number, listenerId: number): void {
  try {
    transport.listen(address, port, listenerId)
  } catch (error) {
    if (!(error instanceof NetworkError) || !ADDRESS_MISSING.has(error.code)) throw error
  }
}
