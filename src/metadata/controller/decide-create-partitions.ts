import { ErrorCode } from '../../protocol/error-code.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../metadata-record.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { assignReplicas, problemOfReplicas } from './assign-replicas.ts'
import { type ControllerSettings, PARTITIONS_PER_REQUEST_MAX } from './controller-settings.ts'

export interface PartitionsToCreate {
  readonly name: string
  /** The new number of all partitions, not of the added ones. */
  readonly count: number
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

export interface Decision {
  readonly ok: true
  readonly records: readonly MetadataRecord[]
}

/** ADM-2: a topic only grows. */
export function decideCreatePartitions(
  image: MetadataImage,
  settings: ControllerSettings,
  request: PartitionsToCreate,
): Decision | Refusal {
  const topic = image.topic(request.name)
  if (topic === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
  }
  const current = topic.partitions.length
  const addedCount = request.count - current
  if (addedCount < 0) {
    return refuse(
      ErrorCode.INVALID_PARTITIONS,
      `The topic ${request.name} currently has ${current} partition(s); ${request.count} would not be an increase.`,
    )
  }
  if (addedCount === 0) {
    return refuse(ErrorCode.INVALID_PARTITIONS, `Topic already has ${current} partition(s).`)
  }
  if (addedCount > PARTITIONS_PER_REQUEST_MAX) {
    return refuse(
      ErrorCode.POLICY_VIOLATION,
      'Excessively large number of additional partitions per request.',
    )
  }
  if (image.partitionCount + addedCount > settings.partitionsMax) {
    return refuse(
      ErrorCode.POLICY_VIOLATION,
      `The cluster holds at most ${settings.partitionsMax} partitions.`,
    )
  }
  const replicationFactor = topic.partitions[0]!.replicas.length
  const { assignments } = request
  if (assignments !== null) {
    const refusal = refusalOfAssignments(assignments, addedCount, settings, replicationFactor)
    if (refusal !== null) return refusal
  }
  const replicas =
    assignments?.map(({ brokerIds }) => brokerIds) ??
    assignReplicas(settings.brokerIds, current, addedCount, replicationFactor)
  const partitions = replicas.map(ids => ({ replicas: ids, leaderEpoch: 0 }))
  return { ok: true, records: [{ type: 'partitions-added', topicId: topic.topicId, partitions }] }
}

function refusalOfAssignments(
  assignments: NonNullable<PartitionsToCreate['assignments']>,
  addedCount: number,
  settings: ControllerSettings,
  replicationFactor: number,
): Refusal | null {
  if (assignments.length !== addedCount) {
    const specified = `only ${assignments.length} assignment(s) were specified.`
    return refuse(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${addedCount} additional partition(s), but ${specified}`,
    )
  }
  for (const { brokerIds } of assignments) {
    const refusal = problemOfReplicas(brokerIds, settings.brokerIds, replicationFactor)
    if (refusal !== null) return refusal
  }
  return null
}
