import { expect, test } from 'vitest'
import { VirtualTime } from '../platform/virtual-time.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { UnflushedBytes } from '../storage/unflushed-bytes.ts'
import type { Offer } from './admission.ts'
import type { HeldQueue } from './held-queue.ts'
import { ProducerHold } from './producer-hold.ts'

const MIB = 1024 * 1024

/** A hold before one directory with room for 100 bytes. */
class HoldWorld {
  readonly time = new VirtualTime()
  readonly unflushed: UnflushedBytes
  readonly hold: ProducerHold
  readonly queue: HeldQueue
  /** By their numbers. */
  readonly admitted: number[] = []
  readonly refused: { number: number; errorCode: ErrorCode; atMs: number }[] = []
  readonly held: number[] = []
  passes = 0
  waitingBehindBytes = 0
  #stagedBytes = 0

  constructor({ heldMaxBytes = 100 * MIB, maxBytes = 100 } = {}) {
    const { clock, timers } = this.time
    const schedulePass = () => {
      this.passes += 1
      this.unflushed.written(this.#stagedBytes)
      this.#stagedBytes = 0
      this.hold.releaseLater()
    }
    this.hold = new ProducerHold({
      clock,
      timers,
      schedulePass,
      heldMaxBytes,
      waitingBehindBytes: () => this.waitingBehindBytes,
    })
    this.unflushed = new UnflushedBytes(maxBytes, () => this.hold.releaseLater())
    this.queue = this.hold.queueOf(this.unflushed)
  }

  /** False when it was refused at once. */
  push(number: number, { sizeBytes = 10, timeoutMs = 30_000 } = {}): boolean {
    const offer: Offer = {
      batch: new Uint8Array(sizeBytes),
      heldBytes: sizeBytes,
      nowMs: 0,
      deadlineMs: this.time.clock.monotonicMs() + timeoutMs,
      onHeld: () => void this.held.push(number),
      onAdmitted: result => {
        if (result.ok) return
        this.refused.push({ number, errorCode: result.errorCode, atMs: this.time.clock.monotonicMs() })
      },
    }
    return this.hold.push(this.queue, offer, ({ batch }) => {
      this.#stagedBytes += batch.length
      this.admitted.push(number)
    })
  }
}

test('batches go on in the order they came, as far as there is room', () => {
  const world = new HoldWorld()
  world.unflushed.written(100)
  for (const number of [1, 2, 3]) world.push(number, { sizeBytes: 40 })
  world.time.advance(1)
  expect([world.held, world.admitted]).toEqual([[1, 2, 3], []])
  world.unflushed.gone(50)
  expect(world.admitted).toEqual([])
  world.time.advance(1)
  expect([world.admitted, world.queue.mustWait]).toEqual([[1, 2], true])
  world.unflushed.gone(50)
  world.time.advance(1)
  expect([world.admitted, world.unflushed.writtenBytes]).toEqual([[1, 2, 3], 120])
})

test('while one waits all behind it do, though there is room', () => {
  const world = new HoldWorld()
  world.unflushed.written(100)
  world.push(1)
  world.unflushed.gone(100)
  expect([world.unflushed.isFull, world.queue.mustWait]).toEqual([false, true])
  world.time.advance(0)
  expect(world.queue.mustWait).toBe(false)
})

test('room that the disk made asks for a pass, once, and only when somebody waits', () => {
  const world = new HoldWorld()
  world.unflushed.written(100)
  world.unflushed.gone(100)
  world.time.advance(1)
  expect(world.passes).toBe(0)
  world.unflushed.written(100)
  world.push(1)
  world.hold.releaseLater()
  world.time.advance(1)
  expect(world.passes).toBe(0)
  world.unflushed.gone(100)
  world.hold.releaseLater()
  world.time.advance(1)
  expect([world.passes, world.admitted]).toEqual([1, [1]])
})

test('4 MiB go on at a time, so that others get their turn in between', () => {
  const world = new HoldWorld({ maxBytes: 100 * MIB })
  world.unflushed.written(100 * MIB)
  for (const number of [1, 2, 3]) world.push(number, { sizeBytes: 3 * MIB })
  const turns: number[][] = []
  world.unflushed.gone(100 * MIB)
  world.time.timers.set(0, () => void turns.push([...world.admitted]))
  world.time.advance(0)
  expect(turns).toEqual([[1, 2]])
  expect([world.admitted, world.passes]).toEqual([[1, 2, 3], 2])
})

test('a batch waits as long as its request allows, and is then refused with what clients repeat', () => {
  const world = new HoldWorld()
  world.unflushed.written(100)
  world.push(1, { timeoutMs: 2000 })
  world.push(2, { timeoutMs: 1000 })
  world.push(3, { timeoutMs: 2_147_483_647 })
  world.push(4, { timeoutMs: 20 })
  expect(world.push(5, { timeoutMs: 0 })).toBe(false)
  world.time.advance(5000)
  expect(world.refused).toEqual([
    { number: 5, errorCode: ErrorCode.REQUEST_TIMED_OUT, atMs: 0 },
    { number: 4, errorCode: ErrorCode.REQUEST_TIMED_OUT, atMs: 50 },
    { number: 2, errorCode: ErrorCode.REQUEST_TIMED_OUT, atMs: 1000 },
    { number: 1, errorCode: ErrorCode.REQUEST_TIMED_OUT, atMs: 2000 },
  ])
  expect(world.passes).toBe(3)
  world.unflushed.gone(100)
  world.time.advance(1)
  expect(world.admitted).toEqual([3])
})

test('what waits is bounded: a batch beyond it is refused at once, but for one that waits alone', () => {
  const world = new HoldWorld({ heldMaxBytes: 10_000 })
  world.unflushed.written(100)
  expect(world.push(1, { sizeBytes: 20_000 })).toBe(true)
  expect(world.push(2)).toBe(false)
  expect(world.refused).toMatchObject([{ number: 2, errorCode: ErrorCode.REQUEST_TIMED_OUT }])
  world.unflushed.gone(100)
  world.time.advance(1)
  expect(world.admitted).toEqual([1])
  // Tiny ones count for what they take beside their bytes.
  const isKept = Array.from({ length: 10 }, (_, index) => world.push(10 + index, { sizeBytes: 1 }))
  expect(isKept).toEqual([...Array(9).fill(true), false])
  expect(world.held).toEqual([1, ...Array.from({ length: 9 }, (_, index) => 10 + index)])
})

test('what else their connections have sent counts with what waits', () => {
  const world = new HoldWorld({ heldMaxBytes: 10_000 })
  world.unflushed.written(100)
  world.waitingBehindBytes = 20_000
  expect([world.push(1), world.push(2)]).toEqual([true, false])
  world.waitingBehindBytes = 5000
  expect([world.push(3), world.push(4, { sizeBytes: 5000 })]).toEqual([true, false])
})

test('what a refused batch took can be taken by another', () => {
  const world = new HoldWorld({ heldMaxBytes: 2000 })
  world.unflushed.written(100)
  expect([world.push(1, { timeoutMs: 100 }), world.push(2)]).toEqual([true, false])
  world.time.advance(100)
  expect(world.push(3)).toBe(true)
})

test('a directory that failed lets all go on to be refused by its logs', () => {
  const world = new HoldWorld()
  world.unflushed.written(100)
  for (const number of [1, 2]) world.push(number, { sizeBytes: 200 })
  world.unflushed.close()
  world.time.advance(1)
  expect([world.admitted, world.queue.mustWait]).toEqual([[1, 2], false])
})

test('nothing is told or admitted after a close', () => {
  const world = new HoldWorld()
  world.unflushed.written(100)
  world.push(1, { timeoutMs: 10 })
  world.hold.close()
  world.unflushed.gone(100)
  world.time.advance(10_000)
  expect([world.admitted, world.refused, world.passes]).toEqual([[], [], 0])
})
