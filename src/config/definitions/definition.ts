/** Kafka's config types, as DescribeConfigs numbers them. */
export const ConfigType = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
} as const
export type ConfigType = (typeof ConfigType)[keyof typeof ConfigType]

/** A broker key that gives a topic key its default; its value is in a unit `factor` times the topic key's. */
export interface BrokerSynonym {
  readonly name: string
  readonly factor: number
}

/** When a broker key may change: at the start only, for one broker, or for the whole cluster (KIP-226). */
export type ConfigUpdate = 'read-only' | 'per-broker' | 'cluster-wide'

/** One key, declared once: parsing, validation, DescribeConfigs and the documentation read it. */
export interface ConfigDefinition {
  readonly name: string
  readonly type: ConfigType
  /** Exact text, as tools show it; null when there is none. */
  readonly default: string | null
  readonly doc: string
  readonly min?: number
  readonly max?: number
  /** A number within the range that is not legal. */
  readonly excluded?: number
  /** Legal texts, or legal elements of a LIST. */
  readonly validValues?: readonly string[]
  readonly sensitive?: boolean
  /** The key is checked and shown, but nothing reads it yet; every place that explains it says so. */
  readonly effect?: 'none'
  readonly update?: ConfigUpdate
  /** Topic keys only, most specific first: the first one that is set wins. */
  readonly brokerSynonyms?: readonly BrokerSynonym[]
}

/** What DescribeConfigs and the page of settings say. */
export function documentationOf({ doc, effect }: ConfigDefinition): string {
  return effect === 'none' ? `${doc} Without effect yet.` : doc
}

export const LONG_MAX = '9223372036854775807'
export const INT_MAX = 2_147_483_647
