import { assert } from '../../base/assert.ts'
import { type MetadataRecord, type PartitionRecord, ResourceType } from '../metadata-record.ts'
import { collisionKey } from './topic-name.ts'

export interface PartitionImage {
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface TopicImage {
  readonly name: string
  /** 22 characters of base64url. */
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly PartitionImage[]
}

type Entries = ReadonlyMap<string, string>

const NO_ENTRIES: Entries = new Map()
const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

/**
 * Why a client may not create, extend or delete one: groups are found by the number of its partitions, and its records
 * are what the coordinator holds in memory.
 */
export const INTERNAL_TOPIC_MESSAGE = 'The topic is managed by the broker.'

export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name)
}

/**
 * What the cluster is made of. The objects it hands out never change; `apply` puts new ones in their place.
 */
export class MetadataImage {
  readonly #topicsByName = new Map<string, TopicImage>()
  readonly #topicsById = new Map<string, TopicImage>()
  readonly #namesByCollisionKey = new Map<string, string>()
  readonly #configs: ReadonlyMap<ResourceType, Map<string, Entries>> = new Map([
    [ResourceType.TOPIC, new Map<string, Entries>()],
    [ResourceType.BROKER, new Map<string, Entries>()],
  ])
  #clusterId: string | null = null
  #nextProducerId = 0
  #partitionCount = 0
  #topicsVersion = 0

  get clusterId(): string | null {
    return this.#clusterId
  }

  /** The first producer id that no block holds. */
  get nextProducerId(): number {
    return this.#nextProducerId
  }

  get partitionCount(): number {
    return this.#partitionCount
  }

  /** Rises with every change of a topic or its partitions; who keeps what he found here compares it. */
  get topicsVersion(): number {
    return this.#topicsVersion
  }

  topics(): IterableIterator<TopicImage> {
    return this.#topicsByName.values()
  }

  topic(name: string): TopicImage | undefined {
    return this.#topicsByName.get(name)
  }

  topicById(topicId: string): TopicImage | undefined {
    return this.#topicsById.get(topicId)
  }

  partition(name: string, partitionIndex: number): PartitionImage | undefined {
    return this.#topicsByName.get(name)?.partitions[partitionIndex]
  }

  /** An existing topic whose name differs in `.` and `_` only, which would share a metric name with this one. */
  collidingTopic(name: string): string | undefined {
    return this.#namesByCollisionKey.get(collisionKey(name))
  }

  /** The keys that are set for a resource; a broker's name is its id, or '' for the default of all. */
  configs(resourceType: ResourceType, resourceName: string): Entries {
    return this.#configs.get(resourceType)!.get(resourceName) ?? NO_ENTRIES
  }

  apply(record: MetadataRecord): void {
    switch (record.type) {
      case 'topic-created':
        this.#createTopic(record.name, record.topicId, record.partitions)
        return
      case 'topic-deleted':
        this.#deleteTopic(record.topicId)
        return
      case 'partitions-added':
        this.#addPartitions(record.topicId, record.partitions)
        return
      case 'configs-changed':
        this.#changeConfigs(record.resourceType, record.resourceName, record.entries)
        return
      case 'producer-ids-allocated':
        this.#nextProducerId = record.nextProducerId
        return
      case 'cluster-named':
        this.#clusterId = record.clusterId
        return
      case 'broker-started':
        this.#raiseLeaderEpochs(record.nodeId)
        return
    }
  }

  /** Records that rebuild this image from nothing. */
  snapshot(): MetadataRecord[] {
    const records: MetadataRecord[] = []
    if (this.#clusterId !== null) records.push({ type: 'cluster-named', clusterId: this.#clusterId })
    records.push({ type: 'producer-ids-allocated', nextProducerId: this.#nextProducerId })
    for (const { name, topicId, partitions } of this.#topicsByName.values()) {
      records.push({
        type: 'topic-created',
        name,
        topicId,
        partitions: partitions.map(({ replicas, leaderEpoch }) => ({ replicas, leaderEpoch })),
      })
    }
    for (const [resourceType, resources] of this.#configs) {
      for (const [resourceName, entries] of resources) {
        records.push({ type: 'configs-changed', resourceType, resourceName, entries: [...entries] })
      }
    }
    return records
  }

  #createTopic(name: string, topicId: string, partitions: readonly PartitionRecord[]): void {
    assert(!this.#topicsByName.has(name), `topic ${name} is created once`)
    const images = partitions.map((partition, index) => partitionImage(index, partition))
    this.#put({ name, topicId, isInternal: isInternalTopic(name), partitions: images })
    this.#namesByCollisionKey.set(collisionKey(name), name)
    this.#partitionCount += images.length
  }

  #deleteTopic(topicId: string): void {
    const topic = this.#topicsById.get(topicId)
    assert(topic !== undefined, `topic ${topicId} is there to be deleted`)
    this.#topicsById.delete(topicId)
    this.#topicsByName.delete(topic.name)
    this.#namesByCollisionKey.delete(collisionKey(topic.name))
    this.#configs.get(ResourceType.TOPIC)!.delete(topic.name)
    this.#partitionCount -= topic.partitions.length
    this.#topicsVersion += 1
  }

  #addPartitions(topicId: string, partitions: readonly PartitionRecord[]): void {
    const topic = this.#topicsById.get(topicId)
    assert(topic !== undefined, `topic ${topicId} is there to grow`)
    const first = topic.partitions.length
    const added = partitions.map((partition, index) => partitionImage(first + index, partition))
    this.#put({ ...topic, partitions: [...topic.partitions, ...added] })
    this.#partitionCount += added.length
  }

  #changeConfigs(
    resourceType: ResourceType,
    resourceName: string,
    changes: readonly (readonly [string, string | null])[],
  ): void {
    const resources = this.#configs.get(resourceType)!
    const entries = new Map(resources.get(resourceName))
    for (const [name, value] of changes) {
      if (value === null) entries.delete(name)
      else entries.set(name, value)
    }
    if (entries.size === 0) resources.delete(resourceName)
    else resources.set(resourceName, entries)
  }

  #raiseLeaderEpochs(nodeId: number): void {
    for (const topic of [...this.#topicsByName.values()]) {
      const partitions = topic.partitions.map(partition =>
        partition.leaderId === nodeId ? { ...partition, leaderEpoch: partition.leaderEpoch + 1 } : partition,
      )
      this.#put({ ...topic, partitions })
    }
  }

  #put(topic: TopicImage): void {
    this.#topicsByName.set(topic.name, topic)
    this.#topicsById.set(topic.topicId, topic)
    this.#topicsVersion += 1
  }
}

function partitionImage(partitionIndex: number, record: PartitionRecord): PartitionImage {
  const { replicas, leaderEpoch } = record
  return { partitionIndex, leaderId: replicas[0]!, leaderEpoch, replicas, isr: replicas }
}
