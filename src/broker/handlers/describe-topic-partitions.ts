import type { PartitionImage } from '../../metadata/image/metadata-image.ts'
import { problemOfTopicName } from '../../metadata/image/topic-name.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponseInit,
  type DescribeTopicPartitionsResponseTopicInit,
  describeTopicPartitionsCodec,
} from '../../protocol/generated/describe-topic-partitions.ts'
import { ALL_TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { defineHandler } from '../handler.ts'

/** MD-11, KIP-966: topics in the order of their names, cut at a number of partitions; a cursor says where to go on. */
export const describeTopicPartitions = defineHandler<
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponseInit
>({
  codec: describeTopicPartitionsCodec,
  versions: [0, 0],
  operations: ['DESCRIBE TOPIC'],
  handle(request, _context, services) {
    const { image } = services.metadata
    const { cursor } = request
    const asked = request.topics.length === 0 ? [...image.topics()] : request.topics
    const names = [...new Set(asked.map(({ name }) => name))].sort()
    if (!isPlaceOf(request)) {
      return { topics: request.topics.map(({ name }) => ({ errorCode: ErrorCode.INVALID_REQUEST, name })) }
    }
    let left = Math.max(
      1,
      Math.min(request.responsePartitionLimit, services.config.describeTopicPartitionsMax),
    )
    const topics: DescribeTopicPartitionsResponseTopicInit[] = []
    for (const name of names) {
      if (cursor !== null && name < cursor.topicName) continue
      const topic = image.topic(name)
      if (topic === undefined) {
        topics.push(unknownTopic(name))
        continue
      }
      const first = cursor?.topicName === name ? cursor.partitionIndex : 0
      if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: first } }
      const partitions = topic.partitions.slice(first, first + left)
      left -= partitions.length
      topics.push({
        errorCode: ErrorCode.NONE,
        name,
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions: partitions.map(rowOf),
        topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
      })
      const next = first + partitions.length
      if (next < topic.partitions.length) {
        return { topics, nextCursor: { topicName: name, partitionIndex: next } }
      }
    }
    return { topics, nextCursor: null }
  },
})

/** A cursor names a topic of the request, unless all are asked for, and a partition that there may be. */
function isPlaceOf({ cursor, topics }: DescribeTopicPartitionsRequest): boolean {
  if (cursor === null) return true
  const isNamed = topics.length === 0 || topics.some(({ name }) => name === cursor.topicName)
  return isNamed && cursor.partitionIndex >= 0
}

function unknownTopic(name: string): DescribeTopicPartitionsResponseTopicInit {
  const isLegal = problemOfTopicName(name) === null
  const errorCode = isLegal ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
  return { errorCode, name, partitions: [], topicAuthorizedOperations: ALL_TOPIC_OPERATIONS }
}

function rowOf(partition: PartitionImage) {
  return {
    errorCode: ErrorCode.NONE,
    partitionIndex: partition.partitionIndex,
    leaderId: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  }
}
