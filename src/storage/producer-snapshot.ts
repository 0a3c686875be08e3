import { type Crc32c, readInt64, writeInt64 } from '../protocol/record-batch.ts'
import type { ProducerEntry } from './producer-state.ts'

/**
 * The `.snapshot` file: the producers of a partition as they were before the offset in its name. Big-endian. Of each
 * producer only the last batch is kept, as in Kafka; earlier duplicates are known again from the log alone.
 *
 * | position | bytes | field                                              |
 * |----------|-------|----------------------------------------------------|
 * |        0 |     2 | version, 1                                         |
 * |        2 |     4 | CRC-32C of everything behind this field            |
 * |        6 |     4 | number of entries                                  |
 * |       10 |       | entries                                            |
 *
 * An entry:
 *
 * | position | bytes | field                                              |
 * |----------|-------|----------------------------------------------------|
 * |        0 |     8 | producerId                                         |
 * |        8 |     2 | producerEpoch                                      |
 * |       10 |     4 | last sequence                                      |
 * |       14 |     8 | last offset                                        |
 * |       22 |     4 | last offset less base offset, of the last batch    |
 * |       26 |     8 | timestamp                                          |
 * |       34 |     4 | coordinator epoch, -1                              |
 * |       38 |     8 | first offset of the open transaction, -1 for none  |
 */
const VERSION = 1
const CRC_POSITION = 2
const CRC_COVERS_FROM = 6
const HEADER_SIZE_BYTES = 10
const ENTRY_SIZE_BYTES = 46

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>, crc32c: Crc32c): Uint8Array {
  const producers = [...entries]
  const bytes = new Uint8Array(HEADER_SIZE_BYTES + producers.length * ENTRY_SIZE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, VERSION)
  view.setInt32(CRC_COVERS_FROM, producers.length)
  for (const [index, entry] of producers.entries()) writeEntry(view, HEADER_SIZE_BYTES + index * ENTRY_SIZE_BYTES, entry)
  view.setUint32(CRC_POSITION, crc32c(bytes.subarray(CRC_COVERS_FROM), 0))
  return bytes
}

/** Null for anything that is not whole: the state is built from an older snapshot or from the log then. */
export function decodeProducerSnapshot(bytes: Uint8Array, crc32c: Crc32c): ProducerEntry[] | null {
  if (bytes.length < HEADER_SIZE_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getInt32(CRC_COVERS_FROM)
  const isWhole = view.getInt16(0) === VERSION && bytes.length === HEADER_SIZE_BYTES + count * ENTRY_SIZE_BYTES
  if (!isWhole || view.getUint32(CRC_POSITION) !== crc32c(bytes.subarray(CRC_COVERS_FROM), 0)) return null
  return Array.from({ length: count }, (_, index) => readEntry(view, HEADER_SIZE_BYTES + index * ENTRY_SIZE_BYTES))
}

function writeEntry(view: DataView, at: number, entry: ProducerEntry): void {
  const last = entry.batches.at(-1)
  writeInt64(view, at, entry.producerId)
  view.setInt16(at + 8, entry.producerEpoch)
  view.setInt32(at + 10, last?.lastSequence ?? -1)
  writeInt64(view, at + 14, last?.lastOffset ?? -1)
  view.setInt32(at + 22, last?.offsetDelta ?? 0)
  writeInt64(view, at + 26, last?.timestampMs ?? -1)
  view.setInt32(at + 34, -1)
  writeInt64(view, at + 38, -1)
}

function readEntry(view: DataView, at: number): ProducerEntry {
  const last = {
    lastSequence: view.getInt32(at + 10),
    lastOffset: readInt64(view, at + 14),
    offsetDelta: view.getInt32(at + 22),
    timestampMs: readInt64(view, at + 26),
  }
  return {
    producerId: readInt64(view, at),
    producerEpoch: view.getInt16(at + 8),
    batches: last.lastOffset < 0 ? [] : [last],
  }
}
