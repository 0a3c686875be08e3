import type { CommitTopic, OffsetCommitReply } from '../../coordination/offsets/offset-event.ts'
import type { TopicsView } from '../../coordination/runtime.ts'
import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  decodeOffsetCommitRequest,
  encodeOffsetCommitResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponseInit,
} from '../../protocol/generated/offset-commit.ts'
import { defineHandler } from '../handler.ts'

/** An unknown group is told apart from an old generation (KIP-848). */
const GROUP_ID_NOT_FOUND_VERSION = 9
/** Topics are named by their ids (KIP-848). */
const TOPIC_ID_VERSION = 10

type RequestTopic = OffsetCommitRequest['topics'][number]
type ResponseTopic = NonNullable<OffsetCommitResponseInit['topics']>[number]
/** A topic of the request with its name, null when there is no such topic. */
interface ResolvedTopic {
  readonly request: RequestTopic
  readonly name: string | null
}

/** OFS-1, OFS-4. Version 0, which once wrote to ZooKeeper, stores as version 1 does. */
export const offsetCommit = defineHandler<OffsetCommitRequest, OffsetCommitResponseInit>({
  apiKey: ApiKey.OffsetCommit,
  versions: [0, 10],
  operations: ['READ GROUP', 'READ TOPIC'],
  decode: decodeOffsetCommitRequest,
  encode: encodeOffsetCommitResponse,
  async handle(request, context, services) {
    const isById = context.apiVersion >= TOPIC_ID_VERSION
    const resolved = request.topics.map(topic => resolve(topic, isById, services.groups.topics))
    const topics = resolved.flatMap(({ request: topic, name }) =>
      name === null ? [] : [commitTopic(topic, name)],
    )
    const unknownTopic = isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if (topics.length === 0) return { topics: resolved.map(topic => refuse(topic.request, unknownTopic)) }
    const reply = await services.groups.commitOffsets({
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      generationId: request.generationIdOrMemberEpoch,
      knowsGroupIdNotFound: context.apiVersion >= GROUP_ID_NOT_FOUND_VERSION,
      retentionTimeMs: request.retentionTimeMs,
      topics,
    })
    return { topics: mergeAnswers(resolved, reply, unknownTopic) }
  },
})

function resolve(request: RequestTopic, isById: boolean, topics: TopicsView): ResolvedTopic {
  if (isById) return { request, name: topics.topicName(request.topicId) ?? null }
  return { request, name: topics.hasTopic(request.name) ? request.name : null }
}

function commitTopic({ partitions }: RequestTopic, name: string): CommitTopic {
  return {
    name,
    partitions: partitions.map(partition => ({
      partitionIndex: partition.partitionIndex,
      committedOffset: partition.committedOffset,
      committedLeaderEpoch: partition.committedLeaderEpoch,
      committedMetadata: partition.committedMetadata,
      commitTimestampMs: partition.commitTimestamp,
    })),
  }
}

function mergeAnswers(
  resolved: readonly ResolvedTopic[],
  reply: OffsetCommitReply,
  unknownTopic: ErrorCode,
): ResponseTopic[] {
  let next = 0
  return resolved.map(({ request, name }) => {
    if (name === null) return refuse(request, unknownTopic)
    if (reply.errorCode !== ErrorCode.NONE) return refuse(request, reply.errorCode)
    const answered = reply.topics[next++]
    return { name: request.name, topicId: request.topicId, partitions: [...(answered?.partitions ?? [])] }
  })
}

function refuse({ name, topicId, partitions }: RequestTopic, errorCode: ErrorCode): ResponseTopic {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
}
