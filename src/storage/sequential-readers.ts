import type { Segment } from './segment.ts'

/** How far the disk is read ahead of a reader: what the slowest clients take in a second, and fast ones in 10 ms. */
const WINDOW_BYTES = 8 * 1024 * 1024
const READERS_MAX = 8

interface Reader {
  segment: Segment
  position: number
  endPosition: number
  /** The disk was asked for everything before it. */
  aheadPosition: number
}

/** Reads a range ahead; false when there is no room for it now. */
export type ReadAhead = (segment: Segment, position: number, endPosition: number) => boolean

/** Those that read a log one range after the other, told apart by where their last range ended. */
export class SequentialReaders {
  #readers: Reader[] = []

  /** A range was read. Behind one that goes on where another ended, `readAhead` is asked for what follows. */
  note(segment: Segment, position: number, endPosition: number, readAhead: ReadAhead): void {
    const isIt = (reader: Reader) =>
      reader.segment === segment && (reader.endPosition === position || reader.position === position)
    const reader = this.#readers.find(isIt)
    if (reader === undefined) {
      this.#readers = this.#readers.slice(1 - READERS_MAX)
      this.#readers.push({ segment, position, endPosition, aheadPosition: endPosition })
      return
    }
    const goesOn = reader.endPosition === position
    reader.position = position
    reader.endPosition = endPosition
    reader.aheadPosition = Math.max(reader.aheadPosition, endPosition)
    if (goesOn) extend(reader, readAhead)
  }
}

function extend(reader: Reader, readAhead: ReadAhead): void {
  const { segment, endPosition, aheadPosition } = reader
  if (aheadPosition - endPosition >= WINDOW_BYTES / 2) return
  const windowEnd = Math.min(endPosition + WINDOW_BYTES, segment.writtenSizeBytes)
  if (windowEnd <= aheadPosition) return
  if (readAhead(segment, aheadPosition, windowEnd)) reader.aheadPosition = windowEnd
}
