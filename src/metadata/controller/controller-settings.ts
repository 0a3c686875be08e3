/** What decisions depend on besides the image. */
/** Of the whole cluster. */
export const PARTITIONS_MAX = 200_000

export interface ControllerSettings {
  /** Ids of the live brokers, ascending; never empty. */
  readonly brokerIds: readonly number[]
  readonly defaultPartitionCount: number
  readonly defaultReplicationFactor: number
  readonly isTopicDeletionEnabled: boolean
  /** Bound of all partitions of the cluster. */
  readonly partitionsMax: number
}

/** As Kafka's controller has it, by request; here by topic. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000
