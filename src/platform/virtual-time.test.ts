import { expect, test } from 'vitest'
import { SeededRandom } from './seeded-random.ts'
import { VirtualTime } from './virtual-time.ts'

test('timers run in the order of their time, equal ones in the order they were set', () => {
  const time = new VirtualTime()
  const seen: string[] = []
  time.timers.set(20, () => seen.push(`c at ${time.clock.monotonicMs()}`))
  time.timers.set(10, () => seen.push(`a at ${time.clock.monotonicMs()}`))
  time.timers.set(10, () => seen.push(`b at ${time.clock.monotonicMs()}`))
  time.timers.set(31, () => seen.push('too late'))
  time.advance(30)
  expect(seen).toEqual(['a at 10', 'b at 10', 'c at 20'])
  expect(time.clock.monotonicMs()).toBe(30)
  expect(time.nextAtMs()).toBe(31)
})

test('a timer set by a timer runs in the same advance, a cancelled one never', () => {
  const time = new VirtualTime()
  let ran = 0
  time.timers.set(5, () => {
    time.timers.set(5, () => ran++)
    later.cancel()
  })
  const later = time.timers.set(7, () => {
    ran += 100
  })
  time.advance(10)
  expect(ran).toBe(1)
  later.cancel()
  expect(time.runNext()).toBe(false)
})

test('a jump of the wall clock leaves timers and the monotonic clock alone', () => {
  const time = new VirtualTime(1000)
  let ran = false
  time.timers.set(50, () => {
    ran = true
  })
  time.jumpWallClock(3_600_000)
  time.advance(49)
  expect(ran).toBe(false)
  expect(time.clock.wallMs()).toBe(1000 + 3_600_000 + 49)
  time.advance(1)
  expect(ran).toBe(true)
})

test('a thousand timers in random order', () => {
  const time = new VirtualTime()
  const random = new SeededRandom(7)
  const seen: number[] = []
  for (let i = 0; i < 1000; i++) {
    const timer = time.timers.set(random.below(500), () => seen.push(time.clock.monotonicMs()))
    if (i % 3 === 0) timer.cancel()
  }
  time.advance(500)
  expect(seen.length).toBe(666)
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
})

test('a seed gives the same numbers again, other seeds others, all below the bound', () => {
  const numbersOf = (seed: number): number[] => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 100 }, () => random.below(1000))
  }
  expect(numbersOf(1)).toEqual(numbersOf(1))
  expect(numbersOf(1)).not.toEqual(numbersOf(2))
  expect(numbersOf(1)).not.toEqual(numbersOf(1 + 2 ** 32))
  expect(Math.max(...numbersOf(3))).toBeLessThan(1000)
  expect(new Set(numbersOf(4)).size).toBeGreaterThan(80)
  expect(new SeededRandom(5).below(2 ** 32)).toBeGreaterThan(0)
})
