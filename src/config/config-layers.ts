import { BROKER_DEFINITIONS } from './definitions/broker-definitions.ts'
import { type ConfigDefinition, ConfigType, documentationOf } from './definitions/definition.ts'
import { TOPIC_DEFINITIONS } from './definitions/topic-definitions.ts'
import { type TopicConfig, typedTopicConfig } from './topic-config.ts'

/** Where a value comes from, with DescribeConfigs' codes. */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
} as const
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

type Entries = ReadonlyMap<string, string>

/** The layers a value is looked up in, the most specific first. */
export interface ConfigLayers {
  readonly topic?: Entries | undefined
  readonly dynamicBroker: Entries
  readonly dynamicDefaultBroker: Entries
  readonly staticBroker: Entries
}

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: ConfigSource
}

/** One row of DescribeConfigs; a sensitive value is null. */
export interface ConfigEntry extends ConfigSynonym {
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  readonly type: number
  readonly documentation: string
  /**
   * Every place that gives the key a value, the one in force first. As in Kafka, a default that is null is not among
   * them, and of several broker keys behind a topic key only the first, the one in the topic key's unit.
   */
  readonly synonyms: readonly ConfigSynonym[]
}

/** Topic overrides over the dynamic and static broker keys over Kafka's defaults. */
export function effectiveTopicConfig(layers: ConfigLayers): TopicConfig {
  return typedTopicConfig(name => {
    const definition = TOPIC_DEFINITIONS.get(name)!
    return valueInForce(definition, topicSettings(definition, layers)) ?? ''
  })
}

export function describeTopicConfig(layers: ConfigLayers): ConfigEntry[] {
  return [...TOPIC_DEFINITIONS.values()].map(definition => {
    const settings = topicSettings(definition, layers)
    const brokerKey = definition.brokerSynonyms?.[0]?.name
    const synonyms = settings.filter(
      ({ name, source }) => source === ConfigSource.TOPIC || name === brokerKey,
    )
    const last = brokerKey === undefined ? undefined : BROKER_DEFINITIONS.get(brokerKey)
    return entryOf(definition, valueInForce(definition, settings), withDefault(synonyms, last), false)
  })
}

export function describeBrokerConfig(layers: ConfigLayers): ConfigEntry[] {
  const entries = [...BROKER_DEFINITIONS.values()].map(definition => {
    const settings = brokerSettings(definition, layers)
    const value = valueInForce(definition, settings)
    return entryOf(definition, value, withDefault(settings, definition), definition.update === 'read-only')
  })
  for (const [name, source] of unknownBrokerKeys(layers)) {
    // An unknown key may hold a secret of whatever reads it; Kafka hides it for the same reason.
    const value = { name, value: null, source }
    entries.push({
      ...value,
      isReadOnly: source === ConfigSource.STATIC_BROKER,
      isSensitive: true,
      type: 0,
      documentation: '',
      synonyms: [value],
    })
  }
  return entries
}

/** What is set for the cluster's default broker (resource name '') alone. */
export function describeDefaultBrokerConfig(entries: Entries): ConfigEntry[] {
  return [...entries].map(([name, value]) => {
    const definition = BROKER_DEFINITIONS.get(name)
    const isSensitive = definition === undefined || definition.sensitive === true
    const shown = {
      name,
      value: isSensitive ? null : value,
      source: ConfigSource.DYNAMIC_DEFAULT_BROKER,
    }
    return {
      ...shown,
      isReadOnly: false,
      isSensitive,
      type: definition?.type ?? 0,
      documentation: definition === undefined ? '' : documentationOf(definition),
      synonyms: [shown],
    }
  })
}

function entryOf(
  definition: ConfigDefinition,
  value: string | null,
  synonyms: readonly ConfigSynonym[],
  isReadOnly: boolean,
): ConfigEntry {
  const isSensitive = definition.sensitive === true || definition.type === ConfigType.PASSWORD
  const shown = isSensitive ? synonyms.map(synonym => ({ ...synonym, value: null })) : synonyms
  return {
    name: definition.name,
    value: isSensitive ? null : value,
    source: shown[0]?.source ?? ConfigSource.DEFAULT,
    isReadOnly,
    isSensitive,
    type: definition.type,
    documentation: documentationOf(definition),
    synonyms: shown,
  }
}

/** What is set for a topic key, in its unit; the first is in force. */
function topicSettings(definition: ConfigDefinition, layers: ConfigLayers): ConfigSynonym[] {
  const found: ConfigSynonym[] = []
  const own = layers.topic?.get(definition.name)
  if (own !== undefined) found.push({ name: definition.name, value: own, source: ConfigSource.TOPIC })
  for (const [source, entries] of brokerLayers(layers)) {
    for (const { name, factor } of definition.brokerSynonyms ?? []) {
      const value = entries.get(name)
      if (value !== undefined) found.push({ name, value: inTopicUnit(value, factor), source })
    }
  }
  return found
}

function valueInForce(definition: ConfigDefinition, settings: readonly ConfigSynonym[]): string | null {
  return settings[0]?.value ?? definition.default
}

function brokerSettings({ name }: ConfigDefinition, layers: ConfigLayers): ConfigSynonym[] {
  const found: ConfigSynonym[] = []
  for (const [source, entries] of brokerLayers(layers)) {
    const value = entries.get(name)
    if (value !== undefined) found.push({ name, value, source })
  }
  return found
}

function withDefault(
  settings: readonly ConfigSynonym[],
  definition: ConfigDefinition | undefined,
): readonly ConfigSynonym[] {
  if (definition === undefined || definition.default === null) return settings
  return [...settings, { name: definition.name, value: definition.default, source: ConfigSource.DEFAULT }]
}

function brokerLayers(layers: ConfigLayers): readonly (readonly [ConfigSource, Entries])[] {
  return [
    [ConfigSource.DYNAMIC_BROKER, layers.dynamicBroker],
    [ConfigSource.DYNAMIC_DEFAULT_BROKER, layers.dynamicDefaultBroker],
    [ConfigSource.STATIC_BROKER, layers.staticBroker],
  ]
}

function unknownBrokerKeys(layers: ConfigLayers): Map<string, ConfigSource> {
  const unknown = new Map<string, ConfigSource>()
  for (const [source, entries] of brokerLayers(layers)) {
    for (const name of entries.keys()) {
      if (!BROKER_DEFINITIONS.has(name) && !unknown.has(name)) unknown.set(name, source)
    }
  }
  return unknown
}

/** Hours and minutes of a broker key become the milliseconds of the topic key; below zero means "no bound". */
function inTopicUnit(text: string, factor: number): string {
  const value = text.trim()
  if (factor === 1) return value
  const number = Number(value)
  return number < 0 ? value : `${number * factor}`
}
