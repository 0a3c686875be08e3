import type { TopicsView } from '../../coordination/group-coordinator.ts'
import type { FetchedTopic, OffsetFetchReply } from '../../coordination/offsets/offset-event.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type OffsetFetchRequest,
  type OffsetFetchResponseInit,
  offsetFetchCodec,
} from '../../protocol/generated/offset-fetch.ts'
import { describedOnce } from '../described-once.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** A refusal of the group has a field of its own; before, it stands at every partition. */
const TOP_LEVEL_ERROR_VERSION = 2
/** Several groups in one request (KIP-709). */
const BATCH_VERSION = 8
/** Topics are named by their ids (KIP-848). */
const TOPIC_ID_VERSION = 10
const NO_OFFSET = -1

type RequestGroup = OffsetFetchRequest['groups'][number]
type ResponseGroup = NonNullable<OffsetFetchResponseInit['groups']>[number]
type ResponseGroupTopic = NonNullable<ResponseGroup['topics']>[number]

/** OFS-2. Version 0, which once read from ZooKeeper, reads what version 1 does. */
export const offsetFetch = defineHandler<OffsetFetchRequest, OffsetFetchResponseInit>({
  codec: offsetFetchCodec,
  versions: [0, 10],
  operations: ['DESCRIBE GROUP', 'DESCRIBE TOPIC'],
  async handle(request, context, services) {
    const { apiVersion } = context
    if (apiVersion < BATCH_VERSION) return fetchOneGroup(request, apiVersion, services)
    const fetch = apiVersion >= TOPIC_ID_VERSION ? fetchById : fetchByName
    const fetchAll = describedOnce(
      ({ groupId }: RequestGroup) => groupId,
      group => fetch(group, services),
    )
    const groups = request.groups.map(group =>
      group.topics === null ? fetchAll(group) : fetch(group, services),
    )
    return { groups: await Promise.all(groups) }
  },
})

async function fetchOneGroup(
  { groupId, topics }: OffsetFetchRequest,
  apiVersion: number,
  services: BrokerServices,
): Promise<OffsetFetchResponseInit> {
  const reply = await services.groups.fetchOffsets({ groupId, topics })
  if (apiVersion >= TOP_LEVEL_ERROR_VERSION)
    return { errorCode: reply.errorCode, topics: withoutErrors(reply) }
  if (reply.errorCode === ErrorCode.NONE) {
    return { topics: apiVersion === 0 ? missingAsUnknown(reply.topics) : withoutErrors(reply) }
  }
  const { errorCode } = reply
  const refused = { committedOffset: NO_OFFSET, metadata: '', errorCode }
  return {
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(partitionIndex => ({ partitionIndex, ...refused })),
    })),
  }
}

function withoutErrors({ topics }: Pick<OffsetFetchReply, 'topics'>) {
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(partition => ({ ...partition, errorCode: ErrorCode.NONE })),
  }))
}

/** Version 0 calls a partition without a committed offset unknown. */
function missingAsUnknown(topics: readonly FetchedTopic[]) {
  const { NONE, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(partition => ({
      ...partition,
      errorCode: partition.committedOffset === NO_OFFSET ? UNKNOWN_TOPIC_OR_PARTITION : NONE,
    })),
  }))
}

async function fetchByName(
  { groupId, topics }: RequestGroup,
  services: BrokerServices,
): Promise<ResponseGroup> {
  const reply = await services.groups.fetchOffsets({ groupId, topics })
  return { groupId, errorCode: reply.errorCode, topics: withoutErrors(reply) }
}

async function fetchById(
  { groupId, topics }: RequestGroup,
  services: BrokerServices,
): Promise<ResponseGroup> {
  const view = services.groups.topics
  const named = topics?.flatMap(({ topicId, partitionIndexes }) => {
    const name = view.topicName(topicId)
    return name === undefined ? [] : [{ name, partitionIndexes }]
  })
  const reply = await services.groups.fetchOffsets({ groupId, topics: named ?? null })
  if (reply.errorCode !== ErrorCode.NONE) return { groupId, errorCode: reply.errorCode, topics: [] }
  const unknown = topics?.filter(({ topicId }) => view.topicName(topicId) === undefined) ?? []
  const known = withoutErrors(reply).flatMap(topic => withId(topic, view))
  return { groupId, errorCode: reply.errorCode, topics: [...known, ...unknown.map(refuseUnknownId)] }
}

/** Nothing for a topic that has been deleted, of which no id is left to name it by. */
function withId(topic: ReturnType<typeof withoutErrors>[number], view: TopicsView): ResponseGroupTopic[] {
  const topicId = view.topicId(topic.name)
  return topicId === undefined ? [] : [{ topicId, partitions: topic.partitions }]
}

function refuseUnknownId({
  topicId,
  partitionIndexes,
}: NonNullable<RequestGroup['topics']>[number]): ResponseGroupTopic {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_ID
  const refused = { committedOffset: NO_OFFSET, committedLeaderEpoch: -1, metadata: '', errorCode }
  return { topicId, partitions: partitionIndexes.map(partitionIndex => ({ partitionIndex, ...refused })) }
}
