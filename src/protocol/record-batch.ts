/**
 * A record batch of magic 2 (KIP-98, KIP-534), big-endian. Base offset, length and leader epoch are outside the CRC:
 * the leader stamps two of them in place (FMT-10).
 *
 * | position | bytes | field                                                                                       |
 * |----------|-------|---------------------------------------------------------------------------------------------|
 * |        0 |     8 | baseOffset                                                                                  |
 * |        8 |     4 | batchLength: bytes after this field                                                         |
 * |       12 |     4 | partitionLeaderEpoch                                                                        |
 * |       16 |     1 | magic, 2                                                                                    |
 * |       17 |     4 | crc: CRC-32C of everything from attributes on                                               |
 * |       21 |     2 | attributes: 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon      |
 * |       23 |     4 | lastOffsetDelta                                                                             |
 * |       27 |     8 | baseTimestamp                                                                               |
 * |       35 |     8 | maxTimestamp                                                                                |
 * |       43 |     8 | producerId, -1 none                                                                         |
 * |       51 |     2 | producerEpoch, -1 none                                                                      |
 * |       53 |     4 | baseSequence, -1 none                                                                       |
 * |       57 |     4 | number of records                                                                           |
 * |       61 |       | records; compressed as a whole when the codec is not 0                                      |
 */
export const RecordBatch = {
  BASE_OFFSET: 0,
  BATCH_LENGTH: 8,
  LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  RECORDS_COUNT: 57,
  HEADER_SIZE_BYTES: 61,
  /** What batchLength does not count: itself and the base offset. */
  LENGTH_OVERHEAD_BYTES: 12,
  /** The CRC covers everything from here to the end. */
  CRC_COVERS_FROM: 21,
  MAGIC_2: 2,
} as const

export const BatchAttributes = {
  CODEC_MASK: 0x07,
  LOG_APPEND_TIME: 0x08,
  TRANSACTIONAL: 0x10,
  CONTROL: 0x20,
  DELETE_HORIZON: 0x40,
} as const

/** CRC-32C of `bytes`, continued from `seed` (0 to begin); the addon's, or any other. */
export type Crc32c = (bytes: Uint8Array, seed: number) => number

/** True for the batch of an idempotent producer, whose batches have to come in their order. */
export function hasProducerId(batch: Uint8Array): boolean {
  return batch.length >= RecordBatch.HEADER_SIZE_BYTES && batch[RecordBatch.PRODUCER_ID]! < 0x80
}

const TWO_TO_32 = 0x1_0000_0000

/** An int64 as a number; one beyond 2^53 loses its low bits (only timestamps that mean nothing are that large). */
export function readInt64(view: DataView, position: number): number {
  return view.getInt32(position) * TWO_TO_32 + view.getUint32(position + 4)
}

export function writeInt64(view: DataView, position: number, value: number): void {
  view.setInt32(position, Math.floor(value / TWO_TO_32))
  view.setUint32(position + 4, value >>> 0)
}

// Each reader takes the position of the batch's first byte; the caller knows that the header is there.

export function readBaseOffset(view: DataView, batch: number): number {
  return readInt64(view, batch + RecordBatch.BASE_OFFSET)
}

/** The whole batch, base offset and length field included. */
export function readBatchSizeBytes(view: DataView, batch: number): number {
  return view.getInt32(batch + RecordBatch.BATCH_LENGTH) + RecordBatch.LENGTH_OVERHEAD_BYTES
}

export function readLeaderEpoch(view: DataView, batch: number): number {
  return view.getInt32(batch + RecordBatch.LEADER_EPOCH)
}

export function readMagic(view: DataView, batch: number): number {
  return view.getInt8(batch + RecordBatch.MAGIC)
}

export function readAttributes(view: DataView, batch: number): number {
  return view.getInt16(batch + RecordBatch.ATTRIBUTES)
}

export function readLastOffsetDelta(view: DataView, batch: number): number {
  return view.getInt32(batch + RecordBatch.LAST_OFFSET_DELTA)
}

export function readLastOffset(view: DataView, batch: number): number {
  return readBaseOffset(view, batch) + readLastOffsetDelta(view, batch)
}

export function readBaseTimestamp(view: DataView, batch: number): number {
  return readInt64(view, batch + RecordBatch.BASE_TIMESTAMP)
}

export function readMaxTimestamp(view: DataView, batch: number): number {
  return readInt64(view, batch + RecordBatch.MAX_TIMESTAMP)
}

export function readRecordsCount(view: DataView, batch: number): number {
  return view.getInt32(batch + RecordBatch.RECORDS_COUNT)
}

/** What the leader gives a batch (FMT-10): outside the CRC, so that nothing else changes. */
export function stampPlace(bytes: Uint8Array, baseOffset: number, leaderEpoch: number): void {
  writeUint32(bytes, RecordBatch.BASE_OFFSET, Math.floor(baseOffset / TWO_TO_32))
  writeUint32(bytes, RecordBatch.BASE_OFFSET + 4, baseOffset >>> 0)
  writeUint32(bytes, RecordBatch.LEADER_EPOCH, leaderEpoch)
}

/** Byte by byte: on the way of every batch a DataView of its own costs more than all it is used for. */
function writeUint32(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = value >>> 24
  bytes[position + 1] = value >>> 16
  bytes[position + 2] = value >>> 8
  bytes[position + 3] = value
}

/**
 * Gives the batch that fills `bytes` the time of its append (FMT-9): all its records then have `timestampMs`, whatever
 * their own deltas say, which stay as they are.
 */
export function stampLogAppendTime(bytes: Uint8Array, timestampMs: number, crc32c: Crc32c): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setInt16(RecordBatch.ATTRIBUTES, readAttributes(view, 0) | BatchAttributes.LOG_APPEND_TIME)
  writeInt64(view, RecordBatch.MAX_TIMESTAMP, timestampMs)
  view.setUint32(RecordBatch.CRC, crc32c(bytes.subarray(RecordBatch.CRC_COVERS_FROM), 0))
}
