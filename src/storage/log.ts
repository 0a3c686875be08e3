import { assert } from '../base/assert.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { StorageError } from '../base/storage-error.ts'
import { BatchCheckRow } from '../native/batch-check.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { stampPlace } from '../protocol/record-batch.ts'
import type { AppendResult, LogRefusal } from './append-result.ts'
import type { AppendOptions, AppendValidation } from './append-validation.ts'
import type { BatchNative } from './batch-native.ts'
import type { ColdReads } from './cold-reads.ts'
import type { EpochEndOffset, LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { LogReader, NOTHING_TO_READ, type ReadResult } from './log-reader.ts'
import type { LookupTurns } from './lookup-turns.ts'
import { encodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerState, ProducerVerdict } from './producer-state.ts'
import { deletableSegments } from './retention.ts'
import { Segment, type SegmentEnd, type SegmentSavepoint } from './segment.ts'
import type { SegmentFiles } from './segment-files.ts'
import { TimestampLookup, type TimestampOffset } from './timestamp-lookup.ts'

export interface LogPorts {
  readonly disk: Disk
  readonly files: SegmentFiles
  readonly logger: Logger
  readonly random: Random
  readonly batchNative: BatchNative
  readonly validation: AppendValidation
  readonly coldReadsOf: (directory: LogDirectory) => ColdReads
  readonly lookupTurns: LookupTurns
  /** The first batch since the last `writeStaged` was staged in this log. */
  readonly onStaged: (log: Log) => void
}

/** What recovery found, or a new log. */
export interface LogState {
  /** In the order of their offsets; the last one is active. */
  readonly segments: Segment[]
  readonly producers: ProducerState
  readonly epochs: LeaderEpochCache
  readonly logStartOffset: number
  /** What lies beside the segments on disk is as a clean stop leaves it. */
  readonly isClean: boolean
}

export interface LogIdentity {
  readonly topicName: string
  readonly topicId: string
  readonly partitionIndex: number
  readonly directoryPath: string
}

interface Savepoint {
  readonly segment: Segment
  readonly state: SegmentSavepoint
  readonly nextOffset: number
}

const OFFLINE: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  errorMessage: 'the log is offline: its disk failed',
}

/** One partition's log. It has a single owner, the loop: no call waits for another. */
export class Log {
  readonly topicName: string
  readonly topicId: string
  readonly partitionIndex: number
  readonly directoryPath: string
  readonly directory: LogDirectory
  readonly segments: Segment[]
  readonly producers: ProducerState
  readonly epochs: LeaderEpochCache
  /** Retention takes nothing from here on; the partition sets it. */
  highWatermark: number
  /** Set when the epochs changed since their file was written. */
  epochsChangedFrom = Number.POSITIVE_INFINITY
  lastFlushAtMs = 0
  /** Nothing was changed since a clean stop: the next one has nothing to write. */
  isClean: boolean
  /** Where an epoch began that is not in its file: it is worth one once something was appended in it; -1 for none. */
  #unsavedEpochStart = -1
  #config: LogConfig
  #logStartOffset: number
  #logEndOffset: number
  #durableOffset: number
  #nextOffset: number
  #savepoint: Savepoint | null = null
  #touched: Segment[] = []
  #snapshots: { offset: number; bytes: Uint8Array }[] = []
  #rollJitterMs = 0
  #closed = false
  readonly #ports: LogPorts
  readonly #reader: LogReader

  constructor(
    identity: LogIdentity,
    directory: LogDirectory,
    state: LogState,
    config: LogConfig,
    ports: LogPorts,
  ) {
    this.topicName = identity.topicName
    this.topicId = identity.topicId
    this.partitionIndex = identity.partitionIndex
    this.directoryPath = identity.directoryPath
    this.directory = directory
    this.segments = state.segments
    this.producers = state.producers
    this.epochs = state.epochs
    this.isClean = state.isClean
    this.#logStartOffset = state.logStartOffset
    this.#nextOffset = this.#active.endOffset
    this.#logEndOffset = this.#nextOffset
    this.#durableOffset = this.#nextOffset
    this.highWatermark = this.#nextOffset
    this.#config = config
    this.#ports = ports
    this.#reader = new LogReader(state.segments, ports.coldReadsOf(directory), ports.logger)
    this.#drawJitter()
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** Behind the last batch that was written; staged batches don't count. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Everything before it may be acknowledged in the topic's durability mode; never goes back. */
  get durableOffset(): number {
    return this.#durableOffset
  }

  /** The end of the contiguous prefix that survives a power cut, whatever the mode. */
  get safeOffset(): number {
    const unsafe = this.segments.find(segment => segment.safeEndOffset < segment.writtenEndOffset)
    return unsafe?.safeEndOffset ?? this.#logEndOffset
  }

  /** Recovery looks only at what is above: synced, with whole indexes, its epochs on disk. */
  get recoveryPoint(): number {
    const last = this.segments.length - 1
    const open = this.segments.findIndex((segment, index) => index < last && !segment.areIndexesSynced)
    const sealed = open < 0 ? Number.POSITIVE_INFINITY : this.segments[open]!.baseOffset
    const unsynced = this.segments.find(segment => segment.hasUnsyncedBytes)
    return Math.min(unsynced?.syncedEndOffset ?? this.#logEndOffset, sealed, this.epochsChangedFrom)
  }

  /** flush.messages: an append that ends there waits for a sync, whatever the mode and acks. */
  isFlushDueBy(endOffset: number): boolean {
    return endOffset - this.safeOffset >= this.#config.flushMessages
  }

  get sizeBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.writtenSizeBytes, 0)
  }

