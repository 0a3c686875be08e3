import type { DirectoryEntry } from '../base/disk.ts'

const OFFSET_DIGITS = 20
const SEGMENT_FILE = /^(\d{20})\.(.+)$/

/** The name of a segment's file: its base offset in 20 digits, and what kind of file it is. */
export function segmentFileName(baseOffset: number, extension: string): string {
  return `${String(baseOffset).padStart(OFFSET_DIGITS, '0')}.${extension}`
}

/** A file whose name begins with an offset. */
export interface SegmentFile {
  readonly name: string
  readonly offset: number
  /** All behind the offset: `log`, `index.swap`. */
  readonly extension: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

/** By their names, so that those of one offset stand together and offsets rise. */
export function segmentFilesOf(entries: readonly DirectoryEntry[]): SegmentFile[] {
  return entries.flatMap(({ name, isDirectory, sizeBytes, modifiedAtMs }) => {
    const match = isDirectory ? null : SEGMENT_FILE.exec(name)
    if (match === null) return []
    return [{ name, offset: Number(match[1]), extension: match[2]!, sizeBytes, modifiedAtMs }]
  })
}
