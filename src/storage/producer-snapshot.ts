import { type Crc32c, readInt64, writeInt64 } from '../protocol/record-batch.ts'
import type { ProducerBatch, ProducerEntry } from './producer-state.ts'

/**
 * The `.snapshot` file: the producers of a partition as they were before the offset in its name. Big-endian.
 *
 * | position | bytes | field                                              |
 * |----------|-------|----------------------------------------------------|
 * |        0 |     2 | version, 1                                         |
 * |        2 |     4 | CRC-32C of everything behind this field            |
 * |        6 |     4 | number of entries                                  |
 * |       10 |       | entries                                            |
 * |          |       | earlier batches, when a producer has some          |
 *
 * An entry has the producer's last batch:
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
 *
 * Kafka's file ends there, and its reader passes over what follows; the CRC covers it. Without the earlier batches a
 * producer that repeats one of them after a restart would be told that its sequence is out of order, and give up.
 *
 * | position | bytes | field                                              |
 * |----------|-------|----------------------------------------------------|
 * |        0 |     4 | magic: OTB and the version, 1                      |
 * |        4 |       | earlier batches, the oldest of a producer first    |
 *
 * An earlier batch:
 *
 * | position | bytes | field                                              |
 * |----------|-------|----------------------------------------------------|
 * |        0 |     4 | index of the producer's entry                      |
 * |        4 |     4 | last sequence                                      |
 * |        8 |     8 | last offset                                        |
 * |       16 |     4 | last offset less base offset                       |
 * |       20 |     8 | timestamp                                          |
 */
const VERSION = 1
const CRC_POSITION = 2
const CRC_COVERS_FROM = 6
const HEADER_SIZE_BYTES = 10
const ENTRY_SIZE_BYTES = 46
const EARLIER_MAGIC = 0x4f544201
const EARLIER_HEADER_SIZE_BYTES = 4
const EARLIER_SIZE_BYTES = 28

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>, crc32c: Crc32c): Uint8Array {
  const producers = [...entries]
  const earlier = producers.flatMap(({ batches }, index) =>
    batches.slice(0, -1).map(batch => ({ index, batch })),
  )
  const earlierSizeBytes =
    earlier.length === 0 ? 0 : EARLIER_HEADER_SIZE_BYTES + earlier.length * EARLIER_SIZE_BYTES
  const earlierPosition = HEADER_SIZE_BYTES + producers.length * ENTRY_SIZE_BYTES
  const bytes = new Uint8Array(earlierPosition + earlierSizeBytes)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, VERSION)
  view.setInt32(CRC_COVERS_FROM, producers.length)
  for (const [index, entry] of producers.entries())
    writeEntry(view, HEADER_SIZE_BYTES + index * ENTRY_SIZE_BYTES, entry)
  if (earlier.length > 0) view.setUint32(earlierPosition, EARLIER_MAGIC)
  for (const [row, { index, batch }] of earlier.entries()) {
    writeEarlier(view, earlierPosition + EARLIER_HEADER_SIZE_BYTES + row * EARLIER_SIZE_BYTES, index, batch)
  }
  view.setUint32(CRC_POSITION, crc32c(bytes.subarray(CRC_COVERS_FROM), 0))
  return bytes
}

/** Null for anything that is not whole: the state is built from an older snapshot or from the log then. */
export function decodeProducerSnapshot(
  bytes: Uint8Array,
  crc32c: Crc32c,
  nowMs: number,
): ProducerEntry[] | null {
  if (bytes.length < HEADER_SIZE_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getInt32(CRC_COVERS_FROM)
  const earlierPosition = HEADER_SIZE_BYTES + count * ENTRY_SIZE_BYTES
  const isWhole = view.getInt16(0) === VERSION && count >= 0 && bytes.length >= earlierPosition
  if (!isWhole || view.getUint32(CRC_POSITION) !== crc32c(bytes.subarray(CRC_COVERS_FROM), 0)) return null
  const earlier = readAllEarlier(view, earlierPosition)
  return Array.from({ length: count }, (_, index) => {
    const at = HEADER_SIZE_BYTES + index * ENTRY_SIZE_BYTES
    return {
      ...readIdentity(view, at),
      batches: readBatches(view, at, earlier.get(index) ?? []),
      lastSeenMs: nowMs,
    }
  })
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

function readIdentity(view: DataView, at: number): { producerId: number; producerEpoch: number } {
  return { producerId: readInt64(view, at), producerEpoch: view.getInt16(at + 8) }
}

function readBatches(
  view: DataView,
  at: number,
  earlier: readonly ProducerBatch[],
): readonly ProducerBatch[] {
  const last = {
    lastSequence: view.getInt32(at + 10),
    lastOffset: readInt64(view, at + 14),
    offsetDelta: view.getInt32(at + 22),
    timestampMs: readInt64(view, at + 26),
  }
  return last.lastOffset < 0 ? [] : [...earlier, last]
}

function writeEarlier(view: DataView, at: number, index: number, batch: ProducerBatch): void {
  view.setInt32(at, index)
  view.setInt32(at + 4, batch.lastSequence)
  writeInt64(view, at + 8, batch.lastOffset)
  view.setInt32(at + 16, batch.offsetDelta)
  writeInt64(view, at + 20, batch.timestampMs)
}

/** By the index of the entry; none in a file of Kafka's. */
function readAllEarlier(view: DataView, position: number): Map<number, ProducerBatch[]> {
  const earlier = new Map<number, ProducerBatch[]>()
  const sizeBytes = view.byteLength - position
  if (sizeBytes < EARLIER_HEADER_SIZE_BYTES || view.getUint32(position) !== EARLIER_MAGIC) return earlier
  const end = view.byteLength - EARLIER_SIZE_BYTES
  for (let at = position + EARLIER_HEADER_SIZE_BYTES; at <= end; at += EARLIER_SIZE_BYTES) {
    const index = view.getInt32(at)
    const batches = earlier.get(index) ?? []
    batches.push({
      lastSequence: view.getInt32(at + 4),
      lastOffset: readInt64(view, at + 8),
      offsetDelta: view.getInt32(at + 16),
      timestampMs: readInt64(view, at + 20),
    })
    earlier.set(index, batches)
  }
  return earlier
}
