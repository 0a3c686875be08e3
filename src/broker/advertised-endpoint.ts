import type { AdvertisedListener } from '../config/listeners.ts'
import type { BoundListener } from '../network/listener.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * NET-10: what clients of a listener are told to use. What is advertised for it, else where it listens; port 0 stands
 * for the port it got. The IPv4 loopback is told as `localhost`, as the listener is on `::1` too.
 */
export function advertisedEndpoint(
  listenerName: string,
  advertisedListeners: readonly AdvertisedListener[],
  boundListeners: readonly BoundListener[],
): Endpoint {
  const advertised = advertisedListeners.find(({ name }) => name === listenerName)
  const bound = boundListeners.find(({ name }) => name === listenerName)
  const boundPort = bound?.port ?? 0
  if (advertised !== undefined) return { host: advertised.host, port: advertised.port || boundPort }
  const host = bound === undefined || bound.host === '127.0.0.1' ? 'localhost' : bound.host
  return { host, port: boundPort }
}

/** `host:port`, an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
