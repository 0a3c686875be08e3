import { expect, test } from 'vitest'
import { SeededRandom } from '../platform/seeded-random.ts'
import { OffsetIndex } from './offset-index.ts'

interface Batch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly position: number
  readonly sizeBytes: number
}

/** Offsets may be missing between two batches, as after a compaction. */
function batchesOf(random: SeededRandom, sizeMaxBytes: number): Batch[] {
  const batches: Batch[] = []
  let position = 0
  let offset = 0
  for (let count = random.below(30); count > 0; count -= 1) {
    const firstOffset = offset + (random.below(4) === 0 ? random.below(3) : 0)
    const lastOffset = firstOffset + random.below(5)
    const sizeBytes = 61 + random.below(sizeMaxBytes)
    batches.push({ firstOffset, lastOffset, position, sizeBytes })
    position += sizeBytes
    offset = lastOffset + 1
  }
  return batches
}

function indexOf(batches: readonly Batch[], intervalBytes: number): OffsetIndex {
  const index = new OffsetIndex()
  let sinceEntry = 0
  let behindLast = 0
  for (const { lastOffset, position, sizeBytes } of batches) {
    if (sinceEntry > intervalBytes) {
      index.append(lastOffset, position, behindLast)
      sinceEntry = 0
    }
    sinceEntry += sizeBytes
    behindLast = lastOffset + 1
  }
  return index
}

test('what is known without a read is the batch that holds the offset, or the first behind it', () => {
  let known = 0
  for (let seed = 0; seed < 300; seed += 1) {
    const random = new SeededRandom(seed)
    const batches = batchesOf(random, 400)
    const index = indexOf(batches, random.below(600))
    const last = batches.at(-1)
    const endOffset = (last?.lastOffset ?? -1) + 1
    const endPosition = last === undefined ? 0 : last.position + last.sizeBytes
    const decoded = OffsetIndex.decode(index.encode(), endPosition)!
    for (let offset = 0; offset < endOffset; offset += 1) {
      const found = index.batchFor(offset, endOffset, endPosition)
      expect(decoded.batchFor(offset, endOffset, endPosition)).toBeNull()
      if (found === null) continue
      known += 1
      const { position, sizeBytes } = batches.find(({ lastOffset }) => lastOffset >= offset)!
      expect(found).toEqual({ position, sizeBytes })
    }
  }
  expect(known).toBeGreaterThan(1000)
})

test('of large batches only the first has no entry, and is not known', () => {
  const batches = [0, 10, 20, 30].map(firstOffset => ({
    firstOffset,
    lastOffset: firstOffset + 9,
    position: 500 * firstOffset,
    sizeBytes: 5000,
  }))
  const index = indexOf(batches, 4096)
  const found = Array.from(
    { length: 41 },
    (_, offset) => index.batchFor(offset, 40, 20_000)?.position ?? null,
  )
  const expected = batches.flatMap(({ position }) => Array(10).fill(position || null))
  expect(found).toEqual([...expected, null])
})
