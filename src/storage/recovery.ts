import type { Disk, FileHandle } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { readSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import { ScanRow } from '../native/batch-scan.ts'
import { RecordBatch, readMaxTimestamp } from '../protocol/record-batch.ts'
import type { BatchNative } from './batch-native.ts'
import type { DiskJobs } from './disk-jobs.ts'
import { LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LogState } from './log.ts'
import { OffsetIndex } from './offset-index.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { type ProducerEntry, ProducerState } from './producer-state.ts'
import { Segment, type SegmentBatch, type SegmentIndexes } from './segment.ts'
import type { SegmentFiles } from './segment-files.ts'
import { type SegmentFile, segmentFileName, segmentFilesOf } from './segment-names.ts'
import { type ScanInput, scanSegment } from './segment-scan.ts'
import { completeSwaps, removeTemporaries, type Swap, swapsOf } from './swap-files.ts'
import { TimeIndex } from './time-index.ts'

export const EPOCH_FILE_NAME = 'leader-epoch-checkpoint'

export interface RecoveryInput {
  readonly disk: Disk
  /** Of the log directory: what waits for the disk is done by its thread. */
  readonly jobs: DiskJobs
  readonly files: SegmentFiles
  readonly logger: Logger
  readonly batchNative: BatchNative
  readonly directoryPath: string
  readonly indexIntervalBytes: number
  /** What the checkpoint says, 0 when it says nothing. */
  readonly recoveryPoint: number
  /** Answers when the checkpoint says so, and a crash does not take it back. */
  readonly raiseRecoveryPoint: (offset: number) => Promise<void>
  readonly logStartOffset: number
  /** The clean-shutdown marker was there: nothing is scanned that has whole indexes. */
  readonly wasClean: boolean
  readonly nowMs: number
  /** What the scans of this log fill; nobody else's until it is recovered. */
  readonly scanRows: Float64Array
}

/**
 * Opens a partition's directory (LOG-3). After an unclean stop all above the recovery point is scanned and cut at
 * the first bad batch. Below it every byte was synced, so that a fault there is corruption: StorageError EBADMSG, and
 * nothing is changed. Scans and syncs are done by threads.
 */
export async function recoverLog(input: RecoveryInput): Promise<LogState> {
  const recovery = new Recovery(input)
  try {
    return await recovery.run()
  } catch (error) {
    recovery.closeFiles()
    throw error
  }
}

class Recovery {
  readonly #input: RecoveryInput
  readonly #producers = new ProducerState()
  readonly #segments: Segment[] = []
  #epochs = new LeaderEpochCache()
  /** The file of the epochs was whole: without it all of the log is scanned for them. */
  #hasEpochs = false
  /** They are not what their file says. */
  #areEpochsChanged = false
  #recoveryPoint: number
  #snapshotOffset = 0
  #expectedOffset = 0
  #hasScanned = false
  #hasRemoved = false

  constructor(input: RecoveryInput) {
    this.#input = input
    this.#recoveryPoint = input.recoveryPoint
  }

  async run(): Promise<LogState> {
    const { disk, directoryPath } = this.#input
    const files = removeTemporaries(disk, directoryPath)
    const swaps = swapsOf(disk, directoryPath, files)
    const logs = files.filter(({ extension }) => extension === 'log')
    const snapshots = files.filter(({ extension }) => extension === 'snapshot')
    this.#loadEpochs()
    this.#loadSnapshot(snapshots.map(offsetOf), logs.map(offsetOf))
    const firstSwap = swaps[0]?.baseOffset
    const before = logs.filter(({ offset }) => firstSwap === undefined || offset < firstSwap)
    if (await this.#openSegments(before, firstSwap)) await this.#swapIn(files, swaps)
    return this.#finish()
  }

  closeFiles(): void {
    for (const segment of this.#segments) segment.closeFile()
  }

  /** False when the log ends before the last of them, or before the one that follows. */
  async #openSegments(logs: readonly SegmentFile[], followedBy: number | undefined): Promise<boolean> {
    for (const [index, log] of logs.entries()) {
      if (!this.#isContiguous(log.offset)) return false
      await this.#openSegment(log, logs[index + 1]?.offset ?? followedBy)
    }
    return followedBy === undefined || this.#isContiguous(followedBy)
  }

  /**
   * What was compacted has gaps, which above the recovery point would be taken for the end of the log. So all before
   * the end of the swaps is made safe, and the recovery point raised, before anything of them is renamed.
   */
  async #swapIn(files: readonly SegmentFile[], swaps: readonly Swap[]): Promise<void> {
    if (swaps.length === 0) return
    const { disk, directoryPath, logger } = this.#input
    let endOffset = 0
    for (const swap of swaps) endOffset = Math.max(endOffset, await this.#readSwap(swap))
    const lastBase = swaps.at(-1)!.baseOffset
    const next = files.find(
      ({ extension, offset }) => extension === 'log' && offset > lastBase && offset >= endOffset,
    )
    const safeOffset = next?.offset ?? endOffset
    if (safeOffset > this.#recoveryPoint) {
      // Half of the epochs would pass for all of them.
      if (this.#hasEpochs) await this.#saveEpochs()
      else await this.#syncNames()
      await this.#input.raiseRecoveryPoint(safeOffset)
      this.#recoveryPoint = safeOffset
    }
    for (const { file } of swaps) {
      logger.info({ path: `${directoryPath}/${file.name}` }, 'a compacted segment takes its place')
    }
    completeSwaps(disk, directoryPath, files, swaps, endOffset)
    const from = swaps[0]!.baseOffset
    const logs = segmentFilesOf(disk.list(directoryPath)).filter(({ extension }) => extension === 'log')
    await this.#openSegments(
      logs.filter(({ offset }) => offset >= from),
      undefined,
    )
  }

  /** Syncs it and answers where its records end. One that is not whole is corruption: nothing else may have them. */
  async #readSwap({ baseOffset, file: { name, sizeBytes } }: Swap): Promise<number> {
    const { disk, directoryPath, batchNative, scanRows } = this.#input
    const path = `${directoryPath}/${name}`
    const file = disk.open(path, 'write')
    try {
      let endOffset = baseOffset
      const segment = { file, path: () => path }
      const input = { scanFile: batchNative.scanFile, rows: scanRows, segment, sizeBytes, fromPosition: 0 }
      const { isWhole } = await scanSegment(input, row => {
        this.#takeEpoch(row)
        endOffset = row[ScanRow.LAST_OFFSET]! + 1
        return row[ScanRow.BASE_OFFSET]! >= baseOffset
      })
      if (!isWhole) throw new StorageError('EBADMSG', 'recover', path)
      await this.#sync(file, path)
      return endOffset
    } finally {
      disk.close(file)
    }
  }

  #loadEpochs(): void {
    const path = `${this.#input.directoryPath}/${EPOCH_FILE_NAME}`
    const bytes = readSmallFile(this.#input.disk, path)
    if (bytes === null) return
    try {
      this.#epochs = LeaderEpochCache.decode(bytes, path)
      this.#hasEpochs = true
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.#areEpochsChanged = true
      this.#input.logger.warn({ path }, 'the leader epochs are read from the log again')
    }
  }

  /** Where the first segment begins that is scanned anyway; a clean directory has none. */
  #trustedEnd(bases: readonly number[]): number {
    if (this.#input.wasClean) return Number.POSITIVE_INFINITY
    return bases.findLast(base => base <= this.#recoveryPoint) ?? 0
  }

  /** The newest whole snapshot that no scanned batch is part of; later batches are replayed. */
  #loadSnapshot(offsets: readonly number[], bases: readonly number[]): void {
    const trustedEnd = this.#trustedEnd(bases)
    let isFound = false
    for (const offset of offsets.toReversed()) {
      // An older one is of use again when a log is cut; those of earlier stops are not where a segment begins.
      if (isFound && bases.includes(offset)) continue
      const path = `${this.#input.directoryPath}/${segmentFileName(offset, 'snapshot')}`
      const producers = isFound || offset > trustedEnd ? null : this.#readSnapshot(path)
      if (producers === null) {
        this.#input.disk.unlink(path)
        continue
      }
      for (const producer of producers) this.#producers.restore(producer)
      this.#snapshotOffset = offset
      isFound = true
    }
  }

  #readSnapshot(path: string): ProducerEntry[] | null {
    const { disk, batchNative, nowMs } = this.#input
    const bytes = readSmallFile(disk, path)
    return bytes === null ? null : decodeProducerSnapshot(bytes, batchNative.crc32c, nowMs)
  }

  /**
   * False, and the rest is removed, when the segment is behind a cut, or a gap that no synced log has. Where the
   * recovery point is, a gap may be: a compaction took the last records before it.
   */
  #isContiguous(baseOffset: number): boolean {
    const isAbove = !this.#input.wasClean && baseOffset > this.#recoveryPoint
    if (!isAbove || this.#segments.length === 0 || baseOffset === this.#expectedOffset) return true
    if (this.#expectedOffset < this.#recoveryPoint) {
      throw new StorageError('EBADMSG', 'recover', this.#input.directoryPath)
    }
    this.#removeFrom(baseOffset)
    return false
  }

  async #openSegment(log: SegmentFile, nextBase: number | undefined): Promise<void> {
    const { files, directoryPath, wasClean, nowMs } = this.#input
    const { sizeBytes } = log
    const segment = new Segment(files, directoryPath, log.offset, nowMs, false)
    segment.modifiedAtMs = log.modifiedAtMs
    this.#segments.push(segment)
    const isTrusted = wasClean || (nextBase !== undefined && nextBase <= this.#recoveryPoint)
    const indexes = isTrusted && this.#hasEpochs ? this.#readIndexes(segment, sizeBytes) : null
    if (indexes !== null && nextBase !== undefined && this.#snapshotOffset >= nextBase) {
      segment.adopt(sizeBytes, nextBase)
      segment.areIndexesSynced = true
    } else if (
      indexes === null ||
      nextBase !== undefined ||
      !(await this.#resume(segment, sizeBytes, indexes))
    ) {
      await this.#scan(segment, sizeBytes, isTrusted)
      if (nextBase !== undefined) await this.#saveIndexes(segment)
    }
    this.#expectedOffset = segment.endOffset
  }

  /**
   * The last segment after a clean stop: only what the indexes don't tell is read. False when the snapshot does not
   * belong to the segment's end, so that all of it has to be read for the producers.
   */
  async #resume(segment: Segment, sizeBytes: number, indexes: SegmentIndexes): Promise<boolean> {
    segment.takeIndexes(indexes)
    const fromPosition = indexes.offsetIndex.lastPosition
    segment.adoptUpTo(fromPosition, segment.baseOffset, this.#firstTimestampOf(segment, sizeBytes))
    const { isWhole } = await scanSegment(this.#scanInput(segment, sizeBytes, fromPosition), row => {
      segment.index(batchOf(row), this.#input.indexIntervalBytes)
      return true
    })
    const hasSnapshot = this.#snapshotOffset === segment.endOffset || sizeBytes === 0
    if (!isWhole || !hasSnapshot) return false
    segment.markSynced()
    return true
  }

  #scanInput(segment: Segment, sizeBytes: number, fromPosition: number): ScanInput {
    const { batchNative, scanRows } = this.#input
    return { scanFile: batchNative.scanFile, rows: scanRows, segment, sizeBytes, fromPosition }
  }

  /** Of the first batch; -1 for none. */
  #firstTimestampOf(segment: Segment, sizeBytes: number): number {
    if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES) return -1
    const header = new Uint8Array(RecordBatch.HEADER_SIZE_BYTES)
    this.#input.disk.pread(segment.file, header, 0)
    return readMaxTimestamp(new DataView(header.buffer), 0)
  }

  /** Null when they are not those of a file of this size. */
  #readIndexes(segment: Segment, sizeBytes: number): SegmentIndexes | null {
    const offsets = readSmallFile(this.#input.disk, segment.path('index'))
    const times = readSmallFile(this.#input.disk, segment.path('timeindex'))
    if (offsets === null || times === null || (sizeBytes > 0 && times.length === 0)) return null
    const timeIndex = TimeIndex.decode(times)
    const offsetIndex = OffsetIndex.decode(offsets, sizeBytes)
    return timeIndex === null || offsetIndex === null ? null : { offsetIndex, timeIndex }
  }

  /** What was found above the recovery point may be in memory only, and is shown from now on: it is synced first. */
  async #scan(segment: Segment, sizeBytes: number, isTrusted: boolean): Promise<void> {
    this.#hasScanned = true
    segment.resetIndexes()
    const scanned = await scanSegment(this.#scanInput(segment, sizeBytes, 0), row => {
      const baseOffset = row[ScanRow.BASE_OFFSET]!
      const isGap = baseOffset !== segment.endOffset && baseOffset >= this.#recoveryPoint
      if (!isTrusted && isGap) return false
      this.#takeBatch(row)
      segment.index(batchOf(row), this.#input.indexIntervalBytes)
      return true
    })
    if (!scanned.isWhole) this.#cut(segment, isTrusted)
    if (!scanned.isWhole || segment.endOffset > this.#recoveryPoint) {
      await this.#sync(segment.file, segment.path('log'))
    }
    segment.markSynced()
  }

  #sync(file: FileHandle, path: string): Promise<void> {
    return this.#input.jobs.call('fdatasync', path, (queue, ticket) => queue.fdatasync(file, ticket))
  }

  #takeEpoch(row: Float64Array): void {
    const leaderEpoch = row[ScanRow.LEADER_EPOCH]!
    const baseOffset = row[ScanRow.BASE_OFFSET]!
    if (leaderEpoch <= this.#epochs.epochAt(baseOffset)) return
    if (this.#epochs.assign(leaderEpoch, baseOffset)) this.#areEpochsChanged = true
  }

  #takeBatch(row: Float64Array): void {
    this.#takeEpoch(row)
    const lastOffset = row[ScanRow.LAST_OFFSET]!
    if (row[ScanRow.PRODUCER_ID]! < 0 || lastOffset < this.#snapshotOffset) return
    const append = {
      producerId: row[ScanRow.PRODUCER_ID]!,
      producerEpoch: row[ScanRow.PRODUCER_EPOCH]!,
      baseSequence: row[ScanRow.BASE_SEQUENCE]!,
      lastOffsetDelta: row[ScanRow.LAST_OFFSET_DELTA]!,
    }
    this.#producers.add(append, lastOffset, row[ScanRow.MAX_TIMESTAMP]!, this.#input.nowMs)
  }

  #cut(segment: Segment, isTrusted: boolean): void {
    const { disk, logger } = this.#input
    const path = segment.path('log')
    if (isTrusted || segment.endOffset < this.#recoveryPoint) {
      logger.error({ path, position: segment.endPosition }, 'a batch below the recovery point is corrupt')
      throw new StorageError('EBADMSG', 'recover', path)
    }
    logger.warn(
      { path, position: segment.endPosition, endOffset: segment.endOffset },
      'the unsynced tail is cut',
    )
    disk.truncate(segment.file, segment.endPosition)
  }

  /** Those of the last segment, which grows, are written when it is sealed, or by the clean stop. */
  async #saveIndexes(segment: Segment): Promise<void> {
    segment.writeIndexes()
    for (const extension of ['index', 'timeindex']) {
      const path = segment.path(extension)
      const file = this.#input.disk.open(path, 'write')
      try {
        await this.#sync(file, path)
      } finally {
        this.#input.disk.close(file)
      }
    }
    segment.areIndexesSynced = true
  }

  /** All segments from this one on, the last one first: behind a cut nothing is contiguous with the log any more. */
  #removeFrom(baseOffset: number): void {
    const { disk, directoryPath, logger } = this.#input
    const isBehind = ({ offset }: SegmentFile) => offset >= baseOffset
    const files = segmentFilesOf(disk.list(directoryPath)).filter(isBehind).toReversed()
    // The file of the records goes behind those that belong to it.
    files.sort((a, b) => b.offset - a.offset || Number(isLog(a)) - Number(isLog(b)))
    for (const { name } of files) {
      logger.warn({ path: `${directoryPath}/${name}` }, 'a file behind the cut is removed')
      disk.unlink(`${directoryPath}/${name}`)
    }
    this.#hasRemoved = true
  }

  /** The directory is synced with it. */
  async #saveEpochs(): Promise<void> {
    const path = `${this.#input.directoryPath}/${EPOCH_FILE_NAME}`
    await this.#input.jobs.writeFile(path, this.#epochs.encode())
    this.#areEpochsChanged = false
  }

  async #finish(): Promise<LogState> {
    const { files, directoryPath, nowMs, wasClean } = this.#input
    const endOffset = this.#segments.at(-1)?.endOffset ?? 0
    if (!wasClean && endOffset < this.#recoveryPoint) {
      throw new StorageError('EBADMSG', 'recover', directoryPath)
    }
    const firstOffset = this.#segments[0]?.baseOffset ?? this.#input.logStartOffset
    const logStartOffset = Math.max(this.#input.logStartOffset, firstOffset)
    let created: Segment | null = null
    if (this.#segments.length === 0 || logStartOffset > endOffset) {
      if (this.#segments.length > 0) this.#removeFrom(firstOffset)
      this.closeFiles()
      created = new Segment(files, directoryPath, logStartOffset, nowMs, true)
      this.#segments.splice(0, this.#segments.length, created)
    }
    const last = this.#segments.at(-1)!
    // It grows: what is on disk of its indexes is not what will be sealed.
    last.areIndexesSynced = false
    if (this.#epochs.truncateFromEnd(last.endOffset)) this.#areEpochsChanged = true
    const isEntrySynced = await this.#syncBesides()
    // Idle partitions hold no descriptor.
    this.closeFiles()
    for (const segment of this.#segments) segment.isEntrySynced = isEntrySynced && segment !== created
    return {
      // A copy has no room to spare: most logs have a single segment.
      segments: [...this.#segments],
      producers: this.#producers,
      epochs: this.#epochs,
      logStartOffset,
      isClean: wasClean && created === null && !this.#hasScanned,
    }
  }

  /**
   * After a kill the names of files, that of the epochs too, may be in memory only. A log that never had a record has
   * nothing to lose by that, and its first append syncs the directory: then the answer is false.
   */
  async #syncBesides(): Promise<boolean> {
    if (this.#areEpochsChanged) {
      await this.#saveEpochs()
      return true
    }
    if (this.#input.wasClean) return true
    if (this.#segments.at(-1)!.endOffset === 0 && !this.#hasRemoved) return false
    await this.#syncNames()
    return true
  }

  #syncNames(): Promise<void> {
    const { directoryPath, jobs } = this.#input
    return jobs.call('fsync', directoryPath, (queue, ticket) => queue.syncDirectory(directoryPath, ticket))
  }
}

function isLog({ extension }: SegmentFile): boolean {
  return extension.startsWith('log')
}

function offsetOf({ offset }: SegmentFile): number {
  return offset
}

function batchOf(row: Float64Array): SegmentBatch {
  return {
    sizeBytes: row[ScanRow.SIZE_BYTES]!,
    lastOffset: row[ScanRow.LAST_OFFSET]!,
    maxTimestampMs: row[ScanRow.MAX_TIMESTAMP]!,
  }
}
