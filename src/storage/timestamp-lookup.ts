import { readLeaderEpoch } from '../protocol/record-batch.ts'
import type { DecodedRecord } from '../protocol/records/batch-record.ts'
import { type Decompress, decodeRecords } from '../protocol/records/decode-records.ts'
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
        record => record.timestampMs >= timestampMs && record.offset >= fromOffset,
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
  matches: (record: DecodedRecord) => boolean,
): { match: TimestampOffset | null; lastOffset: number } {
  const bytes = segment.readBatch(place)
  const records = decodeRecords(bytes, decompress)
  const leaderEpoch = readLeaderEpoch(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
  const record = records.find(matches)
  const match =
    record === undefined ? null : { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch }
  return { match, lastOffset: records.at(-1)!.offset }
}
