import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Codec, createCodecs } from './codecs.ts'
import { loadNativeBinding } from './load.ts'

const codecs = createCodecs(loadNativeBinding())
const compressed = [Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD]
const text = new TextEncoder().encode('some words, some words again, '.repeat(9000))

/** Vitest's own comparison looks at each byte as a property. */
function expectSame(actual: Uint8Array | null, expected: Uint8Array): void {
  expect(actual !== null && Buffer.compare(actual, expected) === 0).toBe(true)
}

describe.each(compressed)('codec %i', codec => {
  test.each([0, 1, 100, 32_768, 65_536, 65_537, 270_000])('CMP-1: %i bytes come back', size => {
    const plain = text.subarray(0, size)
    expectSame(codecs.decompress(codec, codecs.compress(codec, plain), size), plain)
  })

  test('CMP-6: one byte over the limit is refused', () => {
    const small = codecs.compress(codec, text)
    expect(codecs.decompress(codec, small, text.length - 1)).toBeNull()
  })

  test('CMP-6: cut short or followed by something: null', () => {
    const small = codecs.compress(codec, text.subarray(0, 3000))
    for (let size = 0; size < small.length; size += 1) {
      const part = codecs.decompress(codec, small.subarray(0, size), 3000)
      // A frame of xerial has no end mark: cut between blocks it is whole, and empty.
      if (part !== null) expect([codec, size, part.length]).toEqual([Codec.SNAPPY, 16, 0])
    }
    expect(codecs.decompress(codec, Buffer.concat([small, Buffer.from([1, 2, 3])]), 4000)).toBeNull()
  })
})

test('CMP-1: gzip is what zlib reads and writes, several members too', () => {
  expectSame(gunzipSync(codecs.compress(Codec.GZIP, text)), text)
  const twice = Buffer.concat([gzipSync(text), gzipSync(text)])
  expect(codecs.decompress(Codec.GZIP, twice, 2 * text.length)).toHaveLength(2 * text.length)
})

test('CMP-2: snappy is written in xerial frames of 32 KiB blocks and read raw as well', () => {
  const framed = codecs.compress(Codec.SNAPPY, text.subarray(0, 40_000))
  expect([...framed.subarray(0, 16)]).toEqual([0x82, 83, 78, 65, 80, 80, 89, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const blockSize = new DataView(framed.buffer).getUint32(16)
  const first = codecs.decompress(Codec.SNAPPY, framed.subarray(20, 20 + blockSize), 40_000)
  expect(first).toEqual(text.subarray(0, 32_768))
})

test('CMP-2: a xerial block length beyond the bytes there are is refused (CVE-2023-34455)', () => {
  const framed = codecs.compress(Codec.SNAPPY, text.subarray(0, 100))
  for (const length of [0x7fffffff, 0x80000000, 0xffffffff, 0]) {
    new DataView(framed.buffer).setUint32(16, length)
    expect(codecs.decompress(Codec.SNAPPY, framed, 1000)).toBeNull()
  }
  const claimsFourGigabytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0)
  expect(codecs.decompress(Codec.SNAPPY, claimsFourGigabytes, 2 ** 40)).toBeNull()
})

test('CMP-3: lz4 is a frame of independent 64 KiB blocks without content checksum', () => {
  const frame = codecs.compress(Codec.LZ4, text)
  const view = new DataView(frame.buffer)
  expect(view.getUint32(0, true)).toBe(0x184d2204)
  const flags = frame[4]!
  expect([flags >> 6, (flags >> 5) & 1, (flags >> 2) & 1]).toEqual([1, 1, 0])
  expect((frame[5]! >> 4) & 7).toBe(4)
})

test("CMP-4: levels are Kafka's, and others a mistake", () => {
  const sizes = [1, 9, 12, 17].map(level => codecs.compress(Codec.LZ4, text, level).length)
  expect(sizes.every(size => size > 0)).toBe(true)
  for (const level of [-131072, -5, 0, 3, 22]) {
    expectSame(codecs.decompress(Codec.ZSTD, codecs.compress(Codec.ZSTD, text, level), text.length), text)
  }
  expect(() => codecs.compress(Codec.GZIP, text, 0)).toThrow('level')
  expect(() => codecs.compress(Codec.ZSTD, text, 23)).toThrow('level')
  expect(() => codecs.compress(Codec.SNAPPY, text, 1)).toThrow('level')
})

test('CMP-6: a zstd frame that wants a window beyond 128 MiB is refused', () => {
  // Frame header of RFC 8878: magic, descriptor without content size, window descriptor, an empty last raw block.
  const frame = (windowLog: number) =>
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 1, 0, 0)
  expect(codecs.decompress(Codec.ZSTD, frame(27), 10)).toEqual(new Uint8Array(0))
  expect(codecs.decompress(Codec.ZSTD, frame(28), 10)).toBeNull()
})
