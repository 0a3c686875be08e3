import { assert } from '../base/assert.ts'
import type { Disk, FileHandle } from '../base/disk.ts'
import type { FileRange } from '../base/file-range.ts'
import { readSmallFile, SMALL_FILE_MAX_BYTES } from '../base/small-file.ts'
import { type BatchPlace, reachesTimestamp, type SegmentBytes } from './batch-finder.ts'
import { BatchTail } from './batch-tail.ts'
import { ColdBytes } from './cold-bytes.ts'
import { OFFSET_INDEX_ENTRY_SIZE_BYTES, OffsetIndex } from './offset-index.ts'
import type { DescriptorHolder, SegmentFiles } from './segment-files.ts'
import { SegmentMemory } from './segment-memory.ts'
import { segmentFileName } from './segment-names.ts'
import { TIME_INDEX_ENTRY_SIZE_BYTES, TimeIndex } from './time-index.ts'

const RELATIVE_OFFSET_MAX = 0x7fff_ffff
/** Positions are int32 in the index, so that no segment may be larger. */
const POSITION_MAX = 0x7fff_ffff

/** What a batch means to its segment. */
export interface SegmentBatch {
  readonly sizeBytes: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
}

/** How far a segment is written, at some time. */
export interface SegmentEnd {
  readonly offset: number
  readonly sizeBytes: number
}

export interface SegmentIndexes {
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
}

/** All that a truncation to an earlier state needs. */
export interface SegmentSavepoint {
  readonly endPosition: number
  readonly endOffset: number
  readonly offsetEntries: number
  readonly timeEntries: number
  readonly maxTimestampMs: number
  readonly offsetOfMaxTimestamp: number
  readonly firstTimestampMs: number
  readonly bytesSinceIndexEntry: number
}

/** A file of record batches with its two indexes. The batches between the two ends are staged, not written yet. */
export class Segment implements DescriptorHolder, SegmentBytes {
  readonly baseOffset: number
  readonly directoryPath: string
  /** When it was made or opened: its age until it has a record with a timestamp. */
  readonly createdAtMs: number
  /** When its file was last written to: the age of records without timestamps. */
  modifiedAtMs: number
  readonly tail = new BatchTail()
  /** Staged bytes included. */
  endPosition = 0
  /** Bytes that were written, and that readers may see. */
  writtenSizeBytes = 0
  /** Offset behind the last batch, staged ones included. */
  endOffset: number
  writtenEndOffset: number
  /** Everything before it was synced. */
  syncedEndOffset: number
  /** Everything before it survives a power cut: it was synced, or is in the group journal. */
  safeEndOffset: number
  safeSizeBytes = 0
  /** Written bytes before it are on the disk, or of no use any more. */
  flushedSizeBytes = 0
  /** Its file may not be opened any more: that would make it again. */
  isGivenUp = false
  /** The directory's entry of this file was synced. */
  isEntrySynced = false
  /** The index files of this sealed segment are whole on disk. */
  areIndexesSynced = false
  lastUsedPass = -1
  lastRangePass = -1
  /** -1 for none; staged batches included. */
  maxTimestampMs = -1
  /** The same of what readers may see. */
  writtenMaxTimestampMs = -1
  offsetOfMaxTimestamp: number
  /** Of the first batch, which the age of the segment is measured from; -1 for none. */
  firstTimestampMs = -1
  #bytesSinceIndexEntry = 0
  #staged: Uint8Array[] = []
  #offsetIndex: OffsetIndex | null
  #timeIndex: TimeIndex | null
  #file: FileHandle | null = null
  /** A write was begun that was not published: the file may be longer than it should be. */
  #mayBeLonger = false
  /** Null until there was a write or a read from the disk. */
  #memory: SegmentMemory | null = null
  /** Index files that a thread has read: the loop takes them from the kernel's memory. */
  #warmIndexes: Set<string> | null = null
  readonly #files: SegmentFiles

  constructor(
    files: SegmentFiles,
    directoryPath: string,
    baseOffset: number,
    createdAtMs: number,
    isNew: boolean,
  ) {
    this.#files = files
    this.directoryPath = directoryPath
    this.baseOffset = baseOffset
    this.createdAtMs = createdAtMs
    this.modifiedAtMs = createdAtMs
    this.endOffset = baseOffset
    this.writtenEndOffset = baseOffset
    this.syncedEndOffset = baseOffset
    this.safeEndOffset = baseOffset
    this.offsetOfMaxTimestamp = baseOffset
    this.#offsetIndex = isNew ? new OffsetIndex() : null
    this.#timeIndex = isNew ? new TimeIndex() : null
    if (isNew) this.#file = files.open(this, this.path('log'), 'create')
  }

