import { TOPIC_DEFINITIONS } from '../../config/definitions/topic-definitions.ts'
import { problemOfValue } from '../../config/parse-value.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { problemOfTopicName } from '../image/topic-name.ts'
import { type MetadataRecord, ResourceType } from '../metadata-record.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { assignReplicas, problemOfReplicas } from './assign-replicas.ts'
import { type ControllerSettings, PARTITIONS_PER_REQUEST_MAX } from './controller-settings.ts'

export interface TopicToCreate {
  readonly name: string
  /** -1 for the broker's default. */
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface CreateTopicDecision {
  readonly ok: true
  readonly topicId: string
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly records: readonly MetadataRecord[]
}

/** ADM-1, MD-3, with Kafka's order of the checks: the first that fails names the error. */
export function decideCreateTopic(
  image: MetadataImage,
  settings: ControllerSettings,
  topic: TopicToCreate,
  topicId: string,
): CreateTopicDecision | Refusal {
  const refusal = refusalOfName(image, topic.name) ?? refusalOfConfigs(topic.configs)
  if (refusal !== null) return refusal
  const replicas =
    topic.assignments.length > 0 ? manualReplicas(settings, topic) : automaticReplicas(settings, topic)
  if ('ok' in replicas) return replicas
  if (replicas.length > PARTITIONS_PER_REQUEST_MAX) {
    return refuse(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  }
  if (image.partitionCount + replicas.length > settings.partitionsMax) {
    return refuse(
      ErrorCode.POLICY_VIOLATION,
      `The cluster holds at most ${settings.partitionsMax} partitions.`,
    )
  }
  const records: MetadataRecord[] = [
    {
      type: 'topic-created',
      name: topic.name,
      topicId,
      partitions: replicas.map(ids => ({ replicas: ids, leaderEpoch: 0 })),
    },
  ]
  if (topic.configs.length > 0) {
    // Of a key that is given twice the last value counts, as in Kafka.
    const entries = [...new Map(topic.configs.map(({ name, value }) => [name, value]))]
    records.push({
      type: 'configs-changed',
      resourceType: ResourceType.TOPIC,
      resourceName: topic.name,
      entries,
    })
  }
  return {
    ok: true,
    topicId,
    partitionCount: replicas.length,
    replicationFactor: replicas[0]!.length,
    records,
  }
}

function refusalOfName(image: MetadataImage, name: string): Refusal | null {
  const problem = problemOfTopicName(name)
  if (problem !== null) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
  if (image.topic(name) !== undefined) {
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  }
  const colliding = image.collidingTopic(name)
  if (colliding === undefined) return null
  return refuse(
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    `Topic '${name}' collides with existing topic: ${colliding}`,
  )
}

function refusalOfConfigs(configs: TopicToCreate['configs']): Refusal | null {
  for (const { name, value } of configs) {
    const definition = TOPIC_DEFINITIONS.get(name)
    if (definition === undefined)
      return refuse(ErrorCode.INVALID_CONFIG, `Unknown topic config name: ${name}`)
    if (value === null) {
      return refuse(ErrorCode.INVALID_CONFIG, `Null value not supported for topic configs: ${name}`)
    }
    const problem = problemOfValue(definition, value)
    if (problem !== null) return refuse(ErrorCode.INVALID_CONFIG, problem)
  }
  return null
}

function manualReplicas(
  settings: ControllerSettings,
  topic: TopicToCreate,
): readonly (readonly number[])[] | Refusal {
  if (topic.replicationFactor !== -1) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  if (topic.numPartitions !== -1) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    )
  }
  const byIndex = new Map<number, readonly number[]>()
  const replicationFactor = topic.assignments[0]!.brokerIds.length
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      return refuse(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    const refusal = problemOfReplicas(brokerIds, settings.brokerIds, replicationFactor)
    if (refusal !== null) return refusal
    byIndex.set(partitionIndex, brokerIds)
  }
  const replicas = Array.from({ length: byIndex.size }, (_, index) => byIndex.get(index))
  if (replicas.every(ids => ids !== undefined)) return replicas
  return refuse(
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    'partitions should be a consecutive 0-based integer sequence',
  )
}

function automaticReplicas(
  settings: ControllerSettings,
  topic: TopicToCreate,
): readonly (readonly number[])[] | Refusal {
  const { brokerIds } = settings
  if (topic.replicationFactor === 0 || topic.replicationFactor < -1) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions === 0 || topic.numPartitions < -1) {
    return refuse(
      ErrorCode.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const replicationFactor =
    topic.replicationFactor === -1 ? settings.defaultReplicationFactor : topic.replicationFactor
  const partitionCount = topic.numPartitions === -1 ? settings.defaultPartitionCount : topic.numPartitions
  if (replicationFactor > brokerIds.length) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ` +
        `${replicationFactor} cannot be reached because only ${brokerIds.length} broker(s) are registered.`,
    )
  }
  if (partitionCount > PARTITIONS_PER_REQUEST_MAX) {
    return refuse(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  }
  return assignReplicas(brokerIds, 0, partitionCount, replicationFactor)
}
