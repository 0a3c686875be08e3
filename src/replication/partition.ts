import { isInternalTopic, type PartitionImage } from '../metadata/image/metadata-image.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { AppendResult, LogRefusal } from '../storage/append-result.ts'
import type { AppendOrigin, CheckedBatch } from '../storage/append-validation.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import type { EpochEndOffset } from '../storage/leader-epoch-cache.ts'
import type { Log } from '../storage/log.ts'
import type { ReadResult } from '../storage/log-reader.ts'
import type { TimestampOffset } from '../storage/timestamp-lookup.ts'
import { AdmissionQueue, needsWorker, type Offer } from './admission.ts'
import { CommitQueue, type CommitWaiter } from './commit-queue.ts'
import type { HeldQueue } from './held-queue.ts'
import type { PackSlots } from './pack-slots.ts'
import type { ProducerHold } from './producer-hold.ts'

/**
 * Told of whatever makes a look at the partition find something else: the high watermark or the log start offset moved,
 * its directory failed, or its topic was deleted.
 */
export interface PartitionWatcher {
  onPartitionChanged(): void
}

export interface PartitionIdentity {
  readonly topicName: string
  readonly topicId: string
  readonly partitionIndex: number
}

export interface PartitionPorts {
  readonly batchNative: BatchNative
  readonly packSlots: PackSlots
  /** The first batch of this pass was staged: the pass has to write it. */
  readonly onStaged: (partition: Partition) => void
  /** Batches were staged outside a pass: one must follow. */
  readonly schedulePass: () => void
  /** Answers when the log's start offset survives a crash; false when the disk refuses. */
  readonly saveStartOffset: (log: Log) => Promise<boolean>
  readonly hold: ProducerHold
}

const OFFLINE: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  errorMessage: 'the partition is offline: its log could not be opened',
}

const UNSAVED: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  errorMessage: 'the disk refused to keep the new start offset',
}

const DELETED: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage: 'the topic was deleted meanwhile',
}

/** RET-2: what a key's last record says would be lost. */
const COMPACTED: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.POLICY_VIOLATION,
  errorMessage: 'records of a topic that is only compacted are not deleted',
}

/**
 * One partition of which this broker is the leader. Its only replica is here, so that the high watermark is what the
 * topic's durability made safe. Owned by the loop. All is synchronous but what
 * waiters and offers are told, looks by time and the deletion of records.
 */
export class Partition {
  readonly topicName: string
  readonly topicId: string
  readonly partitionIndex: number
  readonly leaderEpoch: number
  /** Null when the log could not be opened or created; everything is refused then. */
  readonly log: Log | null
  /** acks=all: until the high watermark has passed them. */
  readonly #uncommitted = new CommitQueue()
  /** acks=1: until the end of the pass that writes them. */
  readonly #unwritten = new CommitQueue()
  /** One alone, as a rule that of a fetch session, is worth no Set. */
  #watchers: PartitionWatcher | Set<PartitionWatcher> | null = null
  #admission: AdmissionQueue | null = null
  #isDeleted = false
  #isStaged = false
  /** Null where nothing waits for the disk: offline, or a topic that the broker itself writes; groups go on. */
  readonly #held: HeldQueue | null
  readonly #ports: PartitionPorts

  constructor(identity: PartitionIdentity, image: PartitionImage, log: Log | null, ports: PartitionPorts) {
    this.topicName = identity.topicName
    this.topicId = identity.topicId
    this.partitionIndex = identity.partitionIndex
    this.leaderEpoch = image.leaderEpoch
    this.log = log
    this.#ports = ports
    const isHeldUp = log !== null && !isInternalTopic(identity.topicName)
    this.#held = isHeldUp ? ports.hold.queueOf(log.directory.unflushed) : null
    log?.setLeaderEpoch(image.leaderEpoch)
  }

  get isOffline(): boolean {
    return this.log?.isOffline ?? true
  }

  /** Its topic is gone; somebody may still hold it, such as a fetch that waited. */
  get isDeleted(): boolean {
    return this.#isDeleted
  }

  /** Readers see what is before it. */
  get highWatermark(): number {
    return this.log?.highWatermark ?? -1
  }

  get logStartOffset(): number {
    return this.log?.logStartOffset ?? -1
  }

  get logEndOffset(): number {
    return this.log?.logEndOffset ?? -1
  }

  /** No transactions are written here yet, so nothing is unstable. */
  get lastStableOffset(): number {
    return this.highWatermark
  }

  /** KIP-320: is the leadership that the client believes in this one? -1 asks for no check. */
  checkLeaderEpoch(currentLeaderEpoch: number): ErrorCode {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return ErrorCode.NONE
    return currentLeaderEpoch < this.leaderEpoch
      ? ErrorCode.FENCED_LEADER_EPOCH
      : ErrorCode.UNKNOWN_LEADER_EPOCH
  }

  /** Stages one batch: see Log.append. It is visible and safe later; `awaitWrite` or `awaitCommit` tell. */
  append(batch: Uint8Array, nowMs: number, origin: AppendOrigin): AppendResult {
    return this.#append(batch, nowMs, origin, null)
  }

