import { assert } from '../../base/assert.ts'
import type { Disk, DiskQueue } from '../../base/disk.ts'
import type { DiskJobs } from '../disk-jobs.ts'
import type { LateSyncs } from '../late-syncs.ts'
import type { Log } from '../log.ts'
import type { Segment } from '../segment.ts'
import { type Journal, JournalFiles } from './journal-files.ts'
import { encodeRecordHead, type JournalRange } from './journal-record.ts'

/** One segment on its own is synced as soon as the journal is. */
const SEGMENTS_MIN = 2
/** Larger groups are worth a sync of each segment: what is journaled is written twice. */
const GROUP_MAX_BYTES = 4 * 1024 * 1024
/** And so are groups of more bytes than this for each segment: the sync costs no more than to write them once more. */
const SEGMENT_MEAN_MAX_BYTES = 32 * 1024
/**
 * A journal is full with so many bytes for each segment in it, if that is more than the least it holds. The syncs of
 * the segments disturb the group commits meanwhile: few bytes each keep that short, too few make it frequent.
 */
const JOURNAL_SEGMENT_BYTES = 512 * 1024
const JOURNAL_MIN_BYTES = 8 * 1024 * 1024
/** How many groups go without it when the disk had no room for it. */
const REFUSED_GROUPS = 1_000
const ROW_LENGTH = 3

/** A segment with bytes that are not safe yet. */
export interface DirtySegment {
  readonly log: Log
  readonly segment: Segment
}

export interface GroupJournalPorts {
  readonly disk: Disk
  /** Of the late thread, as `lateSyncs`. */
  readonly jobs: DiskJobs
  readonly lateSyncs: LateSyncs
  readonly directoryPath: string
  /** When a journal has so many, or fewer for few segments, they are synced, and the next one is begun; 0 for none. */
  readonly maxBytes: number
  readonly onFailure: (code: string) => void
}

/**
 * Makes a group commit of many segments with one sync: their new bytes are gathered in one file, and the segments
 * themselves are synced once for many groups, when that file is full. A start after a crash puts the bytes back
 * (replayJournals). Two files at most hold anything; while there is room in none, segments are synced one by one.
 */
export class GroupJournal {
  readonly #ports: GroupJournalPorts
  readonly #files: JournalFiles
  #current: Journal | null = null
  /** Full; needed until its segments are synced. */
  #retiring: Journal | null = null
  #refusedGroups = 0

  constructor(ports: GroupJournalPorts) {
    this.#ports = ports
    const { disk, directoryPath, jobs, onFailure } = ports
    const onRefused = () => this.refused()
    this.#files = new JournalFiles({ disk, directoryPath, jobs, onRefused, onFailure })
  }

  /**
   * The rows of `DiskQueue.gather` for this group, to be submitted at once; null when it is none for the journal, or
   * there is no journal with room. Then one is made for later groups. StorageError when a segment can't be opened.
   */
  rowsFor(group: readonly DirtySegment[]): Float64Array | null {
    return this.#takes(group) ? rowsOf(group) : null
  }

  #takes(group: readonly DirtySegment[]): boolean {
    const { maxBytes } = this.#ports
    if (group.length < SEGMENTS_MIN || maxBytes === 0) return false
    if (this.#refusedGroups > 0) {
      this.#refusedGroups -= 1
      return false
    }
    const sizeBytes = group.reduce((sum, { segment }) => sum + segment.unsafeSizeBytes, 0)
    if (sizeBytes > Math.min(GROUP_MAX_BYTES, group.length * SEGMENT_MEAN_MAX_BYTES)) return false
    if (this.#current !== null && isFull(this.#current, maxBytes)) this.retire()
    this.#current ??= this.#files.take()
    return this.#current !== null && !isFull(this.#current, maxBytes)
  }

  /** Asks `queue` for the write and sync of a group that has `rows`. */
  submit(queue: DiskQueue, group: readonly DirtySegment[], rows: Float64Array, ticket: number): void {
    const journal = this.#current
    assert(journal !== null, 'rowsFor() was asked')
    const ranges = group.map(rangeOf)
    for (const { log, segment } of group) journal.segments.set(segment, log)
    const head = encodeRecordHead(journal.number, journal.recordCount, ranges)
    queue.gather(journal.file, journal.sizeBytes, head, rows, ticket)
    journal.recordCount += 1
    journal.sizeBytes += ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, head.length)
  }

  /** The disk had no room for a group. */
  refused(): void {
    this.#refusedGroups = REFUSED_GROUPS
    if (this.#current !== null) this.#current.isTorn = true
    this.retire()
  }

  /** Retires it early, when it has so many bytes. */
  retireFrom(sizeBytes: number): void {
    if (this.#current !== null && this.#current.sizeBytes >= sizeBytes) this.retire()
  }

  /** Syncs the segments of the journal that is written, and goes on with another one. Not while one is retiring. */
  retire(): void {
    if (this.#current === null || this.#retiring !== null) return
    const journal = this.#current
    this.#retiring = journal
    this.#current = null
    let left = journal.segments.size
    if (left === 0) this.#retired(journal)
    for (const [segment, log] of journal.segments) {
      this.#ports.lateSyncs.sync(log, segment, () => {
        left -= 1
        if (left === 0) this.#retired(journal)
      })
    }
  }

  /** Behind its thread's end. */
  close(): void {
    this.#files.close()
  }

  #retired(journal: Journal): void {
    this.#retiring = null
    if (journal.isTorn) this.#files.remove(journal)
    else this.#files.recycle(journal)
  }
}

function isFull({ isTorn, sizeBytes, segments }: Journal, maxBytes: number): boolean {
  const enoughBytes = Math.max(JOURNAL_MIN_BYTES, segments.size * JOURNAL_SEGMENT_BYTES)
  return isTorn || sizeBytes >= Math.min(maxBytes, enoughBytes)
}

/** Null when the descriptors don't suffice: one of the first was closed again for one of the last. */
function rowsOf(group: readonly DirtySegment[]): Float64Array | null {
  const rows = new Float64Array(ROW_LENGTH * group.length)
  for (const [index, { segment }] of group.entries()) {
    rows.set([segment.file, segment.safeSizeBytes, segment.unsafeSizeBytes], ROW_LENGTH * index)
  }
  const areOpen = group.every(({ segment }, index) => segment.hasOpen(rows[ROW_LENGTH * index]!))
  return areOpen ? rows : null
}

function rangeOf({ log, segment }: DirtySegment): JournalRange {
  const { topicName, topicId, partitionIndex } = log
  const { baseOffset, safeSizeBytes, unsafeSizeBytes } = segment
  return {
    topicName,
    topicId,
    partitionIndex,
    baseOffset,
    position: safeSizeBytes,
    sizeBytes: unsafeSizeBytes,
  }
}
