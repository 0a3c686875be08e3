import { assert } from '../base/assert.ts'
import type { NativeBinding } from './load.ts'

/** Bits 0-2 of a batch's attributes (CMP-1). */
export const Codec = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const
export type Codec = (typeof Codec)[keyof typeof Codec]

interface LevelRange {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** As Kafka's `compression.<codec>.level` (KIP-390, CMP-4); gzip's -1 is zlib's own choice, 0 is not allowed. */
const CodecLevel: ReadonlyMap<Codec, LevelRange> = new Map<Codec, LevelRange>([
  [Codec.GZIP, { min: -1, max: 9, default: -1 }],
  [Codec.LZ4, { min: 1, max: 17, default: 9 }],
  [Codec.ZSTD, { min: -131072, max: 22, default: 3 }],
])

export interface Codecs {
  /**
   * One-shot, on the caller's thread. Snappy is written in xerial's frame of 32 KiB blocks (CMP-2), lz4 as a frame of
   * independent 64 KiB blocks without content checksum (CMP-3). `level` only where `CodecLevel` has a row.
   */
  compress(codec: Codec, bytes: Uint8Array, level?: number): Uint8Array
  /**
   * Reads raw snappy too. Answers null for garbage, for bytes behind the end, and when the output would be longer than
   * `maxBytes` (CMP-6); memory is bounded by what was decompressed so far, never by what the input claims.
   */
  decompress(codec: number, bytes: Uint8Array, maxBytes: number): Uint8Array | null
}

export function createCodecs(binding: NativeBinding): Codecs {
  return {
    compress: (codec, bytes, level) => binding.compress(codec, checkedLevel(codec, level), bytes),
    decompress(codec, bytes, maxBytes) {
      assert(Number.isSafeInteger(maxBytes) && maxBytes >= 0, `maxBytes ${maxBytes}`)
      if (codec < Codec.NONE || codec > Codec.ZSTD) return null
      return binding.decompress(codec, bytes, maxBytes)
    },
  }
}

function checkedLevel(codec: Codec, level: number | undefined): number {
  const range = CodecLevel.get(codec)
  if (range === undefined) {
    assert(level === undefined, `codec ${codec} has no levels`)
    return 0
  }
  const chosen = level ?? range.default
  assert(Number.isInteger(chosen) && chosen >= range.min && chosen <= range.max, `level ${chosen}`)
  assert(codec !== Codec.GZIP || chosen !== 0, 'gzip has no level 0')
  return chosen
}
