import {
  type AdvertisedListener,
  isLoopback,
  type Listener,
  parseListener,
  parseProtocolMap,
} from './listeners.ts'

/** Both 127.0.0.1 and ::1. */
const LOOPBACK = 'localhost'
/** To listen on all addresses; no address of their own. */
const UNSPECIFIED_HOSTS = new Set(['0.0.0.0', '::'])

export interface ResolvedListeners {
  readonly listeners: readonly Listener[]
  readonly advertisedListeners: readonly AdvertisedListener[]
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** An empty host means loopback; controllers' listeners are left out; others need authentication beyond loopback. */
export function resolveListeners(
  text: (name: string) => string | null,
  areListenersSet: boolean,
): ResolvedListeners {
  const problems: string[] = []
  const warnings: string[] = []
  const protocols = parseProtocolMap(text('listener.security.protocol.map') ?? '')
  if (protocols === null) problems.push('listener.security.protocol.map is not of the form NAME:PROTOCOL,…')
  const controllers = splitList(text('controller.listener.names')).map(name => name.toUpperCase())
  const isAllowed = text('ottla.allow.unauthenticated')?.toLowerCase() === 'true'
  const listeners: Listener[] = []
  for (const parsed of parseAll(text('listeners'), problems)) {
    if (controllers.includes(parsed.name)) continue
    const securityProtocol = protocols?.get(parsed.name)
    const refusal = refusalOf(parsed, securityProtocol, isAllowed)
    if (refusal !== null) {
      problems.push(refusal)
      continue
    }
    const host = parsed.host === '' ? LOOPBACK : parsed.host
    if (parsed.host === '' && areListenersSet) {
      warnings.push(`listener ${parsed.name} names no host: it listens on ${LOOPBACK} only`)
    }
    listeners.push({ ...parsed, host, securityProtocol: securityProtocol! })
  }
  if (problems.length === 0 && listeners.length === 0)
    problems.push('listeners names no listener for clients')
  if (new Set(listeners.map(listener => listener.name)).size !== listeners.length) {
    problems.push('listeners uses a listener name twice')
  }
  const advertisedListeners = parseAll(text('advertised.listeners'), problems).filter(
    advertised => !controllers.includes(advertised.name),
  )
  for (const advertised of advertisedListeners) {
    if (advertised.host === '') problems.push(`advertised.listeners: ${advertised.name} has no host`)
    if (UNSPECIFIED_HOSTS.has(advertised.host)) {
      problems.push(`advertised.listeners: no client can connect to ${advertised.host} (${advertised.name})`)
    }
    if (!listeners.some(listener => listener.name === advertised.name)) {
      problems.push(`advertised.listeners: there is no listener ${advertised.name}`)
    }
  }
  return { listeners, advertisedListeners, problems, warnings }
}

function refusalOf(
  listener: AdvertisedListener,
  securityProtocol: string | undefined,
  isAllowed: boolean,
): string | null {
  if (securityProtocol === undefined) {
    return `listener.security.protocol.map has no protocol for listener ${listener.name}`
  }
  if (securityProtocol !== 'PLAINTEXT') {
    return `listener ${listener.name}: security protocol ${securityProtocol} is not supported yet`
  }
  if (listener.host === '' || isLoopback(listener.host) || isAllowed) return null
  return (
    `listener ${listener.name} would accept anyone on ${listener.host}: ` +
    'set ottla.allow.unauthenticated=true to allow that'
  )
}

function parseAll(text: string | null, problems: string[]): AdvertisedListener[] {
  const listeners: AdvertisedListener[] = []
  for (const part of splitList(text)) {
    const parsed = parseListener(part)
    if (parsed.ok) listeners.push(parsed.listener)
    else problems.push(parsed.problem)
  }
  return listeners
}

function splitList(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}
