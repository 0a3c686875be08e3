import { Reader } from '../../protocol/reader.ts'
import type { Crc32c } from '../../protocol/record-batch.ts'
import { Writer } from '../../protocol/writer.ts'

/**
 * One group commit in the group journal. Big-endian; `DiskQueue.gather` fills in the CRC and appends the bytes.
 *
 * | position | bytes | field                                                              |
 * |----------|-------|--------------------------------------------------------------------|
 * |        0 |     4 | magic: OGJ and the version, 1                                      |
 * |        4 |     4 | CRC-32C of everything behind this field                            |
 * |        8 |     4 | size of the record, all of it                                      |
 * |       12 |     4 | number of the journal, as in its file's name                       |
 * |       16 |     4 | index of the record in the journal                                 |
 * |       20 |     4 | number of ranges                                                   |
 * |       24 |       | ranges                                                             |
 * |          |       | the bytes of all ranges, one after another                         |
 *
 * A range is the topic's name (uvarint of its length and one, UTF-8), its id (16), partition (4), the base offset of
 * the segment (8), the position in it (4), and the number of bytes (4).
 */
const MAGIC = 0x4f474a01
const SIZE_POSITION = 8
const CRC_POSITION = 4
const CRC_COVERS_FROM = 8
const HEADER_SIZE_BYTES = 24
/** Of a range with an empty name. */
const RANGE_MIN_BYTES = 37

/** Bytes of a segment that a group commit made safe. */
export interface JournalRange {
  readonly topicName: string
  readonly topicId: string
  readonly partitionIndex: number
  readonly baseOffset: number
  readonly position: number
  readonly sizeBytes: number
}

export interface JournaledBytes extends JournalRange {
  readonly bytes: Uint8Array
}

/** Everything of the record but the bytes of its ranges. */
export function encodeRecordHead(
  journalNumber: number,
  recordIndex: number,
  ranges: readonly JournalRange[],
): Uint8Array {
  const writer = new Writer(HEADER_SIZE_BYTES + ranges.length * 2 * RANGE_MIN_BYTES)
  for (const value of [MAGIC, 0, 0, journalNumber, recordIndex, ranges.length]) writer.int32(value)
  let payloadBytes = 0
  for (const range of ranges) {
    writer.string(range.topicName, true)
    writer.uuid(range.topicId)
    writer.int32(range.partitionIndex)
    writer.int64(range.baseOffset)
    writer.int32(range.position)
    writer.int32(range.sizeBytes)
    payloadBytes += range.sizeBytes
  }
  writer.view.setInt32(SIZE_POSITION, writer.position + payloadBytes)
  return writer.finish()
}

/** The records of a journal up to the first that is not whole, such as one that a crash cut. */
export function* decodeJournal(
  bytes: Uint8Array,
  journalNumber: number,
  crc32c: Crc32c,
): Generator<readonly JournaledBytes[]> {
  let position = 0
  for (let recordIndex = 0; ; recordIndex += 1) {
    const record = recordAt(bytes, position, crc32c)
    if (record === null) return
    const reader = new Reader(record, CRC_COVERS_FROM + 4)
    if (reader.int32() !== journalNumber || reader.int32() !== recordIndex) return
    yield decodeRanges(record, reader)
    position += record.length
  }
}

/** Null when there is no whole record. */
function recordAt(bytes: Uint8Array, position: number, crc32c: Crc32c): Uint8Array | null {
  if (bytes.length - position < HEADER_SIZE_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, HEADER_SIZE_BYTES)
  const sizeBytes = view.getInt32(SIZE_POSITION)
  const isWhole = sizeBytes >= HEADER_SIZE_BYTES && sizeBytes <= bytes.length - position
  if (view.getUint32(0) !== MAGIC || !isWhole) return null
  const record = bytes.subarray(position, position + sizeBytes)
  return crc32c(record.subarray(CRC_COVERS_FROM), 0) === view.getUint32(CRC_POSITION) ? record : null
}

/** The CRC is right: what stands here is what was written. */
function decodeRanges(record: Uint8Array, reader: Reader): JournaledBytes[] {
  const ranges: JournalRange[] = []
  for (let left = reader.arrayLength(false, RANGE_MIN_BYTES); left > 0; left -= 1) {
    ranges.push({
      topicName: reader.string(true),
      topicId: reader.uuid(),
      partitionIndex: reader.int32(),
      baseOffset: reader.int64(),
      position: reader.int32(),
      sizeBytes: reader.int32(),
    })
  }
  return ranges.map(range => {
    const start = reader.take(range.sizeBytes)
    return { ...range, bytes: record.subarray(start, start + range.sizeBytes) }
  })
}