  get config(): LogConfig {
    return this.#config
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get isOffline(): boolean {
    return this.#closed || this.directory.isFailed
  }

  /**
   * Checks one batch and stages it. `batch` is changed in place and must live until `writeStaged`; it is not visible
   * before. The producer's last batches are known again, and answered with their first offsets.
   */
  append(batch: Uint8Array, options: AppendOptions): AppendResult {
    if (this.isOffline) return OFFLINE
    const refusal = this.#ports.validation.validate(batch, this.#config, options)
    if (refusal !== null) return refusal
    const verdict = this.#checkProducer()
    if (!verdict.ok) return verdict
    if (verdict.duplicateOf !== null) {
      const { lastOffset, offsetDelta, timestampMs } = verdict.duplicateOf
      return this.#appended(lastOffset - offsetDelta, lastOffset, timestampMs, true)
    }
    return this.#stage(options)
  }

  /**
   * A file range with whole batches, the first one holding `offset`; no byte at or behind `upToOffset`. Or what has to
   * be read from the disk first.
   */
  read(offset: number, maxBytes: number, upToOffset: number, minOneBatch: boolean): ReadResult {
    if (this.isOffline) return OFFLINE
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      const errorMessage = `offset ${offset} is not within ${this.#logStartOffset} to ${this.#logEndOffset}`
      return { ok: false, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, errorMessage }
    }
    const endOffset = Math.min(upToOffset, this.#logEndOffset)
    if (offset >= endOffset) return NOTHING_TO_READ
    try {
      return this.#reader.read(offset, maxBytes, endOffset, minOneBatch)
    } catch (error) {
      return this.#readFailed(error)
    }
  }

  /** The first record of `timestampMs` or later (LO-1), null when there is none. */
  offsetForTimestamp(timestampMs: number): Promise<TimestampOffset | null> {
    return this.#lookUp().find(timestampMs)
  }

  /** The record with the largest timestamp (LO-1, -3), null for an empty log. */
  maxTimestampOffset(): Promise<TimestampOffset | null> {
    return this.#lookUp().findMax()
  }

  /** KIP-279: where the largest epoch not above `leaderEpoch` ends. */
  epochEndOffset(leaderEpoch: number): EpochEndOffset {
    return this.epochs.endOffset(leaderEpoch, this.#logEndOffset)
  }

  /** The leadership begins at the log's end. */
  setLeaderEpoch(leaderEpoch: number): void {
    if (this.epochs.assign(leaderEpoch, this.#nextOffset)) this.#unsavedEpochStart = this.#nextOffset
  }

  /** Raises the log start offset (RET-2); segments that are wholly before it go with the next retention. */
  deleteRecordsBefore(offset: number): LogRefusal | { readonly ok: true; readonly logStartOffset: number } {
    if (this.isOffline) return OFFLINE
    if (offset > this.highWatermark || offset < 0) {
      const errorMessage = `offset ${offset} is above the high watermark ${this.highWatermark}`
      return { ok: false, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, errorMessage }
    }
    this.#logStartOffset = Math.max(this.#logStartOffset, offset)
    this.isClean = false
    if (this.epochs.truncateFromStart(this.#logStartOffset)) this.#epochsChanged(this.#nextOffset)
    return { ok: true, logStartOffset: this.#logStartOffset }
  }

  /** A change from `os` to `group` syncs what is there; the durable offset does not go back. */
  applyConfig(config: LogConfig): void {
    this.#config = config
    this.flush()
  }

  /** Removes old segments (RET-1); answers how many. */
  applyRetention(nowMs: number): number {
    if (this.isOffline || this.#savepoint !== null) return 0
    const deletable = deletableSegments(
      this.segments,
      this.#config,
      nowMs,
      this.#logStartOffset,
      this.highWatermark,
    )
    if (deletable === 0) return 0
    this.isClean = false
    if (deletable === this.segments.length) {
      this.#roll(nowMs)
      this.#snapshots = []
    }
    const count = this.directory.cleanup.countRemovable(this, this.segments.slice(0, deletable))
    if (count === 0) return 0
    const removed = this.segments.splice(0, count)
    this.#logStartOffset = Math.max(this.#logStartOffset, this.segments[0]!.baseOffset)
    if (this.epochs.truncateFromStart(this.#logStartOffset)) this.#epochsChanged(this.#nextOffset)
    this.directory.cleanup.remove(removed, this.#config.fileDeleteDelayMs)
    return count
  }

  /** Asks for a sync of all that is written. */
  flush(): void {
    for (const segment of this.segments) {
      if (segment.safeEndOffset < segment.writtenEndOffset) this.directory.flusher.markDirty(this, segment)
    }
    this.directory.flusher.pump()
  }

  // ---- for LogManager and Flusher ----

  /** Writes what is staged and shows it to readers; StorageError leaves everything as it was, for `rollBack`. */
  writeStaged(): void {
    for (const segment of this.#touched) segment.writeStaged()
    let writtenBytes = 0
    for (const segment of this.#touched) writtenBytes += segment.publish()
    this.directory.unflushed.written(writtenBytes)
    this.#logEndOffset = this.#nextOffset
    this.isClean = false
    this.#savepoint = null
    this.producers.commit()
    this.#queueFlush()
    const sealed = this.#touched.filter(segment => segment !== this.#active)
    for (const segment of sealed) this.directory.cleanup.sealIndexes(segment)
    for (const { offset, bytes } of this.#snapshots)
      this.directory.cleanup.writeSnapshot(this.directoryPath, offset, bytes)
    this.#snapshots = []
    this.#touched = []
  }

  /** Back to where the log was before the first batch since the last write. Throws when the file cannot be cut. */
  rollBack(): void {
    const savepoint = this.#savepoint
    assert(savepoint !== null, 'there is something to roll back')
    this.#savepoint = null
    this.#touched = []
    this.#snapshots = []
    this.#nextOffset = savepoint.nextOffset
    this.producers.rollBack()
    this.epochs.truncateFromEnd(savepoint.nextOffset)
    const isDropping = this.#active !== savepoint.segment
    while (this.#active !== savepoint.segment) this.#dropActive()
    if (isDropping) this.#ports.disk.syncDirectory(this.directoryPath)
    savepoint.segment.rollBack(savepoint.state)
  }

  /** What a sync of the segment made safe; true when the durable offset moved. */
  segmentSynced(segment: Segment, end: SegmentEnd): boolean {
    this.directory.unflushed.gone(segment.syncedUpTo(end))
    return this.raiseDurable(this.safeOffset)
  }

  /** The same of what the group journal has. */
  segmentSafe(segment: Segment, end: SegmentEnd): boolean {
    segment.safeUpTo(end)
    return this.raiseDurable(this.safeOffset)
  }

  raiseDurable(offset: number): boolean {
    if (offset <= this.#durableOffset) return false
    this.#durableOffset = offset
    return true
  }

  close(): void {
    this.#closed = true
    this.directory.flusher.forget(this)
    for (const segment of this.segments) segment.closeFile()
  }

  /** Made for each look-up: most logs never have one. */
  #lookUp(): TimestampLookup {
    return new TimestampLookup({
      segments: this.segments,
      reader: this.#reader,
      batchNative: this.#ports.batchNative,
      turns: this.#ports.lookupTurns,
      logStartOffset: () => this.#logStartOffset,
      isOffline: () => this.isOffline,
    })
  }

  get #active(): Segment {
    return this.segments[this.segments.length - 1]!
  }

  /** In mode `os` answers wait for the write alone, unless flush.messages asks for more. */
  #queueFlush(): void {
    const isDue = this.#config.durability === 'group' || this.isFlushDueBy(this.#logEndOffset)
    for (const segment of this.#touched) {
      if (isDue || segment !== this.#active) this.directory.flusher.markDirty(this, segment)
      else this.directory.writeOut.wrote(this, segment)
    }
  }

  #checkProducer(): ProducerVerdict {
    const row = this.#ports.validation.row
    if (row[BatchCheckRow.PRODUCER_ID]! < 0) return { ok: true, duplicateOf: null }
    return this.producers.check(this.#ports.validation.producer)
  }

  #stage(options: AppendOptions): AppendResult {
    const { row, batch } = this.#ports.validation
    const baseOffset = this.#nextOffset
    const lastOffset = baseOffset + row[BatchCheckRow.LAST_OFFSET_DELTA]!
    const maxTimestampMs = row[BatchCheckRow.MAX_TIMESTAMP]!
    const place = { sizeBytes: batch.length, lastOffset, maxTimestampMs }
    this.#setSavepoint()
    try {
      if (this.#isRollDue(place, options.nowMs)) this.#roll(options.nowMs)
    } catch (error) {
      return this.#rollFailed(error)
    }
    this.#stamp(batch, baseOffset, options.leaderEpoch)
    if (row[BatchCheckRow.PRODUCER_ID]! >= 0) {
      this.producers.add(this.#ports.validation.producer, lastOffset, maxTimestampMs, options.nowMs)
    }
    this.#active.stage(batch, place, this.#config.indexIntervalBytes)
    this.#active.modifiedAtMs = options.nowMs
    this.#nextOffset = lastOffset + 1
    return this.#appended(baseOffset, lastOffset, options.nowMs, false)
  }

  #appended(baseOffset: number, lastOffset: number, appendTimeMs: number, duplicate: boolean): AppendResult {
    const logAppendTimeMs = this.#config.messageTimestampType === 'LogAppendTime' ? appendTimeMs : -1
    return {
      ok: true,
      baseOffset,
      lastOffset,
      logAppendTimeMs,
      logStartOffset: this.#logStartOffset,
      duplicate,
    }
  }

  #setSavepoint(): void {
    if (this.#savepoint !== null) return
    const segment = this.#active
    this.#savepoint = { segment, state: segment.savepoint(), nextOffset: this.#nextOffset }
    this.#touched.push(segment)
    this.producers.savepoint()
    this.#ports.onStaged(this)
  }

  #stamp(bytes: Uint8Array, baseOffset: number, leaderEpoch: number): void {
    stampPlace(bytes, baseOffset, leaderEpoch)
    if (leaderEpoch > this.epochs.latestEpoch && this.epochs.assign(leaderEpoch, baseOffset)) {
      this.#epochsChanged(baseOffset)
    } else if (this.#unsavedEpochStart >= 0) this.#epochsChanged(this.#unsavedEpochStart)
    this.#unsavedEpochStart = -1
  }

  /** LOG-1. The age counts from the first record's timestamp, so that replayed old data does not roll at once. */
  #isRollDue(
    batch: { sizeBytes: number; lastOffset: number; maxTimestampMs: number },
    nowMs: number,
  ): boolean {
    const active = this.#active
    if (active.endPosition === 0) return false
    const { segmentSizeBytes, segmentMs, segmentIndexSizeBytes } = this.#config
    if (active.endPosition > segmentSizeBytes - batch.sizeBytes) return true
    const waitedMs =
      active.firstTimestampMs >= 0
        ? batch.maxTimestampMs - active.firstTimestampMs
        : nowMs - active.createdAtMs
    if (waitedMs > segmentMs - this.#rollJitterMs) return true
    return !active.hasRoomFor(batch.lastOffset, batch.sizeBytes, segmentIndexSizeBytes)
  }

  #roll(nowMs: number): void {
    const offset = this.#nextOffset
    const segment = new Segment(this.#ports.files, this.directoryPath, offset, nowMs, true)
    this.segments.push(segment)
    if (this.#savepoint !== null) this.#touched.push(segment)
    const bytes = encodeProducerSnapshot(this.producers.entries(), this.#ports.batchNative.crc32c)
    this.#snapshots.push({ offset, bytes })
    this.#drawJitter()
  }

  #dropActive(): void {
    const segment = this.segments.pop()
    assert(segment !== undefined && this.segments.length > 0, 'a log has a segment')
    segment.publish()
    segment.closeFile()
    this.#ports.disk.unlink(segment.path('log'))
  }

  #epochsChanged(fromOffset: number): void {
    this.isClean = false
    this.epochsChangedFrom = Math.min(this.epochsChangedFrom, fromOffset)
  }

  #drawJitter(): void {
    const bound = Math.min(this.#config.segmentJitterMs, this.#config.segmentMs, 0x7fff_ffff)
    this.#rollJitterMs = bound > 0 ? this.#ports.random.below(bound) : 0
  }

  #readFailed(error: unknown): LogRefusal {
    if (!(error instanceof StorageError)) throw error
    this.#ports.logger.error(
      { directory: this.directoryPath, error: error.message },
      'a read of the log failed',
    )
    return { ok: false, errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'the log could not be read' }
  }

  #rollFailed(error: unknown): LogRefusal {
    if (!(error instanceof StorageError)) throw error
    const errorMessage = 'no new segment could be made'
    this.#ports.logger.error({ directory: this.directoryPath, error: error.message }, errorMessage)
    return { ok: false, errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage }
  }
}
