export interface Listener {
  readonly name: string
  /** An address or name; never empty. */
  readonly host: string
  readonly port: number
  readonly securityProtocol: string
}

export interface AdvertisedListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export type ListenerResult =
  | { readonly ok: true; readonly listener: AdvertisedListener }
  | { readonly ok: false; readonly problem: string }

const PORT_MAX = 65_535

/** `NAME://host:port`; the host may be empty, or an IPv6 address in brackets. */
export function parseListener(text: string): ListenerResult {
  const match = /^([A-Za-z0-9_]+):\/\/(\[[0-9A-Fa-f:.%]+\]|[^:[\]/\s]*):(\d{1,5})$/.exec(text)
  if (match === null)
    return { ok: false, problem: `'${text}' is not a listener of the form NAME://host:port` }
  const port = Number(match[3])
  if (port > PORT_MAX) return { ok: false, problem: `the port of '${text}' is above ${PORT_MAX}` }
  const host = match[2]!.replace(/^\[(.*)\]$/, '$1')
  return { ok: true, listener: { name: match[1]!.toUpperCase(), host, port } }
}

/** Whether only this machine can reach what listens on the host. */
export function isLoopback(host: string): boolean {
  const lower = host.toLowerCase()
  return lower === 'localhost' || lower === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(lower)
}

/** `NAME:PROTOCOL,…`; null when a part has another form. */
export function parseProtocolMap(text: string): Map<string, string> | null {
  const protocols = new Map<string, string>()
  for (const part of text.split(',').filter(piece => piece.trim() !== '')) {
    const [name, protocol, ...rest] = part.trim().split(':')
    if (name === undefined || protocol === undefined || rest.length > 0) return null
    protocols.set(name.toUpperCase(), protocol.toUpperCase())
  }
  return protocols
}
