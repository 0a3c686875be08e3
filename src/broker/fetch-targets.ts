import type { MetadataImage } from '../metadata/image/metadata-image.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type {
  FetchPartition,
  FetchTopic,
  ForgottenTopic,
  PartitionDataInit,
} from '../protocol/generated/fetch.ts'
import { ZERO_UUID } from '../protocol/uuid.ts'

/** What a client knows of a partition's offsets before it was told any. */
const UNKNOWN_OFFSET = -1

/** One partition to look at, as the reader last asked for it. */
export interface FetchTarget {
  /** Null for an id that no topic is known to have. */
  readonly topicName: string | null
  /** The zero id where topics are named. */
  readonly topicId: string
  /** FET-8: UNKNOWN_TOPIC_ID, or INCONSISTENT_TOPIC_ID when the topic was made anew under its name. */
  readonly errorCode: ErrorCode
  readonly partitionIndex: number
  readonly fetchOffset: number
  /** -1 for no check (KIP-320). */
  readonly currentLeaderEpoch: number
  /** -1 for none (KIP-595). */
  readonly lastFetchedEpoch: number
  readonly partitionMaxBytes: number
  /** Of the follower that asks, -1 for a consumer. */
  readonly logStartOffset: number
}

/** What is the same for the partitions of one topic. */
class TargetTopic {
  readonly topicId: string
  name: string | null
  errorCode: ErrorCode = ErrorCode.NONE
  readonly partitions = new Map<number, Target>()

  constructor(topicId: string, name: string | null) {
    this.topicId = topicId
    this.name = name
  }
}

export class Target implements FetchTarget {
  readonly partitionIndex: number
  readonly topic: TargetTopic
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  partitionMaxBytes: number
  logStartOffset: number
  isForgotten = false
  #knownHighWatermark = UNKNOWN_OFFSET
  #knownLogStartOffset = UNKNOWN_OFFSET

  constructor(topic: TargetTopic, wanted: FetchPartition) {
    this.topic = topic
    this.partitionIndex = wanted.partition
    this.fetchOffset = wanted.fetchOffset
    this.currentLeaderEpoch = wanted.currentLeaderEpoch
    this.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.partitionMaxBytes = wanted.partitionMaxBytes
    this.logStartOffset = wanted.logStartOffset
  }

  get topicName(): string | null {
    return this.topic.name
  }

  get topicId(): string {
    return this.topic.topicId
  }

  get errorCode(): ErrorCode {
    return this.topic.errorCode
  }

  update(wanted: FetchPartition): void {
    this.fetchOffset = wanted.fetchOffset
    this.currentLeaderEpoch = wanted.currentLeaderEpoch
    this.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.partitionMaxBytes = wanted.partitionMaxBytes
    this.logStartOffset = wanted.logStartOffset
  }

  /** True when the client does not know yet what `data` says. */
  remember(data: PartitionDataInit): boolean {
    const { highWatermark = 0, logStartOffset = UNKNOWN_OFFSET } = data
    const isError = data.errorCode !== undefined && data.errorCode !== ErrorCode.NONE
    const isMoved = highWatermark !== this.#knownHighWatermark || logStartOffset !== this.#knownLogStartOffset
    // After an error the partition is told of again, whatever its offsets are then.
    this.#knownHighWatermark = isError ? UNKNOWN_OFFSET : highWatermark
    this.#knownLogStartOffset = logStartOffset
    return (
      isError ||
      isMoved ||
      hasRecords(data) ||
      (data.preferredReadReplica ?? UNKNOWN_OFFSET) >= 0 ||
      (data.divergingEpoch?.epoch ?? UNKNOWN_OFFSET) >= 0
    )
  }
}

/** The partitions of a fetch or of a session, each of them once. */
export class TargetTable {
  readonly usesTopicIds: boolean
  /** By id, or by name where topics are named. */
  readonly #topics = new Map<string, TargetTopic>()
  /** Replaced, never changed: a fetch that waits keeps the list it began with. */
  #list: readonly Target[] = []

  constructor(usesTopicIds: boolean) {
    this.usesTopicIds = usesTopicIds
  }

  get list(): readonly Target[] {
    return this.#list
  }

  /** Those that are new join at the end, in the order of the request. */
  put(topics: readonly FetchTopic[]): void {
    const added: Target[] = []
    for (const { topic, topicId, partitions } of topics) {
      const entry = this.#topicOf(topic, topicId)
      for (const wanted of partitions) {
        const known = entry.partitions.get(wanted.partition)
        if (known !== undefined) known.update(wanted)
        else {
          const target = new Target(entry, wanted)
          entry.partitions.set(wanted.partition, target)
          added.push(target)
        }
      }
    }
    if (added.length > 0) this.#list = this.#list.length === 0 ? added : [...this.#list, ...added]
  }

  forget(topics: readonly ForgottenTopic[]): void {
    let isAny = false
    for (const { topic, topicId, partitions } of topics) {
      const key = this.usesTopicIds ? topicId : topic
      const entry = this.#topics.get(key)
      if (entry === undefined) continue
      for (const partitionIndex of partitions) {
        const target = entry.partitions.get(partitionIndex)
        if (target === undefined) continue
        target.isForgotten = true
        isAny = true
        entry.partitions.delete(partitionIndex)
      }
      if (entry.partitions.size === 0) this.#topics.delete(key)
    }
    if (isAny) this.#list = this.#list.filter(target => !target.isForgotten)
  }

  /** A topic keeps the name it had: that is how a topic that was deleted and made anew is told from an unknown one. */
  resolveNames(image: MetadataImage): void {
    if (!this.usesTopicIds) return
    for (const topic of this.#topics.values()) {
      const found = image.topicById(topic.topicId)
      if (found !== undefined) {
        topic.name = found.name
        topic.errorCode = ErrorCode.NONE
      } else if (topic.name === null) topic.errorCode = ErrorCode.UNKNOWN_TOPIC_ID
      else {
        const isMadeAnew = image.topic(topic.name) !== undefined
        topic.errorCode = isMadeAnew ? ErrorCode.INCONSISTENT_TOPIC_ID : ErrorCode.NONE
      }
    }
  }

  /** Those whose result holds records. */
  moveToEnd(results: readonly PartitionDataInit[]): void {
    const list = this.#list
    const kept: Target[] = []
    const moved: Target[] = []
    for (let index = 0; index < list.length; index++) {
      if (hasRecords(results[index]!)) moved.push(list[index]!)
      else kept.push(list[index]!)
    }
    for (const target of moved) kept.push(target)
    this.#list = kept
  }

  #topicOf(name: string, topicId: string): TargetTopic {
    const key = this.usesTopicIds ? topicId : name
    let entry = this.#topics.get(key)
    if (entry === undefined) {
      entry = this.usesTopicIds ? new TargetTopic(topicId, null) : new TargetTopic(ZERO_UUID, name)
      this.#topics.set(key, entry)
    }
    return entry
  }
}

/** The topics of an answer: neighbours of one topic share its entry. */
export class AnswerTopics {
  readonly topics: { topic: string; topicId: string; partitions: PartitionDataInit[] }[] = []
  #last: TargetTopic | null = null

  add({ topic }: Target, data: PartitionDataInit): void {
    if (topic !== this.#last) {
      this.#last = topic
      this.topics.push({ topic: topic.name ?? '', topicId: topic.topicId, partitions: [] })
    }
    this.topics.at(-1)!.partitions.push(data)
  }
}

export function hasRecords({ records }: PartitionDataInit): boolean {
  if (records === null || records === undefined) return false
  return (records instanceof Uint8Array ? records.length : records.sizeBytes) > 0
}
