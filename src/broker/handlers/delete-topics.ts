import { INTERNAL_TOPIC_MESSAGE, isInternalTopic } from '../../metadata/image/metadata-image.ts'
import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DeletableTopicResultInit,
  type DeleteTopicState,
  type DeleteTopicsRequest,
  type DeleteTopicsResponseInit,
  decodeDeleteTopicsRequest,
  encodeDeleteTopicsResponse,
} from '../../protocol/generated/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** Topics are named in structs, by name or by id (KIP-516). */
const BY_ID_VERSION = 6
/** Before it, clients don't know TOPIC_DELETION_DISABLED (KIP-322). */
const DELETION_DISABLED_VERSION = 3

/** ADM-2. */
export const deleteTopics = defineHandler<DeleteTopicsRequest, DeleteTopicsResponseInit>({
  apiKey: ApiKey.DeleteTopics,
  versions: [0, 6],
  operations: ['DELETE TOPIC'],
  decode: decodeDeleteTopicsRequest,
  encode: encodeDeleteTopicsResponse,
  async handle(request, context, services) {
    const topics =
      context.apiVersion >= BY_ID_VERSION
        ? request.topics
        : request.topicNames.map(name => ({ name, topicId: ZERO_UUID }))
    const seen = new Set<string>()
    const responses: Promise<DeletableTopicResultInit>[] = []
    for (const topic of topics) {
      const key = topic.name === null ? `id ${topic.topicId}` : `name ${topic.name}`
      if (!seen.has(key)) responses.push(deleted(topic, context.apiVersion, services))
      seen.add(key)
    }
    return { responses: await Promise.all(responses) }
  },
})

async function deleted(
  topic: DeleteTopicState,
  version: number,
  services: BrokerServices,
): Promise<DeletableTopicResultInit> {
  const { name, topicId } = topic
  const hasId = topicId !== ZERO_UUID
  if ((name === null) !== hasId) {
    const errorMessage = hasId
      ? 'You may not specify both topic name and topic id.'
      : 'Neither topic name nor id were specified.'
    return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  const asked = name ?? services.metadata.image.topicById(topicId)?.name ?? ''
  if (isInternalTopic(asked)) {
    return {
      name: asked,
      topicId,
      errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
      errorMessage: INTERNAL_TOPIC_MESSAGE,
    }
  }
  const result = await services.metadata.deleteTopic(topic)
  if (result.ok) {
    return { name: result.topic.name, topicId: result.topic.topicId, errorCode: ErrorCode.NONE }
  }
  const isUnknownToClient =
    result.errorCode === ErrorCode.TOPIC_DELETION_DISABLED && version < DELETION_DISABLED_VERSION
  const errorCode = isUnknownToClient ? ErrorCode.INVALID_REQUEST : result.errorCode
  return { name, topicId, errorCode, errorMessage: result.errorMessage }
}
