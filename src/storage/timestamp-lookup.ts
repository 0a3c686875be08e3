import { readLastOffset, readLeaderEpoch } from '../protocol/record-batch.ts'
import { type Decompress, findRecord } from '../protocol/records/decode-records.ts'
import type { BatchPlace } from './batch-finder.ts'
import type { Segment } from './segment.ts'

export interface TimestampOffset {
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

/** The first record at or behind `fromOffset` whose timestamp is at least `timestampMs`. */
export function findTimestamp(
  segments: readonly Segment[],
  timestampMs: number,
  fromOffset: number,
  decompress: Decompress,
): TimestampOffset | null {
  for (const segment of segments) {
    if (segment.writtenMaxTimestampMs < timestampMs) continue
    let offset = fromOffset
    let place = segment.locateTimestamp(timestampMs, offset)
    while (place !== null) {
      const found = firstRecord(
        segment,
        place,
        decompress,
        (offset, recordTimestampMs) => recordTimestampMs >= timestampMs && offset >= fromOffset,
      )
      if (found.match !== null) return found.match
      offset = found.lastOffset + 1
      place = segment.locateTimestamp(timestampMs, offset)
    }
  }
  return null
}

/** The record with the largest timestamp, the first of several. */
export function findMaxTimestamp(
  segments: readonly Segment[],
  fromOffset: number,
  decompress: Decompress,
): TimestampOffset | null {
  const timestampMs = segments.reduce((max, segment) => Math.max(max, segment.writtenMaxTimestampMs), -1)
  return timestampMs < 0 ? null : findTimestamp(segments, timestampMs, fromOffset, decompress)
}

function firstRecord(
  segment: Segment,
  place: BatchPlace,
  decompress: Decompress,
  matches: (offset: number, timestampMs: number) => boolean,
): { match: TimestampOffset | null; lastOffset: number } {
  const bytes = segment.readBatch(place)
  const record = findRecord(bytes, decompress, matches)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const match = record === null ? null : { ...record, leaderEpoch: readLeaderEpoch(view, 0) }
  return { match, lastOffset: readLastOffset(view, 0) }
}
