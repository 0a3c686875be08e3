import { createCrc32c } from '../../src/native/crc32c.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { cpuUsPerCall, printLine } from './measure.ts'

const POLYNOMIAL = 0x82f63b78
const SIZES_BYTES = [100, 1_000, 16_000, 128_000]
const BYTES_PER_ROUND = 20_000_000
const CALLS_MAX = 100_000

/** The addon, call included, beside a table in JavaScript. */
export function benchCrc32c(): void {
  const native = createCrc32c(loadNativeBinding())
  const table = makeTable()
  for (const sizeBytes of SIZES_BYTES) {
    const bytes = new Uint8Array(sizeBytes).map((_, index) => index)
    const calls = Math.min(CALLS_MAX, Math.ceil(BYTES_PER_ROUND / sizeBytes))
    if (native(bytes, 0) !== byTable(table, bytes)) throw new Error('the two CRCs differ')
    const us = cpuUsPerCall(() => native(bytes, 0), calls)
    const tableUs = cpuUsPerCall(() => byTable(table, bytes), calls)
    printLine(`CRC-32C of ${sizeBytes} B`, us, 'by a table', tableUs)
  }
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL
    return crc
  })
}

function byTable(table: Uint32Array, bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!
  return (crc ^ 0xffffffff) >>> 0
}
