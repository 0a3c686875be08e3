import { ErrorCode } from '../../protocol/error-code.ts'
import type { MetadataImage, TopicImage } from '../image/metadata-image.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { ControllerSettings } from './controller-settings.ts'
import type { Decision } from './decide-create-partitions.ts'

/** By name, or by id when the name is null. */
export interface TopicToDelete {
  readonly name: string | null
  readonly topicId: string
}

export interface DeleteTopicDecision extends Decision {
  readonly topic: TopicImage
}

/** ADM-2. */
export function decideDeleteTopic(
  image: MetadataImage,
  settings: ControllerSettings,
  request: TopicToDelete,
): DeleteTopicDecision | Refusal {
  if (!settings.isTopicDeletionEnabled) {
    return refuse(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.')
  }
  const isById = request.name === null
  const topic = isById ? image.topicById(request.topicId) : image.topic(request.name)
  if (topic !== undefined) {
    return { ok: true, topic, records: [{ type: 'topic-deleted', topicId: topic.topicId }] }
  }
  return isById
    ? refuse(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    : refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
}
