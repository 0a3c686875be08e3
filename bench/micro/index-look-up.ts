import { OffsetIndex } from '../../src/storage/offset-index.ts'
import { cpuUsPerCall, printLine } from './measure.ts'

const CALLS = 2_000
const BATCH_BYTES = 4096
/** Of a segment of 1 MB, 64 MB and 1 GiB. */
const ENTRIES = [256, 16_384, 262_144]

/** A look-up in the index of a segment beside a walk through its entries from the start. */
export function benchIndexLookUp(): void {
  for (const count of ENTRIES) {
    const index = new OffsetIndex()
    const offsets = new Int32Array(count)
    for (let slot = 0; slot < count; slot += 1) {
      offsets[slot] = 10 * slot
      index.append(10 * slot, BATCH_BYTES * slot, 10 * slot - 9)
    }
    const wanted = 10 * Math.floor(count / 2) + 5
    if (index.positionFor(wanted) !== linear(offsets, wanted)) throw new Error('the two look-ups differ')
    const us = cpuUsPerCall(() => index.positionFor(wanted), CALLS)
    const linearUs = cpuUsPerCall(() => linear(offsets, wanted), CALLS)
    printLine(`look-up among ${count} index entries`, us, 'one after the other', linearUs)
  }
}

function linear(offsets: Int32Array, wanted: number): number {
  let slot = 0
  while (slot + 1 < offsets.length && offsets[slot + 1]! <= wanted) slot += 1
  return BATCH_BYTES * slot
}
