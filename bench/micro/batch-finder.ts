import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createCrc32c } from '../../src/native/crc32c.ts'
import { NativeDisk } from '../../src/native/disk.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { encodeRecordBatch } from '../../src/protocol/records/encode-record-batch.ts'
import { BatchFinder, holdsOffset } from '../../src/storage/batch-finder.ts'
import { cpuUsPerCall, printLine } from './measure.ts'

const CALLS = 100_000
const BATCHES = 64

/** Finding a batch behind an index entry with one finder, beside a finder (and so a buffer) for each look. */
export function benchBatchFinder(): void {
  const binding = loadNativeBinding()
  const disk = new NativeDisk(binding)
  const directory = mkdtempSync(`${tmpdir()}/ottla-bench-`)
  const path = `${directory}/segment`
  const file = disk.open(path, 'create')
  try {
    const record = { timestampMs: 0, key: null, value: new Uint8Array(100), headers: [] }
    const batches = Array.from({ length: BATCHES }, (_, baseOffset) =>
      encodeRecordBatch({ baseOffset, records: [record] }, createCrc32c(binding)),
    )
    disk.pwritev(file, batches, 0)
    const readResident = (into: Uint8Array, position: number) => disk.preadResident(file, into, position)
    const bytes = { path: () => path, writtenSizeBytes: BATCHES * batches[0]!.length, readResident }
    const finder = new BatchFinder()
    const us = cpuUsPerCall(() => void finder.find(bytes, 0, holdsOffset(12)), CALLS)
    const eachUs = cpuUsPerCall(() => void new BatchFinder().find(bytes, 0, holdsOffset(12)), CALLS)
    printLine('finding the 13th batch behind an index entry', us, 'with a buffer of its own', eachUs)
  } finally {
    disk.close(file)
    rmSync(directory, { recursive: true })
  }
}
