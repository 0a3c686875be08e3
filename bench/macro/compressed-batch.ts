import { mkdirSync, writeFileSync } from 'node:fs'
import { Codec, createCodecs } from '../../src/native/codecs.ts'
import { createCrc32c } from '../../src/native/crc32c.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { encodeRecordBatch } from '../../src/protocol/records/encode-record-batch.ts'
import type { Cell } from './cell.ts'
import { logRecords } from './log-lines.ts'

const DIRECTORY = 'build/bench/batches'
const CODECS = { none: Codec.NONE, lz4: Codec.LZ4, zstd: Codec.ZSTD }

/** A batch of log lines for the load generator, which compresses nothing itself; answers the path. */
export function writeCompressedBatch(cell: Cell): string {
  const path = `${DIRECTORY}/${cell.recordsPerBatch}x${cell.recordBytes}.${cell.compression}`
  const binding = loadNativeBinding()
  const codec = CODECS[cell.compression]
  const batch = encodeRecordBatch(
    {
      baseOffset: 0,
      records: logRecords(cell.recordsPerBatch, cell.recordBytes).map(value => ({
        timestampMs: 0,
        key: null,
        value,
        headers: [],
      })),
      attributes: codec,
      compress: records => createCodecs(binding).compress(codec, records),
    },
    createCrc32c(binding),
  )
  mkdirSync(DIRECTORY, { recursive: true })
  writeFileSync(path, batch)
  return path
}
