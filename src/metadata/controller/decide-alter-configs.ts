import { BROKER_DEFINITIONS } from '../../config/definitions/broker-definitions.ts'
import { type ConfigDefinition, ConfigType } from '../../config/definitions/definition.ts'
import { TOPIC_DEFINITIONS } from '../../config/definitions/topic-definitions.ts'
import { problemOfValue } from '../../config/parse-value.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { ResourceType } from '../metadata-record.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { ControllerSettings } from './controller-settings.ts'
import type { Decision } from './decide-create-partitions.ts'

export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface ConfigChange {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

export type Resource = {
  readonly resourceType: ResourceType
  readonly definitions: ReadonlyMap<string, ConfigDefinition>
}

/** CFG-3, incremental: every key is set, removed, or changed as a list. */
export function decideIncrementalAlterConfigs(
  image: MetadataImage,
  settings: ControllerSettings,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
): Decision | Refusal {
  const target = resourceOf(image, settings, resource)
  if ('ok' in target) return target
  const current = image.configs(target.resourceType, resource.resourceName)
  const entries = new Map<string, string | null>()
  for (const change of changes) {
    const { name } = change
    if (entries.has(name)) return refuse(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys')
    const value = changedValue(change, current.get(name), target.definitions.get(name))
    if (typeof value === 'object' && value !== null) return value
    const refusal = refusalOfEntry(target, name, value)
    if (refusal !== null) return refusal
    entries.set(name, value)
  }
  return configsDecision(target, resource.resourceName, entries)
}

/** CFG-3, the old way: keys that are not named go back to their default. */
export function decideAlterConfigs(
  image: MetadataImage,
  settings: ControllerSettings,
  resource: ConfigResource,
  configs: readonly { readonly name: string; readonly value: string | null }[],
): Decision | Refusal {
  const target = resourceOf(image, settings, resource)
  if ('ok' in target) return target
  const current = image.configs(target.resourceType, resource.resourceName)
  const entries = new Map<string, string | null>([...current.keys()].map(name => [name, null]))
  const named = new Set<string>()
  for (const { name, value } of configs) {
    if (named.has(name)) return refuse(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys')
    named.add(name)
    if (value === null) return refuse(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${name}`)
    const refusal = refusalOfEntry(target, name, value)
    if (refusal !== null) return refusal
    entries.set(name, value)
  }
  return configsDecision(target, resource.resourceName, entries)
}

/** The kind of a resource that has configs here, or why it has none. */
export function resourceOf(
  image: MetadataImage,
  settings: ControllerSettings,
  resource: ConfigResource,
): Resource | Refusal {
  const { resourceName: name } = resource
  if (resource.resourceType === ResourceType.TOPIC) {
    if (name === '') return refuse(ErrorCode.INVALID_REQUEST, 'Default topic resources are not allowed.')
    if (image.topic(name) === undefined) {
      return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
    }
    return { resourceType: ResourceType.TOPIC, definitions: TOPIC_DEFINITIONS }
  }
  if (resource.resourceType !== ResourceType.BROKER) {
    return refuse(ErrorCode.INVALID_REQUEST, `Unsupported resource type: ${resource.resourceType}`)
  }
  if (name !== '' && !settings.brokerIds.some(id => `${id}` === name)) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      `Unexpected broker id, expected ${settings.brokerIds.join(', ')} or empty string, but received ${name}`,
    )
  }
  return { resourceType: ResourceType.BROKER, definitions: BROKER_DEFINITIONS }
}

function changedValue(
  change: ConfigChange,
  current: string | undefined,
  definition: ConfigDefinition | undefined,
): string | null | Refusal {
  const { name, configOperation, value } = change
  if (configOperation === ConfigOperation.DELETE) return null
  const isSet = configOperation === ConfigOperation.SET
  if (!isSet && configOperation !== ConfigOperation.APPEND && configOperation !== ConfigOperation.SUBTRACT) {
    return refuse(ErrorCode.INVALID_REQUEST, `Unknown operation type ${configOperation}`)
  }
  if (value === null) return refuse(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${name}`)
  if (isSet) return value
  const isAppend = configOperation === ConfigOperation.APPEND
  if (definition?.type !== ConfigType.LIST) {
    const verb = isAppend ? 'APPEND' : 'SUBTRACT'
    return refuse(ErrorCode.INVALID_CONFIG, `Can't ${verb} to key ${name} because its type is not LIST.`)
  }
  const before = elementsOf(current ?? definition.default ?? '')
  const named = elementsOf(value)
  if (!isAppend) return before.filter(element => !named.includes(element)).join(',')
  return [...new Set([...before, ...named])].join(',')
}

function refusalOfEntry(target: Resource, name: string, value: string | null): Refusal | null {
  const definition = target.definitions.get(name)
  if (definition?.update === 'read-only') {
    return refuse(ErrorCode.INVALID_REQUEST, `Cannot update these configs dynamically: Set(${name})`)
  }
  if (value === null) return null
  if (definition === undefined) {
    // An unknown broker key may belong to a plug-in, so it is kept; a topic has none.
    if (target.resourceType === ResourceType.BROKER) return null
    return refuse(ErrorCode.INVALID_CONFIG, `Unknown topic config name: ${name}`)
  }
  const problem = problemOfValue(definition, value)
  return problem === null ? null : refuse(ErrorCode.INVALID_CONFIG, problem)
}

function configsDecision(
  target: Resource,
  resourceName: string,
  entries: ReadonlyMap<string, string | null>,
): Decision {
  if (entries.size === 0) return { ok: true, records: [] }
  const { resourceType } = target
  return {
    ok: true,
    records: [{ type: 'configs-changed', resourceType, resourceName, entries: [...entries] }],
  }
}

function elementsOf(list: string): string[] {
  return list
    .split(',')
    .map(element => element.trim())
    .filter(element => element !== '')
}
