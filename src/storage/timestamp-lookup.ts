import { StorageError } from '../base/storage-error.ts'
import { BatchAttributes, readAttributes, readLastOffset, readLeaderEpoch } from '../protocol/record-batch.ts'
import { findRecord } from '../protocol/records/decode-records.ts'
import { MalformedBatchError } from '../protocol/records/malformed-batch-error.ts'
import type { BatchPlace } from './batch-finder.ts'
import type { BatchNative } from './batch-native.ts'
import { ColdBytes } from './cold-bytes.ts'
import type { LogReader } from './log-reader.ts'
import type { LookupTurns } from './lookup-turns.ts'
import type { Segment } from './segment.ts'

/** A plain batch up to this size is looked through on the loop: a worker would cost more. */
const INLINE_MAX_BYTES = 16 * 1024

export interface TimestampOffset {
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

export interface TimestampLookupPorts {
  readonly segments: readonly Segment[]
  readonly reader: LogReader
  readonly batchNative: BatchNative
  readonly turns: LookupTurns
  readonly logStartOffset: () => number
  readonly isOffline: () => boolean
}

/** What a search by time is after. */
interface Sought {
  readonly timestampMs: number
  readonly fromOffset: number
}

/**
 * Finds records by their timestamps. The disk is read and batches are decompressed by threads; between two batches the
 * loop is free. StorageError when the disk fails, MalformedBatchError for a batch that makes no sense.
 */
export class TimestampLookup {
  readonly #ports: TimestampLookupPorts

  constructor(ports: TimestampLookupPorts) {
    this.#ports = ports
  }

  /** The first record at or behind the log's start whose timestamp is at least `timestampMs`. */
  async find(timestampMs: number): Promise<TimestampOffset | null> {
    const sought = { timestampMs, fromOffset: this.#ports.logStartOffset() }
    for (const segment of [...this.#ports.segments]) {
      if (segment.writtenMaxTimestampMs < timestampMs) continue
      const found = await this.#findIn(segment, sought)
      if (found !== null) return found
    }
    return null
  }

  /** The record with the largest timestamp, the first of several. */
  async findMax(): Promise<TimestampOffset | null> {
    const max = this.#ports.segments.reduce(
      (most, segment) => Math.max(most, segment.writtenMaxTimestampMs),
      -1,
    )
    return max < 0 ? null : this.find(max)
  }

  async #findIn(segment: Segment, sought: Sought): Promise<TimestampOffset | null> {
    let { fromOffset } = sought
    while (true) {
      const offset = fromOffset
      const place = await this.#warmed(segment, () => segment.locateTimestamp(sought.timestampMs, offset))
      if (place === null) return null
      const found = await this.#firstRecord(segment, place, sought)
      if (found === null) return null
      if (found.match !== null) return found.match
      fromOffset = found.lastOffset + 1
    }
  }

  async #firstRecord(
    segment: Segment,
    place: BatchPlace,
    sought: Sought,
  ): Promise<{ match: TimestampOffset | null; lastOffset: number } | null> {
    await this.#ports.turns.next()
    const bytes = await this.#warmed(segment, () => segment.readBatch(place))
    if (bytes === null) return null
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const record = isSmall(bytes, view)
      ? this.#search(bytes, sought)
      : await this.#searchOnWorker(bytes, sought)
    const match = record === null ? null : { ...record, leaderEpoch: readLeaderEpoch(view, 0) }
    return { match, lastOffset: readLastOffset(view, 0) }
  }

  /** Looks again until nothing is missing. Null for a segment that was removed meanwhile: a look would open it anew. */
  async #warmed<Found>(segment: Segment, look: () => Found | ColdBytes): Promise<Found | null> {
    while (true) {
      if (this.#ports.isOffline()) throw new StorageError('EIO', 'read', segment.path('log'))
      if (!this.#ports.segments.includes(segment)) return null
      const found = look()
      if (!(found instanceof ColdBytes)) return found
      const errno = await this.#ports.reader.warm(segment, found)
      if (errno !== 0) throw new StorageError('EIO', 'read', found.path)
    }
  }

  #search(bytes: Uint8Array, { timestampMs, fromOffset }: Sought) {
    const matches = (offset: number, recordTimestampMs: number) =>
      recordTimestampMs >= timestampMs && offset >= fromOffset
    return findRecord(bytes, this.#ports.batchNative.decompress, matches)
  }

  #searchOnWorker(bytes: Uint8Array, { timestampMs, fromOffset }: Sought) {
    return new Promise<ReturnType<typeof findRecord>>((resolve, reject) => {
      this.#ports.batchNative.findTimestampOnWorker(
        bytes,
        timestampMs,
        fromOffset,
        (reason, offset, found) => {
          if (reason !== 0) reject(new MalformedBatchError(`a batch could not be read: reason ${reason}`))
          else resolve(offset < 0 ? null : { offset, timestampMs: found })
        },
      )
    })
  }
}

function isSmall(bytes: Uint8Array, view: DataView): boolean {
  return bytes.length <= INLINE_MAX_BYTES && (readAttributes(view, 0) & BatchAttributes.CODEC_MASK) === 0
}
