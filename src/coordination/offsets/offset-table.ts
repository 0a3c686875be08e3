import type { CommittedOffset } from './committed-offset.ts'

type PartitionOffsets = ReadonlyMap<number, CommittedOffset>
type TopicOffsets = ReadonlyMap<string, PartitionOffsets>

const NO_TOPICS: TopicOffsets = new Map()

/** The committed offsets of all groups of one shard. */
export class OffsetTable {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()

  /** In the order of the first commit; empty for a group without offsets. */
  topicsOf(groupId: string): TopicOffsets {
    return this.#groups.get(groupId) ?? NO_TOPICS
  }

  get(groupId: string, topic: string, partitionIndex: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partitionIndex)
  }

  set(groupId: string, topic: string, partitionIndex: number, committed: CommittedOffset): void {
    const topics = this.#groups.get(groupId) ?? new Map<string, Map<number, CommittedOffset>>()
    const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>()
    this.#groups.set(groupId, topics)
    topics.set(topic, partitions)
    partitions.set(partitionIndex, committed)
  }

  delete(groupId: string, topic: string, partitionIndex: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions === undefined) return
    partitions.delete(partitionIndex)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}
