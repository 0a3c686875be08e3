const POLYNOMIAL = 0x82f63b78
const CRC_POSITION = 4
const CRC_END = 8

/** The bytes that `DiskQueue.gather` writes, made of head and parts. */
export function gatherBytes(head: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, head.length)
  const bytes = new Uint8Array(sizeBytes)
  bytes.set(head)
  let at = head.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  new DataView(bytes.buffer).setUint32(CRC_POSITION, crc32c(bytes.subarray(CRC_END)))
  return bytes
}

/** Bit by bit: the simulation needs no addon for this. */
function crc32c(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL
  }
  return ~crc >>> 0
}
