import { assert } from '../base/assert.ts'
import type { MetadataImage } from '../metadata/image/metadata-image.ts'
import type { FetchTopic, ForgottenTopic } from '../protocol/generated/fetch.ts'
import { ZERO_UUID } from '../protocol/uuid.ts'
import type { Partition, PartitionWatcher } from '../replication/partition.ts'
import { Target, type TargetOwner, TargetTopic } from './fetch-target.ts'

/** Where partitions are found. */
export interface PartitionFinder {
  get(topicName: string, partitionIndex: number): Partition | undefined
}

/**
 * The partitions of a fetch or of a session, each of them once, and which of them need a look. A partition that nothing
 * changed, and of which everything was told, costs nothing.
 */
export class FetchTargets implements TargetOwner {
  readonly usesTopicIds: boolean
  readonly #partitions: PartitionFinder
  /** By id, or by name where topics are named. */
  readonly #topics = new Map<string, TargetTopic>()
  /** In the order they are to be served: what is marked goes to the end. */
  readonly #due = new Set<Target>()
  /** Those that gave records to the last answer. */
  #served: readonly Target[] = []
  #size = 0
  #foundCount = 0
  /** Of the topics, as they were looked up. */
  #topicsVersion = -1
  #isWatching = false
  /** The fetch that waits for a change. */
  #waiting: PartitionWatcher | null = null

  constructor(usesTopicIds: boolean, partitions: PartitionFinder) {
    this.usesTopicIds = usesTopicIds
    this.#partitions = partitions
  }

  get size(): number {
    return this.#size
  }

  /** Those that need a look, in the order they are to be served. */
  get due(): readonly Target[] {
    return [...this.#due]
  }

  /** At least one of them is there. */
  get isAnyFound(): boolean {
    return this.#foundCount > 0
  }

  /** What a request asks for. Those that are new join at the end, in its order; all that it names need a look. */
  update(topics: readonly FetchTopic[], forgotten: readonly ForgottenTopic[], image: MetadataImage): void {
    this.#follow(image)
    for (const topic of topics) this.#put(topic, image)
    this.#serveLast()
    for (const topic of forgotten) this.#forget(topic)
    for (const target of this.#due) this.#find(target)
  }

  /** Everything of it was told: it needs no look until it changes, or is asked for again. */
  settle(target: Target): void {
    this.#due.delete(target)
  }

  /** These gave records. The next time they come last, so that a busy partition starves no other (KIP-227). */
  served(targets: readonly Target[]): void {
    this.#served = targets
  }

  /** Partitions tell of their changes from now on, until `unwatch`. */
  watch(): void {
    this.#isWatching = true
    this.#each(target => target.partition?.watch(target))
  }

  unwatch(): void {
    this.#isWatching = false
    this.#each(target => target.partition?.unwatch(target))
  }

  /** `waiting` is told of every change. */
  beginWait(waiting: PartitionWatcher): void {
    assert(this.#waiting === null, 'one fetch waits at a time')
    this.#waiting = waiting
  }

  endWait(waiting: PartitionWatcher): void {
    if (this.#waiting === waiting) this.#waiting = null
  }

  /** The fetch that waits is told, though nothing has changed: it has nothing to wait for any more. */
  cutWait(): void {
    this.#waiting?.onPartitionChanged()
    this.#waiting = null
  }

  targetChanged(target: Target): void {
    if (target.partition?.isDeleted === true) {
      this.#lose(target)
      target.wasDeleted = true
    }
    this.#due.add(target)
    this.#waiting?.onPartitionChanged()
  }

  /** One comparison as a rule; after a change of any topic everything is looked at again. */
  #follow(image: MetadataImage): void {
    if (image.topicsVersion === this.#topicsVersion) return
    this.#topicsVersion = image.topicsVersion
    if (this.usesTopicIds) for (const topic of this.#topics.values()) topic.resolveName(image)
    this.#each(target => this.#due.add(target))
  }

  #put({ topic, topicId, partitions }: FetchTopic, image: MetadataImage): void {
    if (partitions.length === 0) return
    const entry = this.#topicOf(topic, topicId, image)
    for (const wanted of partitions) {
      let target = entry.partitions.get(wanted.partition)
      if (target !== undefined) target.update(wanted)
      else {
        target = new Target(entry, wanted)
        entry.partitions.set(wanted.partition, target)
        this.#size += 1
      }
      this.#due.add(target)
    }
  }

  #serveLast(): void {
    for (const target of this.#served) if (this.#due.delete(target)) this.#due.add(target)
    this.#served = []
  }

  #forget({ topic, topicId, partitions }: ForgottenTopic): void {
    const key = this.usesTopicIds ? topicId : topic
    const entry = this.#topics.get(key)
    if (entry === undefined) return
    for (const partitionIndex of partitions) {
      const target = entry.partitions.get(partitionIndex)
      if (target === undefined) continue
      entry.partitions.delete(partitionIndex)
      this.#size -= 1
      this.#due.delete(target)
      this.#lose(target)
    }
    if (entry.partitions.size === 0) this.#topics.delete(key)
  }

  #find(target: Target): void {
    const { topic, partitionIndex } = target
    const found = topic.name === null ? undefined : this.#partitions.get(topic.name, partitionIndex)
    target.wasDeleted = false
    if (target.partition === (found ?? null)) return
    this.#lose(target)
    if (found === undefined) return
    target.partition = found
    this.#foundCount += 1
    if (this.#isWatching) found.watch(target)
  }

  #lose(target: Target): void {
    if (target.partition === null) return
    target.partition.unwatch(target)
    target.partition = null
    this.#foundCount -= 1
  }

  #each(visit: (target: Target) => void): void {
    for (const { partitions } of this.#topics.values())
      for (const target of partitions.values()) visit(target)
  }

  #topicOf(name: string, topicId: string, image: MetadataImage): TargetTopic {
    const key = this.usesTopicIds ? topicId : name
    let entry = this.#topics.get(key)
    if (entry === undefined) {
      entry = this.usesTopicIds
        ? new TargetTopic(this, topicId, null)
        : new TargetTopic(this, ZERO_UUID, name)
      if (this.usesTopicIds) entry.resolveName(image)
      this.#topics.set(key, entry)
    }
    return entry
  }
}
