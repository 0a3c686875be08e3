import { assert } from '../../base/assert.ts'

/**
 * Zigzag varints of records (Protocol Buffers' sint32 and sint64) over numbers: whole, and within 2^52 in both
 * directions, which is every timestamp, delta and length there is.
 */
const VALUE_MAX = 2 ** 52

function zigzag(value: number): number {
  assert(Number.isInteger(value) && Math.abs(value) <= VALUE_MAX, `${value} is no varint`)
  return value < 0 ? -2 * value - 1 : 2 * value
}

export function varintSizeBytes(value: number): number {
  let size = 1
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1
  return size
}

/** Answers the position behind what was written. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  let rest = zigzag(value)
  let next = position
  while (rest >= 0x80) {
    bytes[next] = (rest % 0x80) | 0x80
    next += 1
    rest = Math.floor(rest / 0x80)
  }
  bytes[next] = rest
  return next + 1
}
