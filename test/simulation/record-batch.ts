import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

/*
 * A record batch of message format 2:
 *   0 baseOffset int64 | 8 length int32 | 12 partitionLeaderEpoch int32 | 16 magic int8 | 17 crc uint32
 *  21 attributes int16 | 23 lastOffsetDelta int32 | 27 baseTimestamp int64 | 35 maxTimestamp int64
 *  43 producerId int64 | 51 producerEpoch int16 | 53 baseSequence int32 | 57 count int32 | 61 records
 */
const CRC_START = 21
const MAGIC_2 = 2

export interface BatchToWrite {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly timestampMs: number
  readonly values: readonly string[]
}

export interface ReadRecord {
  readonly offset: number
  readonly value: string
}

export function encodeBatch(batch: BatchToWrite, crc32c: (bytes: Uint8Array) => number): Uint8Array {
  const body = new WireWriter().int16(0).int32(batch.values.length - 1)
  body.int64(batch.timestampMs).int64(batch.timestampMs)
  body.int64(batch.producerId).int16(batch.producerEpoch).int32(batch.baseSequence).int32(batch.values.length)
  for (const [index, value] of batch.values.entries()) {
    const record = encodeRecord(index, value)
    body.varint(record.length).raw(record)
  }
  const checked = body.finish()
  const writer = new WireWriter()
    .int64(0)
    .int32(checked.length + CRC_START - 12)
    .int32(-1)
  return writer.int8(MAGIC_2).uint32(crc32c(checked)).raw(checked).finish()
}

function encodeRecord(offsetDelta: number, value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value)
  const writer = new WireWriter().int8(0).varint(0).varint(offsetDelta)
  return writer.varint(-1).varint(bytes.length).raw(bytes).varint(0).finish()
}

/** The records of whole batches; a batch that is cut off at the end is left out, as every client does. */
export function decodeBatches(bytes: Uint8Array): ReadRecord[] {
  const reader = new WireReader(bytes)
  const records: ReadRecord[] = []
  while (reader.leftBytes >= 12) {
    const baseOffset = reader.int64()
    const length = reader.int32()
    if (length > reader.leftBytes) break
    records.push(...decodeBatch(baseOffset, new WireReader(reader.raw(length))))
  }
  return records
}

function decodeBatch(baseOffset: number, reader: WireReader): ReadRecord[] {
  reader.raw(CRC_START - 12 + 36)
  return reader.array(() => {
    reader.varint()
    reader.int8()
    reader.varint()
    const offsetDelta = reader.varint()
    reader.raw(Math.max(0, reader.varint()))
    const value = new TextDecoder().decode(reader.raw(reader.varint()))
    reader.varint()
    return { offset: baseOffset + offsetDelta, value }
  })
}
