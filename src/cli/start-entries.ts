import { parseProperties } from '../config/parse-properties.ts'

export interface StartOptions {
  readonly override: readonly string[]
  readonly port?: string
  readonly dataDir?: string
}

export type EntriesResult =
  | { readonly ok: true; readonly entries: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly problem: string }

const DEFAULT_PORT = '9092'

/** The file, over it the overrides, over them --port and --data-dir. Without listeners: loopback, as `localhost`. */
export function startEntries(propertiesText: string | null, options: StartOptions): EntriesResult {
  const entries = propertiesText === null ? new Map<string, string>() : parseProperties(propertiesText)
  for (const override of options.override) {
    const equals = override.indexOf('=')
    if (equals < 1) return { ok: false, problem: `--override ${override}: expected key=value` }
    entries.set(override.slice(0, equals).trim(), override.slice(equals + 1).trim())
  }
  if (options.dataDir !== undefined) entries.set('log.dirs', options.dataDir)
  const hasPort = options.port !== undefined
  if (hasPort && !/^\d{1,5}$/.test(options.port)) {
    return { ok: false, problem: `--port ${options.port}: expected a number` }
  }
  if (hasPort || !entries.has('listeners')) {
    const port = options.port ?? DEFAULT_PORT
    entries.set('listeners', `PLAINTEXT://localhost:${port}`)
    // Port 0 is only known once the broker listens, which then advertises where it does.
    if (hasPort || !entries.has('advertised.listeners')) {
      if (Number(port) === 0) entries.delete('advertised.listeners')
      else entries.set('advertised.listeners', `PLAINTEXT://localhost:${port}`)
    }
  }
  return { ok: true, entries }
}
