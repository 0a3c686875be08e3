import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { PinoLogger } from './pino-logger.ts'
import { SystemClock } from './system-clock.ts'
import { SystemRandom } from './system-random.ts'
import { SystemTimers } from './system-timers.ts'

afterEach(() => void vi.useRealTimers())

test('a delay above 2^31 ms is waited for', () => {
  vi.useFakeTimers()
  const dayMs = 86_400_000
  let fired = 0
  new SystemTimers().set(60 * dayMs, () => fired++)
  new SystemTimers().set(40 * dayMs, () => fired++).cancel()
  vi.advanceTimersByTime(60 * dayMs - 1)
  expect(fired).toBe(0)
  vi.advanceTimersByTime(1)
  expect(fired).toBe(1)
})

test('a long timer can be cancelled after it was set again', () => {
  vi.useFakeTimers()
  let fired = 0
  const timer = new SystemTimers().set(2 ** 32, () => fired++)
  vi.advanceTimersByTime(2 ** 31)
  timer.cancel()
  vi.advanceTimersByTime(2 ** 33)
  expect(fired).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('clock and randomness keep to their ranges', () => {
  const clock = new SystemClock()
  const before = clock.monotonicMs()
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before)
  expect(clock.wallMs()).toBeGreaterThan(1_600_000_000_000)
  const random = new SystemRandom()
  expect(random.below(3)).toBeLessThan(3)
  expect(random.below(2 ** 32)).toBeLessThan(2 ** 32)
  expect(random.bytes(16)).toHaveLength(16)
})

test('log lines are JSON, or readable ones for a terminal, from the asked level on', () => {
  const linesOf = (readable: boolean): string => {
    const stream = new PassThrough()
    const logger = new PinoLogger({ level: 'info', readable, stream })
    logger.debug({ port: 1 }, 'hidden')
    logger.warn({ port: 9092 }, 'listening')
    return String(stream.read())
  }
  const entry = JSON.parse(linesOf(false))
  expect(entry).toMatchObject({ msg: 'listening', port: 9092, level: 40 })
  expect(linesOf(true)).toMatch(/WARN.*listening[\s\S]*port: 9092/)
  expect(linesOf(true)).not.toContain('hidden')
})