  /**
   * A client's batch. True when its offer was told at once; else it is told later, in another pass, and the batch's
   * bytes must stay as they are until then.
   */
  offer(offer: Offer): boolean {
    if (this.#held === null || !this.#held.mustWait) return this.#take(offer)
    return !this.#ports.hold.push(this.#held, offer, held => void this.#take(held))
  }

  /** acks=1: `waiter` is told at the end of this pass, or later, when flush.messages makes the append wait. */
  awaitWrite(endOffset: number, waiter: CommitWaiter): void {
    if (this.log?.isFlushDueBy(endOffset) === true) this.awaitCommit(endOffset, waiter)
    else if (this.log !== null && endOffset <= this.log.logEndOffset) waiter.onSettled(ErrorCode.NONE)
    else this.#unwritten.push(endOffset, waiter)
  }

  /** acks=all: `waiter` is told once everything before `endOffset` is below the high watermark, or was refused. */
  awaitCommit(endOffset: number, waiter: CommitWaiter): void {
    if (endOffset <= this.highWatermark) waiter.onSettled(ErrorCode.NONE)
    else this.#uncommitted.push(endOffset, waiter)
  }

  /** A range of whole batches below the high watermark, null when there is none yet, or only on the disk. */
  read(offset: number, maxBytes: number, minOneBatch: boolean): ReadResult {
    if (this.log === null) return OFFLINE
    return this.log.read(offset, maxBytes, this.highWatermark, minOneBatch)
  }

  /** KIP-101, KIP-279. */
  epochEndOffset(leaderEpoch: number): EpochEndOffset | LogRefusal {
    return this.log === null ? OFFLINE : this.log.epochEndOffset(leaderEpoch)
  }

  async offsetForTimestamp(timestampMs: number): Promise<TimestampOffset | null> {
    return this.log === null ? null : this.log.offsetForTimestamp(timestampMs)
  }

  async maxTimestampOffset(): Promise<TimestampOffset | null> {
    return this.log === null ? null : this.log.maxTimestampOffset()
  }

  /** RET-2. The records are gone at once; answers when no crash brings them back, which Kafka leaves to a timer. */
  async deleteRecordsBefore(
    offset: number,
  ): Promise<{ readonly ok: true; readonly lowWatermark: number } | LogRefusal> {
    if (this.log === null) return OFFLINE
    if (this.log.config.cleanupCompact && !this.log.config.cleanupDelete) return COMPACTED
    const result = this.log.deleteRecordsBefore(offset)
    if (!result.ok) return result
    this.#tellWatchers()
    const isSaved = await this.#ports.saveStartOffset(this.log)
    return isSaved ? { ok: true, lowWatermark: result.logStartOffset } : UNSAVED
  }

  watch(watcher: PartitionWatcher): void {
    if (this.#watchers === null || this.#watchers === watcher) this.#watchers = watcher
    else if (this.#watchers instanceof Set) this.#watchers.add(watcher)
    else this.#watchers = new Set([this.#watchers, watcher])
  }

  unwatch(watcher: PartitionWatcher): void {
    if (this.#watchers === watcher) this.#watchers = null
    else if (this.#watchers instanceof Set) {
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this.#watchers = null
    }
  }

  // ---- for Partitions ----

  /** The durable offset has moved: answers that waited for it, and readers, go on. */
  advance(): void {
    const { log } = this
    if (log === null || log.durableOffset <= log.highWatermark) return
    log.highWatermark = log.durableOffset
    this.#uncommitted.settleUpTo(log.highWatermark, ErrorCode.NONE)
    this.#tellWatchers()
  }

  /** Retention has removed what was before it. */
  startOffsetRaised(): void {
    this.#tellWatchers()
  }

  /** The pass has written what was staged. */
  settleWritten(): void {
    this.#isStaged = false
    if (this.log !== null) this.#unwritten.settleUpTo(this.log.logEndOffset, ErrorCode.NONE)
  }

  /** What was staged from `fromOffset` on is not in the log. */
  settleFailed(fromOffset: number, errorCode: ErrorCode): void {
    this.#unwritten.settleFrom(fromOffset, errorCode)
    this.#uncommitted.settleFrom(fromOffset, errorCode)
  }

  /** Nothing that waits will come true. */
  markDeleted(): void {
    this.#isDeleted = true
    this.settleAll(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }

  /** Its directory failed: nothing that waits will come true. */
  settleAll(errorCode: ErrorCode): void {
    this.settleFailed(-1, errorCode)
    this.#tellWatchers()
  }

  #append(
    batch: Uint8Array,
    nowMs: number,
    origin: AppendOrigin,
    checked: CheckedBatch | null,
  ): AppendResult {
    if (this.log === null) return OFFLINE
    // It waited for a worker.
    if (this.#isDeleted) return DELETED
    const result = this.log.append(batch, { leaderEpoch: this.leaderEpoch, nowMs, origin, checked })
    if (result.ok && !this.#isStaged) {
      this.#isStaged = true
      this.#ports.onStaged(this)
    }
    return result
  }

  /** Staged or refused at once, or behind those that are with a worker. */
  #take(offer: Offer): boolean {
    const { log } = this
    const isFirst = this.#admission === null || this.#admission.isEmpty
    if (log === null || (isFirst && !needsWorker(offer.batch, log.config))) {
      offer.onAdmitted(this.append(offer.batch, offer.nowMs, 'client'))
      return true
    }
    this.#admission ??= this.#createAdmission()
    log.directory.unflushed.expect(offer.batch.length)
    this.#admission.push(offer, log.config)
    return false
  }

  #createAdmission(): AdmissionQueue {
    const { batchNative, packSlots, schedulePass } = this.#ports
    const admit = (offer: Offer, checked: CheckedBatch | null) => {
      this.log?.directory.unflushed.arrived(offer.batch.length)
      offer.onAdmitted(this.#append(offer.batch, offer.nowMs, 'client', checked))
    }
    return new AdmissionQueue(batchNative, packSlots, admit, schedulePass)
  }

  #tellWatchers(): void {
    const watchers = this.#watchers
    if (watchers instanceof Set) for (const watcher of watchers) watcher.onPartitionChanged()
    else watchers?.onPartitionChanged()
  }
}
