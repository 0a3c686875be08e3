import { assert } from '../base/assert.ts'
import type { Clock, Timer, Timers } from '../base/clock.ts'

interface PendingTimer {
  readonly atMs: number
  readonly sequence: number
  readonly callback: () => void
  cancelled: boolean
}

/** A clock that only moves when told to, and the timers that wait for it. */
export class VirtualTime {
  readonly clock: Clock
  readonly timers: Timers
  /** A binary heap, the timer that is due first on top. */
  readonly #heap: PendingTimer[] = []
  #monotonicMs = 0
  #wallOffsetMs: number
  #nextSequence = 0

  /** `wallStartMs` is what the wall clock shows when the monotonic clock shows 0. */
  constructor(wallStartMs = 1_700_000_000_000) {
    this.#wallOffsetMs = wallStartMs
    this.clock = {
      wallMs: () => this.#wallOffsetMs + Math.floor(this.#monotonicMs),
      monotonicMs: () => this.#monotonicMs,
    }
    this.timers = { set: (delayMs, callback) => this.#set(delayMs, callback) }
  }

  /** Moves on by `durationMs`; timers run when their time has come, those of one time in the order they were set. */
  advance(durationMs: number): void {
    const untilMs = this.#monotonicMs + durationMs
    while (this.nextAtMs() <= untilMs) this.runNext()
    this.#monotonicMs = untilMs
  }

  /** Moves on to the first timer and runs it; false when there is none. */
  runNext(): boolean {
    const atMs = this.nextAtMs()
    if (atMs === Number.POSITIVE_INFINITY) return false
    const next = this.#pop()
    this.#monotonicMs = Math.max(this.#monotonicMs, atMs)
    next.callback()
    return true
  }

  /** Monotonic time of the first timer, infinite when there is none. */
  nextAtMs(): number {
    while (this.#heap[0]?.cancelled) this.#pop()
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** An operator, or a time server, moves the wall clock; the monotonic clock knows nothing of it. */
  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  #set(delayMs: number, callback: () => void): Timer {
    assert(!Number.isNaN(delayMs), 'a timer without a delay')
    const atMs = this.#monotonicMs + Math.max(0, delayMs)
    const timer: PendingTimer = { atMs, sequence: this.#nextSequence++, callback, cancelled: false }
    this.#push(timer)
    return {
      cancel: () => {
        timer.cancelled = true
      },
    }
  }

  #push(timer: PendingTimer): void {
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]!
      if (isDueFirst(parent, timer)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = timer
  }

  #pop(): PendingTimer {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let index = 0
    while (true) {
      let childIndex = 2 * index + 1
      if (childIndex >= heap.length) break
      const right = heap[childIndex + 1]
      if (right !== undefined && isDueFirst(right, heap[childIndex]!)) childIndex += 1
      if (isDueFirst(last, heap[childIndex]!)) break
      heap[index] = heap[childIndex]!
      index = childIndex
    }
    heap[index] = last
    return first
  }
}

function isDueFirst(one: PendingTimer, other: PendingTimer): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence)
}
