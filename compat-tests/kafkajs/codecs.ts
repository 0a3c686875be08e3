import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

interface Zstd {
  compress(bytes: Buffer): Buffer
  decompress(bytes: Buffer): Buffer
}

/** kafkajs carries gzip alone; the packages of the others hook in here. */
export function registerCodecs(): void {
  const require = createRequire(import.meta.url)
  const zstd = require('zstd-napi') as Zstd
  const snappy = require('kafkajs-snappy') as () => Codec
  const Lz4 = require('kafkajs-lz4') as { default?: new () => { codec: () => Codec } }
  const { CompressionTypes, CompressionCodecs } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = snappy
  const LZ4 = Lz4.default ?? (Lz4 as unknown as new () => { codec: () => Codec })
  CompressionCodecs[CompressionTypes.LZ4] = new LZ4().codec
  CompressionCodecs[CompressionTypes.ZSTD] = (): Codec => ({
    compress: async ({ buffer }) => zstd.compress(buffer),
    decompress: async buffer => zstd.decompress(buffer),
  })
}
