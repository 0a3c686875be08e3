import type { DirectoryEntry, Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { readSmallFile, writeSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import { ScanRow } from '../native/batch-scan.ts'
import { RecordBatch, readMaxTimestamp } from '../protocol/record-batch.ts'
import type { BatchNative } from './batch-native.ts'
import { LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LogState } from './log.ts'
import { OffsetIndex } from './offset-index.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { type ProducerEntry, ProducerState } from './producer-state.ts'
import { Segment, type SegmentBatch, segmentFileName } from './segment.ts'
import type { SegmentFiles } from './segment-files.ts'
import { scanSegment } from './segment-scan.ts'
import { TimeIndex } from './time-index.ts'

export const EPOCH_FILE_NAME = 'leader-epoch-checkpoint'

export interface RecoveryInput {
  readonly disk: Disk
  readonly files: SegmentFiles
  readonly logger: Logger
  readonly batchNative: BatchNative
  readonly directoryPath: string
  readonly indexIntervalBytes: number
  /** What the checkpoint says, 0 when it says nothing. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  /** The clean-shutdown marker was there: nothing is scanned that has whole indexes. */
  readonly wasClean: boolean
  readonly nowMs: number
}

/**
 * Opens a partition's directory (LOG-3). After an unclean stop all above the recovery point is scanned and cut at
 * the first bad batch. Below it every byte was synced, so that a fault there is corruption: StorageError EBADMSG, and
 * nothing is changed.
 */
export function recoverLog(input: RecoveryInput): LogState {
  const recovery = new Recovery(input)
  try {
    return recovery.run()
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
  #hasEpochs = false
  #snapshotOffset = 0
  #expectedOffset = 0
  #hasScanned = false

  constructor(input: RecoveryInput) {
    this.#input = input
  }

  run(): LogState {
    const entries = this.#removeLeftovers()
    const bases = offsetsOf(entries, 'log')
    this.#loadEpochs()
    this.#loadSnapshot(offsetsOf(entries, 'snapshot'), bases)
    for (const [index, baseOffset] of bases.entries()) {
      const sizeBytes = entries.find(({ name }) => name === segmentFileName(baseOffset, 'log'))!.sizeBytes
      if (!this.#openSegment(baseOffset, bases[index + 1], sizeBytes)) {
        this.#removeFrom(bases.slice(index))
        break
      }
    }
    return this.#finish()
  }

  closeFiles(): void {
    for (const segment of this.#segments) segment.closeFile()
  }

  /** Removes what a crash left of deletions and of small files half written. */
  #removeLeftovers(): DirectoryEntry[] {
    const { disk, directoryPath } = this.#input
    for (const { name } of disk.list(directoryPath)) {
      if (/\.(deleted|tmp|cleaned|swap)$/.test(name)) disk.unlink(`${directoryPath}/${name}`)
    }
    return disk.list(directoryPath).filter(({ isDirectory }) => !isDirectory)
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
      this.#input.logger.warn({ path }, 'the leader epochs are read from the log again')
    }
  }

  /** Where the first segment begins that is scanned anyway; a clean directory has none. */
  #trustedEnd(bases: readonly number[]): number {
    if (this.#input.wasClean) return Number.POSITIVE_INFINITY
    return bases.findLast(base => base <= this.#input.recoveryPoint) ?? 0
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

  /** False when the segment is behind a cut, or a gap that no synced log has. */
  #openSegment(baseOffset: number, nextBase: number | undefined, sizeBytes: number): boolean {
    const { files, directoryPath, recoveryPoint, wasClean, nowMs } = this.#input
    const isAbove = !wasClean && baseOffset >= recoveryPoint
    if (isAbove && this.#segments.length > 0 && baseOffset !== this.#expectedOffset) {
      if (this.#expectedOffset < recoveryPoint) throw new StorageError('EBADMSG', 'recover', directoryPath)
      return false
    }
    const segment = new Segment(files, directoryPath, baseOffset, nowMs, false)
    this.#segments.push(segment)
    const isTrusted = wasClean || (nextBase !== undefined && nextBase <= recoveryPoint)
    const isKnown = isTrusted && this.#hasEpochs && this.#hasIndexes(segment, sizeBytes)
    if (isKnown && nextBase !== undefined && this.#snapshotOffset >= nextBase)
      segment.adopt(sizeBytes, nextBase)
    else if (!isKnown || nextBase !== undefined || !this.#resume(segment, sizeBytes)) {
      this.#scan(segment, sizeBytes, isTrusted)
    }
    this.#expectedOffset = segment.endOffset
    return true
  }

  /**
   * The last segment after a clean stop: only what the indexes don't tell is read. False when the snapshot does not
   * belong to the segment's end, so that all of it has to be read for the producers.
   */
  #resume(segment: Segment, sizeBytes: number): boolean {
    const { disk, batchNative, indexIntervalBytes } = this.#input
    const fromPosition = segment.loadOffsetIndex(sizeBytes).lastPosition
    segment.adoptUpTo(fromPosition, segment.baseOffset, this.#firstTimestampOf(segment, sizeBytes))
    const { isWhole } = scanSegment({ disk, native: batchNative, segment, sizeBytes, fromPosition }, row => {
      segment.index(batchOf(row), indexIntervalBytes)
      return true
    })
    const hasSnapshot = this.#snapshotOffset === segment.endOffset || sizeBytes === 0
    if (!isWhole || !hasSnapshot) return false
    segment.markSynced()
    return true
  }

  /** Of the first batch; -1 for none. */
  #firstTimestampOf(segment: Segment, sizeBytes: number): number {
    if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES) return -1
    const header = new Uint8Array(RecordBatch.HEADER_SIZE_BYTES)
    this.#input.disk.pread(segment.file, header, 0)
    return readMaxTimestamp(new DataView(header.buffer), 0)
  }

  #hasIndexes(segment: Segment, sizeBytes: number): boolean {
    const offsets = readSmallFile(this.#input.disk, segment.path('index'))
    const times = readSmallFile(this.#input.disk, segment.path('timeindex'))
    if (offsets === null || times === null || TimeIndex.decode(times) === null) return false
    const isEmptyIndex = sizeBytes > 0 && times.length === 0
    return !isEmptyIndex && OffsetIndex.decode(offsets, sizeBytes) !== null
  }

  #scan(segment: Segment, sizeBytes: number, isTrusted: boolean): void {
    const { disk, batchNative, recoveryPoint, indexIntervalBytes } = this.#input
    this.#hasScanned = true
    segment.resetIndexes()
    const scanned = scanSegment({ disk, native: batchNative, segment, sizeBytes, fromPosition: 0 }, row => {
      const isGap =
        row[ScanRow.BASE_OFFSET]! !== segment.endOffset && row[ScanRow.BASE_OFFSET]! >= recoveryPoint
      if (!isTrusted && isGap) return false
      this.#takeBatch(row)
      segment.index(batchOf(row), indexIntervalBytes)
      return true
    })
    if (!scanned.isWhole) this.#cut(segment, isTrusted)
    segment.markSynced()
    disk.fdatasync(segment.file)
    segment.writeIndexes()
    segment.areIndexesSynced = this.#syncIndexes(segment)
  }

  #takeBatch(row: Float64Array): void {
    const leaderEpoch = row[ScanRow.LEADER_EPOCH]!
    const baseOffset = row[ScanRow.BASE_OFFSET]!
    const lastOffset = row[ScanRow.LAST_OFFSET]!
    if (leaderEpoch > this.#epochs.epochAt(baseOffset)) this.#epochs.assign(leaderEpoch, baseOffset)
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
    const { disk, recoveryPoint, logger } = this.#input
    const path = segment.path('log')
    if (isTrusted || segment.endOffset < recoveryPoint) {
      logger.error({ path, position: segment.endPosition }, 'a batch below the recovery point is corrupt')
      throw new StorageError('EBADMSG', 'recover', path)
    }
    logger.warn(
      { path, position: segment.endPosition, endOffset: segment.endOffset },
      'the unsynced tail is cut',
    )
    disk.truncate(segment.file, segment.endPosition)
  }

  #syncIndexes(segment: Segment): boolean {
    for (const extension of ['index', 'timeindex']) {
      const file = this.#input.disk.open(segment.path(extension), 'write')
      this.#input.disk.fdatasync(file)
      this.#input.disk.close(file)
    }
    return true
  }

  /** Behind a cut nothing is contiguous with the log any more. */
  #removeFrom(bases: readonly number[]): void {
    const { disk, directoryPath, logger } = this.#input
    for (const base of bases.toReversed()) {
      logger.warn({ directory: directoryPath, baseOffset: base }, 'a segment behind the cut is removed')
      for (const extension of ['snapshot', 'timeindex', 'index', 'log']) {
        const path = `${directoryPath}/${segmentFileName(base, extension)}`
        if (disk.exists(path)) disk.unlink(path)
      }
    }
  }

  #saveEpochs(): void {
    writeSmallFile(this.#input.disk, `${this.#input.directoryPath}/${EPOCH_FILE_NAME}`, this.#epochs.encode())
  }

  #finish(): LogState {
    const { files, directoryPath, recoveryPoint, nowMs } = this.#input
    const endOffset = this.#segments.at(-1)?.endOffset ?? 0
    if (!this.#input.wasClean && endOffset < recoveryPoint)
      throw new StorageError('EBADMSG', 'recover', directoryPath)
    const firstOffset = this.#segments[0]?.baseOffset ?? this.#input.logStartOffset
    const logStartOffset = Math.max(this.#input.logStartOffset, firstOffset)
    let created: Segment | null = null
    if (this.#segments.length === 0) {
      created = new Segment(files, directoryPath, logStartOffset, nowMs, true)
      this.#segments.push(created)
    } else if (logStartOffset > endOffset) {
      this.#removeFrom(this.#segments.map(({ baseOffset }) => baseOffset))
      created = new Segment(files, directoryPath, logStartOffset, nowMs, true)
      this.#segments.splice(0, this.#segments.length, created)
    }
    const last = this.#segments.at(-1)!
    // It grows: what is on disk of its indexes is not what will be sealed.
    last.areIndexesSynced = false
    const isEpochsChanged = this.#epochs.truncateFromEnd(last.endOffset)
    if (!this.#input.wasClean || isEpochsChanged) this.#saveEpochs()
    // Idle partitions hold no descriptor.
    this.closeFiles()
    // The write of the epochs has synced the directory, and a clean stop did.
    for (const segment of this.#segments) segment.isEntrySynced = segment !== created
    const { wasClean } = this.#input
    return {
      segments: this.#segments,
      producers: this.#producers,
      epochs: this.#epochs,
      logStartOffset,
      isClean: wasClean && created === null && !this.#hasScanned,
    }
  }
}

function batchOf(row: Float64Array): SegmentBatch {
  return {
    sizeBytes: row[ScanRow.SIZE_BYTES]!,
    lastOffset: row[ScanRow.LAST_OFFSET]!,
    maxTimestampMs: row[ScanRow.MAX_TIMESTAMP]!,
  }
}

function offsetsOf(entries: readonly DirectoryEntry[], extension: string): number[] {
  const pattern = new RegExp(`^(\\d{20})\\.${extension}$`)
  return entries.flatMap(({ name }) => {
    const match = pattern.exec(name)
    return match === null ? [] : [Number(match[1])]
  })
}
