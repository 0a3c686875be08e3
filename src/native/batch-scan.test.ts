import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RecordBatch } from '../protocol/record-batch.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import { SCAN_ROW_LENGTH, ScanRow, ScanStop, scanFile, scanMemory } from './batch-scan.ts'
import { loadNativeBinding } from './load.ts'

const binding = loadNativeBinding()

function batch(baseOffset: number, count: number, valueSize: number): Uint8Array {
  const value = new Uint8Array(valueSize)
  const records = Array.from({ length: count }, (_, i) => ({
    key: null,
    value,
    headers: [],
    timestampMs: 100 + i,
  }))
  const options = {
    baseOffset,
    records,
    leaderEpoch: 3,
    producerId: 9,
    producerEpoch: 1,
    baseSequence: baseOffset,
  }
  return encodeRecordBatch(options, binding.crc32c)
}

const batches = [batch(0, 1, 10), batch(1, 5, 1000), batch(6, 2, 1_500_000), batch(100, 1, 10)]
const log = new Uint8Array(Buffer.concat(batches))
const rowsOf = (rows: Float64Array, place: number, count: number) =>
  Array.from({ length: count }, (_, i) => rows[i * SCAN_ROW_LENGTH + place])

function scan(bytes: Uint8Array, rowsMax = 10) {
  const rows = new Float64Array(rowsMax * SCAN_ROW_LENGTH)
  return { ...scanMemory(binding, bytes, 0, rows), rows }
}

test('REC: every batch has a row, in memory and in a file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-scan-'))
  const path = join(directory, 'log')
  writeFileSync(path, log)
  const file = binding.fileOpen(path, 0)
  const rows = new Float64Array(10 * SCAN_ROW_LENGTH)
  const result = await scanFile(binding, { file, path, position: 0, endPosition: log.length }, rows)
  binding.fileClose(file)
  rmSync(directory, { recursive: true })
  expect(result).toEqual({ rowsCount: 4, nextPosition: log.length, stop: ScanStop.END })
  expect(rowsOf(rows, ScanRow.LAST_OFFSET, 4)).toEqual([0, 5, 7, 100])
  expect(rowsOf(rows, ScanRow.SIZE_BYTES, 4)).toEqual(batches.map(bytes => bytes.length))
  expect([...rows.subarray(13, 26)]).toEqual([
    batches[0]!.length,
    batches[1]!.length,
    1,
    5,
    3,
    104,
    0,
    9,
    1,
    1,
    5,
    4,
    100,
  ])
  const inMemory = scan(log)
  expect(inMemory.rows).toEqual(rows)
})

test('a full row array is continued where it ended', () => {
  const first = scan(log, 3)
  expect(first).toMatchObject({ rowsCount: 3, stop: ScanStop.ROWS_FULL })
  const rest = scanMemory(binding, log.subarray(first.nextPosition), first.nextPosition, first.rows)
  expect(rest).toEqual({ rowsCount: 1, nextPosition: log.length, stop: ScanStop.END })
  expect(first.rows[ScanRow.POSITION]).toBe(first.nextPosition)
})

test('the scan ends at the first batch that is torn, flipped or zero', () => {
  const third = batches[0]!.length + batches[1]!.length
  const torn = log.subarray(0, log.length - 1)
  expect(scan(torn)).toMatchObject({
    rowsCount: 3,
    stop: ScanStop.BAD_BATCH,
    nextPosition: log.length - batches[3]!.length,
  })
  const flipped = log.slice()
  flipped[third + 1_000_000]! ^= 4
  expect(scan(flipped)).toMatchObject({ rowsCount: 2, stop: ScanStop.BAD_BATCH, nextPosition: third })
  const zeros = new Uint8Array(log.length + 4096)
  zeros.set(log)
  expect(scan(zeros)).toMatchObject({ rowsCount: 4, stop: ScanStop.BAD_BATCH, nextPosition: log.length })
})

test('a stale batch behind the tail shows itself by its offset, which the CRC does not cover', () => {
  for (const stale of [batch(100, 1, 10), batch(99, 3, 10), batch(5, 1, 10)]) {
    const result = scan(new Uint8Array(Buffer.concat([log, stale])))
    expect(result).toMatchObject({ rowsCount: 4, stop: ScanStop.BAD_BATCH, nextPosition: log.length })
  }
})

test('a range that ends within a batch does not look behind its end', () => {
  const view = new DataView(log.buffer)
  expect(view.getInt8(RecordBatch.MAGIC)).toBe(2)
  expect(scan(log.subarray(0, 30))).toMatchObject({ rowsCount: 0, stop: ScanStop.BAD_BATCH, nextPosition: 0 })
  expect(scan(new Uint8Array(0))).toMatchObject({ rowsCount: 0, stop: ScanStop.END })
})

test('a file shorter than the range is a bad batch, no error', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-scan-'))
  const path = join(directory, 'log')
  writeFileSync(path, batches[0]!)
  const file = binding.fileOpen(path, 0)
  const rows = new Float64Array(SCAN_ROW_LENGTH * 2)
  const result = await scanFile(binding, { file, path, position: 0, endPosition: 5000 }, rows)
  binding.fileClose(file)
  rmSync(directory, { recursive: true })
  expect(result).toEqual({ rowsCount: 1, nextPosition: batches[0]!.length, stop: ScanStop.BAD_BATCH })
})