  /** For a use that is over when the caller's turn is; `range` is for what the network sends. */
  get file(): FileHandle {
    this.lastUsedPass = this.#files.pass
    this.#file ??= this.#files.open(this, this.path('log'), 'write')
    return this.#file
  }

  /** False for a descriptor that another segment has needed since. */
  hasOpen(file: FileHandle): boolean {
    return this.#file === file
  }

  get writtenEnd(): SegmentEnd {
    return { offset: this.writtenEndOffset, sizeBytes: this.writtenSizeBytes }
  }

  get unsafeSizeBytes(): number {
    return this.writtenSizeBytes - this.safeSizeBytes
  }

  /** What is counted in the directory's account. */
  get unflushedSizeBytes(): number {
    return this.writtenSizeBytes - this.flushedSizeBytes
  }

  get hasUnsyncedBytes(): boolean {
    return this.syncedEndOffset < this.writtenEndOffset
  }

  /** The group journal has bytes that its own file may lack after a power cut. */
  get isInJournal(): boolean {
    return this.syncedEndOffset < this.safeEndOffset
  }

  get offsetIndex(): OffsetIndex {
    this.#offsetIndex ??= this.#loadOffsetIndex()
    return this.#offsetIndex
  }

  get timeIndex(): TimeIndex {
    this.#timeIndex ??=
      TimeIndex.decode(readSmallFile(this.#files.disk, this.path('timeindex')) ?? new Uint8Array(0)) ??
      new TimeIndex()
    return this.#timeIndex
  }

  path(extension: string): string {
    return `${this.directoryPath}/${segmentFileName(this.baseOffset, extension)}`
  }

  /** Neither the offset nor the position leaves 32 bits, and both indexes have room (LOG-1). */
  hasRoomFor(lastOffset: number, sizeBytes: number, indexSizeMaxBytes: number): boolean {
    return (
      lastOffset - this.baseOffset <= RELATIVE_OFFSET_MAX &&
      this.endPosition + sizeBytes <= POSITION_MAX &&
      this.offsetIndex.count < Math.floor(indexSizeMaxBytes / OFFSET_INDEX_ENTRY_SIZE_BYTES) &&
      this.timeIndex.count < Math.floor(indexSizeMaxBytes / TIME_INDEX_ENTRY_SIZE_BYTES) - 1
    )
  }

  /** Adds the batch to the indexes and to what the next write writes; `bytes` must live until then. */
  stage(bytes: Uint8Array, batch: SegmentBatch, indexIntervalBytes: number): void {
    this.#staged.push(bytes)
    this.tail.add(batch.lastOffset, this.endPosition)
    this.index(batch, indexIntervalBytes)
  }

  /** The same for a batch that a scan found at the end of the file. */
  index(batch: SegmentBatch, indexIntervalBytes: number): void {
    if (this.firstTimestampMs < 0) this.firstTimestampMs = batch.maxTimestampMs
    if (batch.maxTimestampMs > this.maxTimestampMs) {
      this.maxTimestampMs = batch.maxTimestampMs
      this.offsetOfMaxTimestamp = batch.lastOffset
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      const firstOffset = this.endOffset - this.baseOffset
      this.offsetIndex.append(batch.lastOffset - this.baseOffset, this.endPosition, firstOffset)
      this.#addTimeEntry()
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += batch.sizeBytes
    this.endPosition += batch.sizeBytes
    this.endOffset = batch.lastOffset + 1
  }

  /** One write of everything staged. What was written shows after `publish`. */
  writeStaged(): void {
    if (this.#staged.length === 0) return
    const { file } = this
    this.#mayBeLonger = true
    this.#files.disk.pwritev(file, this.#staged, this.writtenSizeBytes)
    this.#memory ??= new SegmentMemory()
    this.#memory.wrote(this.writtenSizeBytes, this.#files.nowMs())
  }

  /** Answers how many bytes are published. */
  publish(): number {
    const publishedBytes = this.endPosition - this.writtenSizeBytes
    this.#staged = []
    this.#mayBeLonger = false
    this.writtenSizeBytes = this.endPosition
    this.writtenEndOffset = this.endOffset
    this.writtenMaxTimestampMs = this.maxTimestampMs
    return publishedBytes
  }

  savepoint(): SegmentSavepoint {
    return {
      endPosition: this.endPosition,
      endOffset: this.endOffset,
      offsetEntries: this.offsetIndex.count,
      timeEntries: this.timeIndex.count,
      maxTimestampMs: this.maxTimestampMs,
      offsetOfMaxTimestamp: this.offsetOfMaxTimestamp,
      firstTimestampMs: this.firstTimestampMs,
      bytesSinceIndexEntry: this.#bytesSinceIndexEntry,
    }
  }

  /**
   * Back to the savepoint, the file too, and for good: what is written next may go into another segment, and behind a
   * power cut the cut bytes would stand before it. Throws when the file cannot be cut.
   */
  rollBack(savepoint: SegmentSavepoint): void {
    this.#staged = []
    this.tail.truncateTo(savepoint.endPosition)
    this.offsetIndex.truncateTo(savepoint.offsetEntries)
    this.timeIndex.truncateTo(savepoint.timeEntries)
    this.endPosition = savepoint.endPosition
    this.endOffset = savepoint.endOffset
    this.maxTimestampMs = savepoint.maxTimestampMs
    this.offsetOfMaxTimestamp = savepoint.offsetOfMaxTimestamp
    this.firstTimestampMs = savepoint.firstTimestampMs
    this.#bytesSinceIndexEntry = savepoint.bytesSinceIndexEntry
    if (!this.#mayBeLonger) return
    this.#files.disk.truncate(this.file, savepoint.endPosition)
    this.#files.disk.fdatasync(this.file)
    this.#mayBeLonger = false
  }

  /** Its file stays open until the network has sent what this pass gives it. */
  range(position: number, sizeBytes: number): FileRange {
    this.lastRangePass = this.#files.pass
    return { file: this.file, position, sizeBytes }
  }

  /** The written batch that holds `offset`, or the first behind it; null when there is none in this segment. */
  locate(offset: number): BatchPlace | ColdBytes | null {
    if (offset >= this.writtenEndOffset) return null
    const index = this.tail.indexOfOffset(offset)
    if (index >= 0) {
      const position = this.tail.positionAt(index)
      return { position, sizeBytes: this.tail.endAt(index, this.endPosition) - position }
    }
    const cold = this.#coldIndex('index', this.#offsetIndex)
    if (cold !== null) return cold
    const { offsetIndex } = this
    const relativeOffset = offset - this.baseOffset
    const known = offsetIndex.batchFor(relativeOffset, this.endOffset - this.baseOffset, this.endPosition)
    if (known !== null) return known
    const from = offsetIndex.positionFor(relativeOffset)
    const next = offsetIndex.positionAfter(relativeOffset)
    return this.#files.finder.findOffset(this, from, next, offset)
  }

  /** The first written batch with a record of `timestampMs` or later, from `fromOffset` on, as far as headers tell. */
  locateTimestamp(timestampMs: number, fromOffset: number): BatchPlace | ColdBytes | null {
    const cold = this.#coldIndex('timeindex', this.#timeIndex) ?? this.#coldIndex('index', this.#offsetIndex)
    if (cold !== null) return cold
    const offset = Math.max(this.baseOffset + this.timeIndex.relativeOffsetFor(timestampMs), fromOffset)
    const from = this.offsetIndex.positionFor(offset - this.baseOffset)
    return this.#files.finder.find(this, from, reachesTimestamp(timestampMs, fromOffset))
  }

  /** The last end of a batch in (start, limit] that is known without a read; `firstEnd` when none is. */
  batchEndWithin(firstEnd: number, limit: number): number {
    if (limit >= this.writtenSizeBytes) return this.writtenSizeBytes
    const inTail = this.tail.startAtOrBefore(limit)
    return Math.max(firstEnd, inTail >= 0 ? inTail : this.offsetIndex.batchStartAtOrBefore(limit))
  }

  /** The index that `batchEndWithin` needs for this limit, when it is on the disk only. */
  coldIndexFor(limit: number): ColdBytes | null {
    if (limit >= this.writtenSizeBytes || this.tail.startAtOrBefore(limit) >= 0) return null
    return this.#coldIndex('index', this.#offsetIndex)
  }

  readBatch({ position, sizeBytes }: BatchPlace): Uint8Array | ColdBytes {
    const bytes = new Uint8Array(sizeBytes)
    const count = this.readResident(bytes, position)
    return count < 0 ? new ColdBytes(this.path('log'), position, sizeBytes) : bytes.subarray(0, count)
  }

  /** Written a moment ago, like all behind it. */
  isHot(position: number): boolean {
    return this.#memory?.isHot(position, this.writtenSizeBytes, this.#files.nowMs()) ?? false
  }

  /** A thread has just read it. */
  isWarm(position: number, endPosition: number): boolean {
    return this.#memory?.isWarm(position, endPosition, this.#files.nowMs()) ?? false
  }

  /** It counts as read a moment ago. */
  markWarm(position: number, endPosition: number): void {
    this.#memory ??= new SegmentMemory()
    this.#memory.warmed(position, endPosition, this.#files.nowMs())
  }

  /** What the kernel says. */
  isResident(position: number, endPosition: number): boolean {
    return this.#files.disk.isResident(this.file, position, endPosition - position)
  }

  /** Fills `into` as far as the segment goes; -1 where the disk would have to be waited for. */
  readResident(into: Uint8Array, position: number): number {
    const { disk } = this.#files
    const endPosition = Math.min(position + into.length, this.writtenSizeBytes)
    if (this.isWarm(position, endPosition)) return disk.pread(this.file, into, position)
    return disk.preadResident(this.file, into, position)
  }

  /** A thread has read bytes that this segment said to be cold. */
  warmed({ path, position, sizeBytes }: ColdBytes): void {
    if (path === this.path('log')) this.markWarm(position, position + sizeBytes)
    else {
      this.#warmIndexes ??= new Set()
      this.#warmIndexes.add(path)
    }
  }

  /** Takes over what recovery knows of a segment that it need not scan. */
  adopt(sizeBytes: number, endOffset: number): void {
    this.endPosition = sizeBytes
    this.endOffset = endOffset
    this.maxTimestampMs = this.timeIndex.lastTimestampMs
    this.offsetOfMaxTimestamp = this.baseOffset + this.timeIndex.lastRelativeOffset
    this.firstTimestampMs = this.maxTimestampMs
    this.markSynced()
  }

  /** The indexes on disk, which recovery has read already. */
  takeIndexes({ offsetIndex, timeIndex }: SegmentIndexes): void {
    this.#offsetIndex = offsetIndex
    this.#timeIndex = timeIndex
  }

  /** Takes over what its indexes know of a segment; the batches from `position` on follow through `index`. */
  adoptUpTo(position: number, endOffset: number, firstTimestampMs: number): void {
    this.adopt(position, endOffset)
    this.firstTimestampMs = firstTimestampMs
  }

  /** Forgets the indexes; the batches follow through `index`. */
  resetIndexes(): void {
    this.#offsetIndex = new OffsetIndex()
    this.#timeIndex = new TimeIndex()
    this.endPosition = 0
    this.endOffset = this.baseOffset
    this.maxTimestampMs = -1
    this.firstTimestampMs = -1
    this.#bytesSinceIndexEntry = 0
  }

  /** Everything up to the end is written and synced. */
  markSynced(): void {
    this.publish()
    this.syncedUpTo(this.writtenEnd)
  }

  /** Answers how many bytes are unflushed no more. */
  syncedUpTo(end: SegmentEnd): number {
    this.syncedEndOffset = Math.max(this.syncedEndOffset, end.offset)
    this.safeUpTo(end)
    return this.flushedUpTo(end.sizeBytes)
  }

  /** So many went to the disk, where a power cut may still lose them; answers as `syncedUpTo` does. */
  flushedUpTo(sizeBytes: number): number {
    const goneBytes = Math.max(0, sizeBytes - this.flushedSizeBytes)
    this.flushedSizeBytes += goneBytes
    return goneBytes
  }

  /** It is going away, and what it holds with it; answers as `syncedUpTo` does. */
  giveUp(): number {
    this.isGivenUp = true
    return this.flushedUpTo(this.writtenSizeBytes)
  }

  safeUpTo({ offset, sizeBytes }: SegmentEnd): void {
    this.safeEndOffset = Math.max(this.safeEndOffset, offset)
    this.safeSizeBytes = Math.max(this.safeSizeBytes, sizeBytes)
  }

  /** Writes both index files as they are now; unsynced. The last timestamp gets its entry (LOG-2). */
  writeIndexes(): void {
    this.#addTimeEntry()
    replaceContents(this.#files.disk, this.path('index'), this.offsetIndex.encode())
    replaceContents(this.#files.disk, this.path('timeindex'), this.timeIndex.encode())
  }

  /** Frees the descriptor; the next use opens the file again. */
  closeFile(): void {
    assert(this.#staged.length === 0, 'staged batches are written before the file is closed')
    this.releaseFile()
  }

  releaseFile(): void {
    if (this.#file === null) return
    this.#files.close(this, this.#file)
    this.#file = null
  }

  /** An index that is not here is read by a thread, whole: it may be large, and even to open it may need the disk. */
  #coldIndex(extension: string, index: OffsetIndex | TimeIndex | null): ColdBytes | null {
    if (index !== null) return null
    const path = this.path(extension)
    return this.#warmIndexes?.has(path) === true ? null : new ColdBytes(path, 0, SMALL_FILE_MAX_BYTES)
  }

  #addTimeEntry(): void {
    this.timeIndex.maybeAppend(this.maxTimestampMs, this.offsetOfMaxTimestamp - this.baseOffset)
  }

  #loadOffsetIndex(): OffsetIndex {
    const bytes = readSmallFile(this.#files.disk, this.path('index'))
    return (bytes === null ? null : OffsetIndex.decode(bytes, this.endPosition)) ?? new OffsetIndex()
  }
}

function replaceContents(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, 'write')
  try {
    disk.truncate(file, 0)
    if (bytes.length > 0) disk.pwritev(file, [bytes], 0)
  } finally {
    disk.close(file)
  }
}
