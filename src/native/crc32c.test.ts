import { expect, test } from 'vitest'
import { createCrc32c } from './crc32c.ts'
import { loadNativeBinding } from './load.ts'

const crc32c = createCrc32c(loadNativeBinding())

/** RFC 3720, appendix B.4. */
const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
const known: readonly [string, Uint8Array, number][] = [
  ['nothing', new Uint8Array(0), 0],
  ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['32 ascending', ascending, 0x46dd794e],
  ['32 descending', ascending.toReversed(), 0x113fdb5c],
]

test.each(known)('FMT-1: the CRC-32C of %s', (_, bytes, expected) => {
  expect(crc32c(bytes, 0)).toBe(expected)
})

function bitByBit(bytes: Uint8Array): number {
  let state = 0xffffffff
  for (const byte of bytes) {
    state ^= byte
    for (let bit = 0; bit < 8; bit += 1) state = (state >>> 1) ^ (state & 1 ? 0x82f63b78 : 0)
  }
  return ~state >>> 0
}

test('FMT-1: the stripes join at every length and alignment', () => {
  const bytes = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 2654435761) >>> 24)
  const lengths = [1, 7, 8, 9, 255, 767, 768, 769, 1543, 12_287, 12_288, 12_289, 13_056, 25_000]
  for (const length of lengths) {
    for (const start of [0, 1, 3]) {
      const part = bytes.subarray(start, start + length)
      expect(crc32c(part, 0)).toBe(bitByBit(part))
      const half = length >> 1
      expect(crc32c(part.subarray(half), crc32c(part.subarray(0, half), 0))).toBe(bitByBit(part))
    }
  }
})
