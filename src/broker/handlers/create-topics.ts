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

/** ADM-1. A request without time for the change is refused before anything is looked at, as in KRaft (measured). */
export const createTopics = defineHandler<CreateTopicsRequest, CreateTopicsResponseInit>({
  codec: createTopicsCodec,
  versions: [0, 7],
  operations: ['CREATE TOPIC'],
  async handle(request, _context, services) {
    if (request.timeoutMs <= 0) {
      return { topics: request.topics.map(({ name }) => refused(name, ErrorCode.REQUEST_TIMED_OUT, null)) }
    }
    const counts = new Map<string, number>()
    for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
    const topics = [...new Map(request.topics.map(topic => [topic.name, topic])).values()]
    return {
      topics: await Promise.all(
        topics.map(topic =>
          counts.get(topic.name)! > 1
            ? refused(topic.name, ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
            : created(topic, request.validateOnly, services),
        ),
      ),
    }
  },
})

async function created(
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
    configs: describeTopicConfig(layers).map(configOf),
  }
}

function configOf(entry: ConfigEntry) {
  const { name, value, isReadOnly: readOnly, source: configSource, isSensitive } = entry
  return { name, value, readOnly, configSource, isSensitive }
}

function refused(name: string, errorCode: ErrorCode, errorMessage: string | null): CreatableTopicResultInit {
  return { name, errorCode, errorMessage, configs: [] }
}
