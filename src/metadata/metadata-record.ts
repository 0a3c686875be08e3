/** Topics and brokers are the resources whose configs the metadata holds, with the wire's numbers. */
export const ResourceType = { TOPIC: 2, BROKER: 4 } as const
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType]

export interface PartitionRecord {
  /** The first is the preferred leader. */
  readonly replicas: readonly number[]
  readonly leaderEpoch: number
}

/** What the journal holds. Applying the records in order rebuilds the image; there is no other way to change it. */
export type MetadataRecord =
  | {
      readonly type: 'topic-created'
      readonly name: string
      readonly topicId: string
      readonly partitions: readonly PartitionRecord[]
    }
  | { readonly type: 'topic-deleted'; readonly topicId: string }
  | {
      readonly type: 'partitions-added'
      readonly topicId: string
      readonly partitions: readonly PartitionRecord[]
    }
  | {
      readonly type: 'configs-changed'
      readonly resourceType: ResourceType
      readonly resourceName: string
      /** A null removes the key. */
      readonly entries: readonly (readonly [string, string | null])[]
    }
  | { readonly type: 'producer-ids-allocated'; readonly nextProducerId: number }
  | { readonly type: 'cluster-named'; readonly clusterId: string }
  /** Raises the leader epoch of every partition that the broker leads, so that clients notice a lost tail (KIP-320). */
  | { readonly type: 'broker-started'; readonly nodeId: number }
