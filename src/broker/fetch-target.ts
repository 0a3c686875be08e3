import type { MetadataImage } from '../metadata/image/metadata-image.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { FetchPartition, PartitionDataInit } from '../protocol/generated/fetch.ts'
import type { Partition, PartitionWatcher } from '../replication/partition.ts'

/** What a client knows of a partition's offsets before it was told any; also no replica, and no epoch. */
const UNKNOWN = -1

/** Told when a partition has changed that one of its targets watches. */
export interface TargetOwner {
  targetChanged(target: Target): void
}

/** What is the same for the partitions of one topic. */
export class TargetTopic {
  readonly owner: TargetOwner
  /** The zero id where topics are named. */
  readonly topicId: string
  /** Null for an id that no topic is known to have. */
  name: string | null
  /** FET-8: UNKNOWN_TOPIC_ID, or INCONSISTENT_TOPIC_ID when the topic was made anew under its name. */
  errorCode: ErrorCode = ErrorCode.NONE
  readonly partitions = new Map<number, Target>()

  constructor(owner: TargetOwner, topicId: string, name: string | null) {
    this.owner = owner
    this.topicId = topicId
    this.name = name
  }

  /** It keeps the name it had: that is how a topic that was deleted and made anew is told from an unknown one. */
  resolveName(image: MetadataImage): void {
    const found = image.topicById(this.topicId)
    if (found !== undefined) {
      this.name = found.name
      this.errorCode = ErrorCode.NONE
    } else if (this.name === null) this.errorCode = ErrorCode.UNKNOWN_TOPIC_ID
    else {
      const isMadeAnew = image.topic(this.name) !== undefined
      this.errorCode = isMadeAnew ? ErrorCode.INCONSISTENT_TOPIC_ID : ErrorCode.NONE
    }
  }
}

/** One partition to look at, as the reader last asked for it. */
export class Target implements PartitionWatcher {
  readonly partitionIndex: number
  readonly topic: TargetTopic
  /** As the current request found it. */
  partition: Partition | null = null
  /** Since the current request has found it; its log is not held on to. */
  wasDeleted = false
  fetchOffset: number
  /** -1 for no check (KIP-320). */
  currentLeaderEpoch: number
  /** -1 for none (KIP-595). */
  lastFetchedEpoch: number
  partitionMaxBytes: number
  #knownHighWatermark = UNKNOWN
  #knownLogStartOffset = UNKNOWN

  constructor(topic: TargetTopic, wanted: FetchPartition) {
    this.topic = topic
    this.partitionIndex = wanted.partition
    this.fetchOffset = wanted.fetchOffset
    this.currentLeaderEpoch = wanted.currentLeaderEpoch
    this.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.partitionMaxBytes = wanted.partitionMaxBytes
  }

  update(wanted: FetchPartition): void {
    this.fetchOffset = wanted.fetchOffset
    this.currentLeaderEpoch = wanted.currentLeaderEpoch
    this.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.partitionMaxBytes = wanted.partitionMaxBytes
  }

  onPartitionChanged(): void {
    this.topic.owner.targetChanged(this)
  }

  /** The client does not know yet what `data` says. */
  isNews(data: PartitionDataInit): boolean {
    const { highWatermark = 0, logStartOffset = UNKNOWN } = data
    const isMoved = highWatermark !== this.#knownHighWatermark || logStartOffset !== this.#knownLogStartOffset
    return isMoved || isToldAlways(data)
  }

  /** The client was told of `data`. */
  remember(data: PartitionDataInit): void {
    const { highWatermark = 0, logStartOffset = UNKNOWN } = data
    // After an error the partition is told of again, whatever its offsets are then.
    this.#knownHighWatermark = isError(data) ? UNKNOWN : highWatermark
    this.#knownLogStartOffset = logStartOffset
  }

  /** Behind `data` there is more, or the client expects the same again. */
  expectsMore(data: PartitionDataInit): boolean {
    return isToldAlways(data) || this.fetchOffset < (data.highWatermark ?? 0)
  }
}

/** Told as long as it is so, even if nothing changes. */
function isToldAlways(data: PartitionDataInit): boolean {
  return (
    isError(data) ||
    hasRecords(data) ||
    (data.preferredReadReplica ?? UNKNOWN) >= 0 ||
    (data.divergingEpoch?.epoch ?? UNKNOWN) >= 0
  )
}

function isError({ errorCode = ErrorCode.NONE }: PartitionDataInit): boolean {
  return errorCode !== ErrorCode.NONE
}

export function hasRecords({ records }: PartitionDataInit): boolean {
  if (records === null || records === undefined) return false
  return (records instanceof Uint8Array ? records.length : records.sizeBytes) > 0
}
