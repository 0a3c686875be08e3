import { INTERNAL_TOPIC_MESSAGE, isInternalTopic } from '../../metadata/image/metadata-image.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DeletableTopicResultInit,
  type DeleteTopicState,
  type DeleteTopicsRequest,
  type DeleteTopicsResponseInit,
  deleteTopicsCodec,
} from '../../protocol/generated/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** Topics are named in structs, by name or by id (KIP-516). */
const BY_ID_VERSION = 6
/** Before it, clients don't know TOPIC_DELETION_DISABLED (KIP-322). */
const DELETION_DISABLED_VERSION = 3

/** ADM-2. A request without time for the change is refused before anything is looked at, as in KRaft (measured). */
export const deleteTopics = defineHandler<DeleteTopicsRequest, DeleteTopicsResponseInit>({
  codec: deleteTopicsCodec,
  versions: [0, 6],
  operations: ['DELETE TOPIC'],
  async handle(request, context, services) {
    const topics =
      context.apiVersion >= BY_ID_VERSION
        ? request.topics
        : request.topicNames.map(name => ({ name, topicId: ZERO_UUID }))
    if (request.timeoutMs <= 0) {
      return { responses: topics.map(topic => ({ ...topic, errorCode: ErrorCode.REQUEST_TIMED_OUT })) }
    }
    const responses = byTopic(topics, services).map(named =>
      named.length === 1 ? deleted(named[0]!, context.apiVersion, services) : namedTwice(named),
    )
    return { responses: await Promise.all(responses) }
  },
})

/** What names one topic, by name, by id or by both, stands together. */
function byTopic(topics: readonly DeleteTopicState[], { metadata }: BrokerServices): DeleteTopicState[][] {
  const groups = new Map<string, DeleteTopicState[]>()
  for (const topic of topics) {
    const topicId = topic.name === null ? topic.topicId : metadata.image.topic(topic.name)?.topicId
    const key = topicId ?? `name ${topic.name}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [topic])
    else group.push(topic)
  }
  return [...groups.values()]
}

/** It is not deleted, and refused once. */
function namedTwice(named: readonly DeleteTopicState[]): DeletableTopicResultInit {
  const { name, topicId } = named.find(topic => topic.name !== null) ?? named[0]!
  const isBoth = named.some(topic => topic.name === null) && name !== null
  const id = named.find(topic => topic.name === null)?.topicId ?? topicId
  const errorMessage = isBoth
    ? 'The provided topic name maps to an ID that was already supplied.'
    : `Duplicate topic ${name === null ? 'id' : 'name'}.`
  return { name, topicId: id, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

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
