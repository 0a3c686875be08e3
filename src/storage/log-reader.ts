import type { FileRange } from '../base/file-range.ts'
import type { Logger } from '../base/logger.ts'
import type { LogRefusal } from './append-result.ts'
import { ColdBytes } from './cold-bytes.ts'
import type { ColdReads, ColdWaiter } from './cold-reads.ts'
import type { Segment } from './segment.ts'
import { SequentialReaders } from './sequential-readers.ts'

/** Of a cold log one answer takes no more, or one batch: a reader is served soon, the next range comes meanwhile. */
const COLD_ANSWER_MAX_BYTES = 2 * 1024 * 1024

/** What the kernel is asked about at once, and is taken for resident then for a moment. */
const RESIDENT_WINDOW_BYTES = 1024 * 1024

/** What a look at a log waits for. */
export interface ColdRead {
  /** Reads it; `done` is called once, later, unless the answered function is called before. */
  wait(done: ColdWaiter): () => void
  /** Reads it for one who comes again. */
  begin(): void
}

export interface LogRange {
  readonly ok: true
  /** Null when there is nothing to read, or not yet. */
  readonly range: FileRange | null
  /** There is something, on the disk. */
  readonly cold?: ColdRead
  /** There is more behind the range, within what was asked for, on the disk. */
  readonly isCut?: boolean
}

export type ReadResult = LogRange | LogRefusal

export const NOTHING_TO_READ: ReadResult = { ok: true, range: null }

/** Finds what readers ask for in the segments of a log, without ever waiting for the disk. */
export class LogReader {
  readonly #segments: readonly Segment[]
  readonly #coldReads: ColdReads
  readonly #logger: Logger
  #sequential: SequentialReaders | null = null

  constructor(segments: readonly Segment[], coldReads: ColdReads, logger: Logger) {
    this.#segments = segments
    this.#coldReads = coldReads
    this.#logger = logger
  }

  /** See Log.read. StorageError when a batch makes no sense or the disk fails. */
  read(offset: number, maxBytes: number, endOffset: number, minOneBatch: boolean): ReadResult {
    for (let index = this.#indexFor(offset); index < this.#segments.length; index += 1) {
      const segment = this.#segments[index]!
      const place = segment.locate(offset)
      if (place === null) continue
      if (place instanceof ColdBytes) return this.#cold(segment, place)
      const end = endOffset >= segment.writtenEndOffset ? null : segment.locate(endOffset)
      if (end instanceof ColdBytes) return this.#cold(segment, end)
      const limit = end?.position ?? segment.writtenSizeBytes
      const isTooLarge = place.sizeBytes > maxBytes && !minOneBatch
      if (place.position >= limit || isTooLarge) return NOTHING_TO_READ
      const wanted = Math.min(limit, place.position + Math.max(maxBytes, 0))
      return this.#readRange(segment, place.position, place.position + place.sizeBytes, wanted)
    }
    return NOTHING_TO_READ
  }

  /** Of the last segment that begins at or before `offset`; most readers are in the last of all. */
  #indexFor(offset: number): number {
    let index = this.#segments.length - 1
    while (index > 0 && this.#segments[index]!.baseOffset > offset) index -= 1
    return index
  }

  /** Answers when the bytes are in memory, with 0 or the errno of the read. */
  warm(segment: Segment, bytes: ColdBytes): Promise<number> {
    return new Promise(resolve => void this.#cold(segment, bytes).cold.wait(resolve))
  }

  /** From `position` up to the last end of a batch that is not behind `limit`; the first batch always. */
  #readRange(segment: Segment, position: number, firstEnd: number, limit: number): ReadResult {
    const index = segment.coldIndexFor(limit)
    if (index !== null) return this.#cold(segment, index)
    const endPosition = segment.batchEndWithin(firstEnd, limit)
    if (segment.isHot(position)) return rangeOf(segment, position, endPosition)
    if (this.#isResident(segment, position, endPosition)) {
      this.#note(segment, position, endPosition)
      return rangeOf(segment, position, endPosition)
    }
    const coldEnd = segment.batchEndWithin(firstEnd, Math.min(limit, position + COLD_ANSWER_MAX_BYTES))
    this.#note(segment, position, coldEnd)
    if (coldEnd < endPosition && this.#isResident(segment, position, coldEnd)) {
      return { ...rangeOf(segment, position, coldEnd), isCut: true }
    }
    return this.#cold(segment, new ColdBytes(segment.path('log'), position, coldEnd - position))
  }

  /** The kernel is asked about what comes behind as well: most readers go on, and need not ask then. */
  #isResident(segment: Segment, position: number, endPosition: number): boolean {
    if (segment.isWarm(position, endPosition)) return true
    const windowEnd = Math.min(position + RESIDENT_WINDOW_BYTES, segment.writtenSizeBytes)
    if (windowEnd > endPosition && this.#isAtRest(segment, position, windowEnd)) {
      segment.markWarm(position, windowEnd)
      return true
    }
    return this.#isAtRest(segment, position, endPosition)
  }

  #isAtRest(segment: Segment, position: number, endPosition: number): boolean {
    const reads = this.#coldReads
    if (!reads.isIdle && reads.isReading(segment.path('log'), position, endPosition)) return false
    return segment.isResident(position, endPosition)
  }

  #note(segment: Segment, position: number, endPosition: number): void {
    this.#sequential ??= new SequentialReaders()
    this.#sequential.note(segment, position, endPosition, (...range) => this.#readAhead(...range))
  }

  #readAhead(segment: Segment, position: number, endPosition: number): boolean {
    if (segment.isResident(position, endPosition)) return true
    const bytes = new ColdBytes(segment.path('log'), position, endPosition - position)
    return this.#coldReads.ahead(bytes, read => segment.warmed(read))
  }

  #cold(segment: Segment, bytes: ColdBytes): LogRange & { readonly cold: ColdRead } {
    const warmed = (read: ColdBytes) => segment.warmed(read)
    const cold: ColdRead = {
      wait: done => {
        const waiter = (errno: number) => {
          if (errno !== 0) this.#logger.error({ path: bytes.path, errno }, 'a read of the log failed')
          done(errno)
        }
        return this.#coldReads.demand(bytes, warmed, waiter)
      },
      begin: () => void this.#coldReads.ahead(bytes, warmed),
    }
    return { ok: true, range: null, cold }
  }
}

function rangeOf(segment: Segment, position: number, endPosition: number): LogRange {
  return { ok: true, range: segment.range(position, endPosition - position) }
}
