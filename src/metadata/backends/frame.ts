import type { MetadataRecord } from '../metadata-record.ts'

export type Crc32c = (bytes: Uint8Array, seed: number) => number

/**
 * A frame holds the records of one append:
 *
 * | position | field | bytes |
 * |---|---|---|
 * | 0 | size of the payload in bytes, uint32 | 4 |
 * | 4 | CRC-32C of everything behind it, uint32 | 4 |
 * | 8 | sequence number of the append, float64 (a whole number, rising by one) | 8 |
 * | 16 | payload: a JSON array of records, UTF-8 | |
 */
const FRAME_HEADER_SIZE_BYTES = 16
const CRC_START = 8
const PAYLOAD_MAX_BYTES = 16 * 1024 * 1024

export interface Frame {
  readonly sequence: number
  readonly records: readonly MetadataRecord[]
  readonly sizeBytes: number
}

export function encodeFrame(
  sequence: number,
  records: readonly MetadataRecord[],
  crc32c: Crc32c,
): Uint8Array {
  const payload = new TextEncoder().encode(JSON.stringify(records))
  const frame = new Uint8Array(FRAME_HEADER_SIZE_BYTES + payload.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, payload.length)
  view.setFloat64(CRC_START, sequence)
  frame.set(payload, FRAME_HEADER_SIZE_BYTES)
  view.setUint32(4, crc32c(frame.subarray(CRC_START), 0) >>> 0)
  return frame
}

/** The frame at `position`, or null when there is no whole and sound one. */
export function decodeFrame(bytes: Uint8Array, position: number, crc32c: Crc32c): Frame | null {
  if (position + FRAME_HEADER_SIZE_BYTES > bytes.length) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const payloadSizeBytes = view.getUint32(position)
  const end = position + FRAME_HEADER_SIZE_BYTES + payloadSizeBytes
  if (payloadSizeBytes < 2 || payloadSizeBytes > PAYLOAD_MAX_BYTES || end > bytes.length) return null
  const covered = bytes.subarray(position + CRC_START, end)
  if (crc32c(covered, 0) >>> 0 !== view.getUint32(position + 4)) return null
  const payload = bytes.subarray(position + FRAME_HEADER_SIZE_BYTES, end)
  return {
    sequence: view.getFloat64(position + CRC_START),
    records: JSON.parse(new TextDecoder().decode(payload)) as MetadataRecord[],
    sizeBytes: end - position,
  }
}
