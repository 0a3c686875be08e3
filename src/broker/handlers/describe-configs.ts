import {
  type ConfigEntry,
  ConfigSource,
  describeBrokerConfig,
  describeDefaultBrokerConfig,
  describeTopicConfig,
} from '../../config/config-layers.ts'
import { configLayersOf } from '../../metadata/config-layers-of.ts'
import { resourceOf } from '../../metadata/controller/decide-alter-configs.ts'
import { problemOfTopicName } from '../../metadata/image/topic-name.ts'
import { ResourceType } from '../../metadata/metadata-record.ts'
import { type Refusal, refuse } from '../../metadata/refusal.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  type DescribeConfigsResourceResultInit,
  type DescribeConfigsResponseInit,
  type DescribeConfigsResultInit,
  describeConfigsCodec,
} from '../../protocol/generated/describe-configs.ts'
import { describedOnce } from '../described-once.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** CFG-2. No keys, or a list that is empty, asks for all of them. */
export const describeConfigs = defineHandler<DescribeConfigsRequest, DescribeConfigsResponseInit>({
  codec: describeConfigsCodec,
  versions: [0, 4],
  operations: ['DESCRIBE_CONFIGS TOPIC', 'DESCRIBE_CONFIGS CLUSTER'],
  handle(request, _context, services) {
    const describe = describedOnce(
      ({ resourceType, resourceName, configurationKeys }: DescribeConfigsResource) =>
        JSON.stringify([resourceType, resourceName, configurationKeys]),
      resource => describeResource(resource, request, services),
    )
    return { results: request.resources.map(describe) }
  },
})

function describeResource(
  resource: DescribeConfigsResource,
  request: DescribeConfigsRequest,
  services: BrokerServices,
): DescribeConfigsResultInit {
  const { resourceType, resourceName } = resource
  const entries = entriesOf(resource, services)
  if ('ok' in entries) {
    const { errorCode, errorMessage } = entries
    return { errorCode, errorMessage, resourceType, resourceName, configs: [] }
  }
  const keys = new Set(resource.configurationKeys)
  const isAsked = (entry: ConfigEntry) => keys.size === 0 || keys.has(entry.name)
  const configs = entries.filter(isAsked).map(entry => rowOf(entry, request))
  return { errorCode: ErrorCode.NONE, errorMessage: '', resourceType, resourceName, configs }
}

function entriesOf(resource: DescribeConfigsResource, services: BrokerServices): ConfigEntry[] | Refusal {
  const { image, settings } = services.metadata
  const { resourceType, resourceName } = resource
  if (resourceType === ResourceType.TOPIC) {
    const problem = problemOfTopicName(resourceName)
    if (problem !== null) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
  }
  const target = resourceOf(image, settings, resource)
  if ('ok' in target) return target
  if (target.resourceType === ResourceType.TOPIC) {
    return describeTopicConfig(configLayersOf(image, services.config, resourceName))
  }
  if (resourceName === '') return describeDefaultBrokerConfig(image.configs(ResourceType.BROKER, ''))
  return describeBrokerConfig(configLayersOf(image, services.config))
}

function rowOf(entry: ConfigEntry, request: DescribeConfigsRequest): DescribeConfigsResourceResultInit {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.isReadOnly,
    isDefault: entry.source === ConfigSource.DEFAULT,
    configSource: entry.source,
    isSensitive: entry.isSensitive,
    synonyms: request.includeSynonyms ? entry.synonyms : [],
    configType: entry.type,
    documentation: request.includeDocumentation ? entry.documentation : null,
  }
}
