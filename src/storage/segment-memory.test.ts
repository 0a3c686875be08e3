import { expect, test } from 'vitest'
import { SegmentMemory } from './segment-memory.ts'

const MIB = 1024 * 1024

test('what was written is hot for two to three seconds', () => {
  const memory = new SegmentMemory()
  expect(memory.isHot(0, 100, 0)).toBe(false)
  memory.wrote(0, 10_000)
  expect(memory.isHot(0, 100, 10_999)).toBe(true)
  expect(memory.isHot(0, 100, 11_999)).toBe(true)
  expect(memory.isHot(0, 100, 12_000)).toBe(false)
  memory.wrote(100, 20_000)
  memory.wrote(200, 20_999)
  memory.wrote(300, 21_000)
  expect(memory.isHot(100, 400, 21_999)).toBe(true)
  expect(memory.isHot(100, 400, 22_000)).toBe(false)
  expect(memory.isHot(300, 400, 22_999)).toBe(true)
  memory.wrote(400, 30_000)
  expect(memory.isHot(399, 500, 30_000)).toBe(false)
  expect(memory.isHot(400, 500, 30_000)).toBe(true)
})

test('of a log that is written fast only the last 8 MiB are hot', () => {
  const memory = new SegmentMemory()
  memory.wrote(0, 0)
  expect(memory.isHot(0, 8 * MIB, 0)).toBe(true)
  expect(memory.isHot(0, 8 * MIB + 1, 0)).toBe(false)
  expect(memory.isHot(1, 8 * MIB + 1, 0)).toBe(true)
})

test('what a thread has read is warm for a second, as a whole and in its parts', () => {
  const memory = new SegmentMemory()
  memory.warmed(100, 200, 5000)
  expect(memory.isWarm(100, 200, 5999)).toBe(true)
  expect(memory.isWarm(120, 130, 5999)).toBe(true)
  expect(memory.isWarm(100, 200, 6000)).toBe(false)
  expect(memory.isWarm(99, 200, 5000)).toBe(false)
  expect(memory.isWarm(100, 201, 5000)).toBe(false)
})

test('the last eight ranges that were read are known, so that as many readers get what they waited for', () => {
  const memory = new SegmentMemory()
  for (let index = 0; index < 9; index += 1) memory.warmed(index, index + 1, 0)
  const known = Array.from({ length: 9 }, (_, index) => memory.isWarm(index, index + 1, 0))
  expect(known).toEqual([false, true, true, true, true, true, true, true, true])
})
