import type { TopicsView } from '../../coordination/group-coordinator.ts'
import type { CommitTopic, OffsetCommitReply } from '../../coordination/offsets/offset-event.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type OffsetCommitRequest,
  type OffsetCommitResponseInit,
  offsetCommitCodec,
} from '../../protocol/generated/offset-commit.ts'
import { defineHandler } from '../handler.ts'

/** An unknown group is told apart from an old generation (KIP-848). */
const GROUP_ID_NOT_FOUND_VERSION = 9
/** Topics are named by their ids (KIP-848). */
const TOPIC_ID_VERSION = 10

const NOTHING_COMMITTED = { errorCode: ErrorCode.NONE, topics: [] }

type RequestTopic = OffsetCommitRequest['topics'][number]
type ResponseTopic = NonNullable<OffsetCommitResponseInit['topics']>[number]
/** A topic of the request with its name, null when there is none, and those of its partitions that there are. */
interface ResolvedTopic {
  readonly request: RequestTopic
  readonly name: string | null
  readonly known: RequestTopic['partitions']
}

/** OFS-1, OFS-4. Version 0, which once wrote to ZooKeeper, stores as version 1 does. */
export const offsetCommit = defineHandler<OffsetCommitRequest, OffsetCommitResponseInit>({
  codec: offsetCommitCodec,
  versions: [0, 10],
  operations: ['READ GROUP', 'READ TOPIC'],
  async handle(request, context, services) {
    const isById = context.apiVersion >= TOPIC_ID_VERSION
    const resolved = request.topics.map(topic => resolve(topic, isById, services.groups.topics))
    const topics = resolved.flatMap(({ known, name }) => (name === null ? [] : [commitTopic(known, name)]))
    const unknownTopic = isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if (topics.length === 0) return { topics: mergeAnswers(resolved, NOTHING_COMMITTED, unknownTopic) }
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
  const name = (isById ? topics.topicName(request.topicId) : request.name) ?? null
  const count = name === null ? 0 : topics.partitionCount(name)
  const known = request.partitions.filter(
    ({ partitionIndex }) => partitionIndex >= 0 && partitionIndex < count,
  )
  return { request, name: count === 0 ? null : name, known }
}

function commitTopic(partitions: RequestTopic['partitions'], name: string): CommitTopic {
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

/** What was not committed because it is not there stands at its place in the request. */
function mergeAnswers(
  resolved: readonly ResolvedTopic[],
  reply: Pick<OffsetCommitReply, 'errorCode' | 'topics'>,
  unknownTopic: ErrorCode,
): ResponseTopic[] {
  let next = 0
  return resolved.map(({ request, name, known }) => {
    if (name === null) return answer(request, () => unknownTopic)
    const answered = reply.topics[next++]
    const ofKnown = new Map(
      answered?.partitions.map(partition => [partition.partitionIndex, partition.errorCode]),
    )
    const isKnown = new Set(known.map(({ partitionIndex }) => partitionIndex))
    return answer(request, partitionIndex => {
      if (!isKnown.has(partitionIndex)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      return ofKnown.get(partitionIndex) ?? reply.errorCode
    })
  })
}

function answer(
  { name, topicId, partitions }: RequestTopic,
  errorCodeOf: (partitionIndex: number) => number,
): ResponseTopic {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: errorCodeOf(partitionIndex),
    })),
  }
}
