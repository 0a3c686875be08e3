const LIBRARY = [
  'base',
  'platform',
  'native',
  'protocol',
  'config',
  'metrics',
  'network',
  'security',
  'coordination',
  'metadata',
  'client',
  'storage',
  'replication',
] as const

/** Rooms of src and those each may import; one direction, siblings never import each other. */
export const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['base', []],
  ['platform', ['base']],
  ['native', ['base']],
  ['protocol', ['base']],
  ['config', ['base']],
  ['metrics', ['base']],
  ['network', ['base', 'metrics', 'native']],
  ['security', ['base', 'protocol', 'config', 'metrics']],
  ['coordination', ['base', 'protocol', 'config', 'metrics']],
  ['metadata', ['base', 'protocol', 'config', 'metrics']],
  ['client', ['base', 'protocol', 'network', 'security']],
  ['storage', ['base', 'protocol', 'config', 'metrics', 'native']],
  ['replication', ['base', 'protocol', 'config', 'metrics', 'storage', 'metadata', 'client']],
  ['broker', LIBRARY],
  ['gateways', ['base', 'config', 'metrics', 'broker/api.ts']],
  ['console', ['base', 'config', 'metrics', 'broker/api.ts']],
  ['cli', ['base', 'config', 'client', 'protocol']],
  ['index.ts', ['base', 'platform', 'config', 'broker', 'gateways', 'console', 'cli']],
  ['main.ts', ['base', 'platform', 'config', 'broker', 'gateways', 'console', 'cli', 'index.ts']],
])

const PURE = [
  /^src\/(base|protocol|coordination)\//,
  /^src\/metadata\/(image|controller)\//,
  /^src\/security\/(acl|quota)\//,
  /^src\/replication\/isr\.ts$/,
  /^src\/gateways\/.*\/codec\.ts$/,
]

/** Files that get time, randomness and I/O as arguments and import nothing of Node's. */
export function isPure(path: string): boolean {
  return path !== 'src/coordination/group-coordinator.ts' && PURE.some(pattern => pattern.test(path))
}

/** The room of a file of src: its first folder, or its name when it lies in src itself. */
export function roomOf(path: string): string | null {
  return /^src\/([^/]+)/.exec(path)?.[1] ?? null
}
