import type { TopicImage } from '../../metadata/image/metadata-image.ts'
import { problemOfTopicName } from '../../metadata/image/topic-name.ts'
import { topicToCreate } from '../../metadata/topic-to-create.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type MetadataRequest,
  type MetadataRequestTopic,
  type MetadataResponseInit,
  type MetadataResponseTopicInit,
  metadataCodec,
} from '../../protocol/generated/metadata.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import { ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** Up to here an empty list means all topics. */
const ALL_WHEN_EMPTY_VERSION = 0
/** Topics may be asked for by id (KIP-516). */
const LOOKUP_BY_ID_VERSION = 12

/** MD-1 to MD-8. A topic that is created on the way exists before the answer. */
export const metadata = defineHandler<MetadataRequest, MetadataResponseInit>({
  codec: metadataCodec,
  versions: [0, 13],
  operations: ['DESCRIBE TOPIC', 'CREATE TOPIC'],
  async handle(request, context, services) {
    const { image } = services.metadata
    const isAll =
      request.topics === null ||
      (context.apiVersion === ALL_WHEN_EMPTY_VERSION && request.topics.length === 0)
    const described = isAll
      ? [...image.topics()].map(describedTopic)
      : await Promise.all(
          distinct(request.topics ?? []).map(topic =>
            answerFor(topic, context.apiVersion, request.allowAutoTopicCreation, services),
          ),
        )
    const topicAuthorizedOperations = request.includeTopicAuthorizedOperations
      ? ALL_TOPIC_OPERATIONS
      : NOT_ASKED
    const isMalformed = described.some(topic => topic.errorCode === ErrorCode.INVALID_REQUEST)
    return {
      brokers: [
        {
          nodeId: services.config.nodeId,
          ...services.advertisedEndpoint(context.listenerName),
          rack: services.config.rack,
        },
      ],
      clusterId: services.metadata.clusterId,
      controllerId: services.config.nodeId,
      topics: described.map(topic =>
        topic.errorCode === ErrorCode.NONE ? { ...topic, topicAuthorizedOperations } : topic,
      ),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? ALL_CLUSTER_OPERATIONS
        : NOT_ASKED,
      errorCode: isMalformed ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE,
    }
  },
})

function distinct(topics: readonly MetadataRequestTopic[]): MetadataRequestTopic[] {
  return [...new Map(topics.map(topic => [`${topic.topicId} ${topic.name}`, topic])).values()]
}

async function answerFor(
  topic: MetadataRequestTopic,
  version: number,
  isCreationAsked: boolean,
  services: BrokerServices,
): Promise<MetadataResponseTopicInit> {
  const { image } = services.metadata
  if (topic.topicId !== ZERO_UUID) {
    if (version < LOOKUP_BY_ID_VERSION) return refused(topic, ErrorCode.INVALID_REQUEST)
    const found = image.topicById(topic.topicId)
    if (found !== undefined) return describedTopic(found)
    return { ...refused(topic, ErrorCode.UNKNOWN_TOPIC_ID), name: null }
  }
  // Kafka answers -1 here from version 12 on, which tells a client nothing.
  if (topic.name === null) return refused(topic, ErrorCode.INVALID_REQUEST)
  const existing = image.topic(topic.name)
  if (existing !== undefined) return describedTopic(existing)
  if (problemOfTopicName(topic.name) !== null) return refused(topic, ErrorCode.INVALID_TOPIC_EXCEPTION)
  if (!isCreationAsked || !services.config.autoCreateTopics) {
    return refused(topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }
  return createdTopic(topic, topic.name, services)
}

/** MD-2: "try again" fails clients that retry LEADER_NOT_AVAILABLE only, so creation comes first. */
async function createdTopic(
  topic: MetadataRequestTopic,
  name: string,
  services: BrokerServices,
): Promise<MetadataResponseTopicInit> {
  const { image, settings } = services.metadata
  const result = await services.metadata.createTopic(
    topicToCreate(name, services.config, settings.brokerIds.length),
  )
  const created = image.topic(name)
  if (created !== undefined) return describedTopic(created)
  const isRefusalOfName = !result.ok && result.errorCode === ErrorCode.INVALID_TOPIC_EXCEPTION
  if (result.ok || isRefusalOfName) return refused(topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  return refused(topic, result.errorCode)
}

function describedTopic(topic: TopicImage): MetadataResponseTopicInit {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map(partition => ({
      errorCode: ErrorCode.NONE,
      partitionIndex: partition.partitionIndex,
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      offlineReplicas: [],
    })),
  }
}

function refused(topic: MetadataRequestTopic, errorCode: ErrorCode): MetadataResponseTopicInit {
  // Before version 12 the name of an answer can't be null.
  return { errorCode, name: topic.name ?? '', topicId: topic.topicId, partitions: [] }
}
