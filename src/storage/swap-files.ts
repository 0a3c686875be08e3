import type { Disk } from '../base/disk.ts'
import { type SegmentFile, segmentFileName, segmentFilesOf } from './segment-names.ts'

/**
 * What a compaction, or the split of a segment, leaves in a log's directory when a crash interrupts it. New segments
 * are written as `.cleaned` and synced, then renamed to `.swap`, the last one first; the segments they replace become
 * `.deleted`; at last the new ones lose their suffix, `.log` first. So a `.swap` without any `.cleaned` at or before
 * it is whole, and may be all that is left of its records.
 */
const LEFT_BY_CRASH = /\.(deleted|tmp|cleaned|swap)$/
const SEGMENT_EXTENSIONS: ReadonlySet<string> = new Set(['log', 'index', 'timeindex', 'txnindex'])

/** A segment that takes the place of others: `file` is its log, under either name. */
export interface Swap {
  readonly baseOffset: number
  readonly file: SegmentFile
  readonly isRenamed: boolean
}

/**
 * Removes what no start needs, and answers the segments' files that stay. What was already replaced stays as long as a
 * swap is not complete.
 */
export function removeTemporaries(disk: Disk, directoryPath: string): SegmentFile[] {
  const entries = disk.list(directoryPath)
  const files = segmentFilesOf(entries)
  if (!entries.some(({ name }) => LEFT_BY_CRASH.test(name))) return files
  const isHalfDone = halfDoneIn(files)
  const halfDone = files.filter(isHalfDone)
  removeAll(disk, directoryPath, halfDone)
  // Without the `.cleaned` beside it, half of a split would pass for a whole one.
  if (halfDone.length > 0) disk.syncDirectory(directoryPath)
  const kept = files.filter(file => !isHalfDone(file))
  const temporary = kept.some(isSwap) ? /\.(tmp|cleaned)$/ : /\.(tmp|cleaned|deleted)$/
  removeAll(
    disk,
    directoryPath,
    entries.filter(({ name, isDirectory }) => !isDirectory && temporary.test(name)),
  )
  return kept.filter(({ name }) => !temporary.test(name))
}

/** The new segments of a split must all have become `.swap`, and the first one does so last (KAFKA-6264). */
function halfDoneIn(files: readonly SegmentFile[]): (file: SegmentFile) => boolean {
  const cleanedFrom = files.find(({ name }) => name.endsWith('.cleaned'))?.offset ?? Number.POSITIVE_INFINITY
  return file => isSwap(file) && file.offset >= cleanedFrom
}

function isSwap({ name }: SegmentFile): boolean {
  return name.endsWith('.swap')
}

/**
 * The segments that are being swapped in, in the order of their offsets. One whose log has its name already counts as
 * long as another file of it has not. Files that belong to no log are removed.
 */
export function swapsOf(disk: Disk, directoryPath: string, files: readonly SegmentFile[]): Swap[] {
  if (!files.some(isSwap)) return []
  const offsets = new Set(files.filter(isSwap).map(({ offset }) => offset))
  const swaps: Swap[] = []
  for (const baseOffset of offsets) {
    const ofSegment = files.filter(({ offset }) => offset === baseOffset)
    const swapped = ofSegment.find(({ extension }) => extension === 'log.swap')
    const file = swapped ?? ofSegment.find(({ extension }) => extension === 'log')
    if (file !== undefined) swaps.push({ baseOffset, file, isRenamed: swapped === undefined })
    else removeAll(disk, directoryPath, ofSegment.filter(isSwap))
  }
  return swaps
}

/**
 * Puts the swaps into the place of all segments that begin between the first one and `endOffset`, where the last one
 * ends. A crash at any moment leaves what the next start completes: the files that are replaced go first and for good,
 * the `.swap` names last. The indexes are not taken over but built anew, so that nobody depends on their syncs.
 */
export function completeSwaps(
  disk: Disk,
  directoryPath: string,
  files: readonly SegmentFile[],
  swaps: readonly Swap[],
  endOffset: number,
): void {
  removeAll(
    disk,
    directoryPath,
    files.filter(file => isReplaced(file, files, swaps, endOffset)),
  )
  disk.syncDirectory(directoryPath)
  for (const { baseOffset, file, isRenamed } of swaps) {
    if (!isRenamed) rename(disk, directoryPath, file.name, segmentFileName(baseOffset, 'log'))
  }
  for (const { name, offset, extension } of files) {
    if (extension === 'txnindex.swap') rename(disk, directoryPath, name, segmentFileName(offset, 'txnindex'))
  }
  disk.syncDirectory(directoryPath)
  removeAll(
    disk,
    directoryPath,
    files.filter(({ extension }) => extension === 'index.swap' || extension === 'timeindex.swap'),
  )
}

function isReplaced(
  file: SegmentFile,
  files: readonly SegmentFile[],
  swaps: readonly Swap[],
  endOffset: number,
): boolean {
  const { offset, extension } = file
  if (extension.endsWith('.deleted')) return true
  if (!SEGMENT_EXTENSIONS.has(extension)) return false
  const swap = swaps.find(({ baseOffset }) => baseOffset === offset)
  if (swap === undefined) return offset >= swaps[0]!.baseOffset && offset < endOffset
  // What already has its name is of the new segment.
  if (file === swap.file) return false
  if (!swap.isRenamed || extension !== 'txnindex') return true
  return files.some(other => other.offset === offset && other.extension === 'txnindex.swap')
}

function rename(disk: Disk, directoryPath: string, from: string, to: string): void {
  disk.rename(`${directoryPath}/${from}`, `${directoryPath}/${to}`)
}

function removeAll(disk: Disk, directoryPath: string, files: readonly { readonly name: string }[]): void {
  for (const { name } of files) disk.unlink(`${directoryPath}/${name}`)
}
