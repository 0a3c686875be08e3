import { type ConfigEntry, describeTopicConfig } from '../../config/config-layers.ts'
import { configLayersOf } from '../../metadata/config-layers-of.ts'
import { INTERNAL_TOPIC_MESSAGE, isInternalTopic } from '../../metadata/image/metadata-image.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type CreatableTopic,
  type CreatableTopicResultInit,
  type CreateTopicsRequest,
  type CreateTopicsResponseInit,
  createTopicsCodec,
} from '../../protocol/generated/create-topics.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'
import { repeatedKeys } from '../repeated-keys.ts'

/** ADM-1. A request without time for the change is refused before anything is looked at, as in KRaft (measured). */
export const createTopics = defineHandler<CreateTopicsRequest, CreateTopicsResponseInit>({
  codec: createTopicsCodec,
  versions: [0, 7],
  operations: ['CREATE TOPIC'],
  async handle(request, _context, services) {
    if (request.timeoutMs <= 0) {
      return { topics: request.topics.map(({ name }) => refused(name, ErrorCode.REQUEST_TIMED_OUT, null)) }
    }
    const repeated = repeatedKeys(request.topics, ({ name }) => name)
    const topics = [...new Map(request.topics.map(topic => [topic.name, topic])).values()]
    return {
      topics: await Promise.all(
        topics.map(topic =>
          repeated.has(topic.name)
            ? refused(topic.name, ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
            : createTopic(topic, request.validateOnly, services),
        ),
      ),
    }
  },
})

async function createTopic(
  topic: CreatableTopic,
  validateOnly: boolean,
  services: BrokerServices,
): Promise<CreatableTopicResultInit> {
  if (isInternalTopic(topic.name)) {
    return refused(topic.name, ErrorCode.INVALID_TOPIC_EXCEPTION, INTERNAL_TOPIC_MESSAGE)
  }
  const result = await services.metadata.createTopic(topic, validateOnly)
  if (!result.ok) return refused(topic.name, result.errorCode, result.errorMessage)
  const asked = new Map(topic.configs.map(({ name, value }) => [name, value ?? '']))
  const layers = { ...configLayersOf(services.metadata.image, services.config), topic: asked }
  return {
    name: topic.name,
    topicId: result.topicId,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    numPartitions: result.partitionCount,
    replicationFactor: result.replicationFactor,
    configs: describeTopicConfig(layers).map(configRow),
  }
}

function configRow(entry: ConfigEntry) {
  const { name, value, isReadOnly: readOnly, source: configSource, isSensitive } = entry
  return { name, value, readOnly, configSource, isSensitive }
}

function refused(name: string, errorCode: ErrorCode, errorMessage: string | null): CreatableTopicResultInit {
  return { name, errorCode, errorMessage, configs: [] }
}
