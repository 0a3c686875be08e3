import type { Timer, Timers } from '../base/clock.ts'

interface Armed {
  deadlineMs: number
  /** When the platform's timer fires; earlier than the deadline after it was put off. */
  firesAtMs: number
  timer: Timer
}

/**
 * Named timers of which most are put off before they fire (sessions): putting one off only notes the new deadline,
 * and the platform's timer is set again when it fires early.
 */
export class TimerTable {
  readonly #timers: Timers
  readonly #monotonicMs: () => number
  readonly #onFired: (key: string) => void
  readonly #armed = new Map<string, Armed>()

  constructor(timers: Timers, monotonicMs: () => number, onFired: (key: string) => void) {
    this.#timers = timers
    this.#monotonicMs = monotonicMs
    this.#onFired = onFired
  }

  set(key: string, delayMs: number): void {
    const deadlineMs = this.#monotonicMs() + delayMs
    const known = this.#armed.get(key)
    if (known !== undefined && known.firesAtMs <= deadlineMs) {
      known.deadlineMs = deadlineMs
      return
    }
    known?.timer.cancel()
    this.#arm(key, deadlineMs, delayMs)
  }

  clear(key: string): void {
    this.#armed.get(key)?.timer.cancel()
    this.#armed.delete(key)
  }

  clearAll(): void {
    for (const { timer } of this.#armed.values()) timer.cancel()
    this.#armed.clear()
  }

  #arm(key: string, deadlineMs: number, delayMs: number): void {
    const timer = this.#timers.set(delayMs, () => this.#fire(key))
    this.#armed.set(key, { deadlineMs, firesAtMs: deadlineMs, timer })
  }

  #fire(key: string): void {
    const known = this.#armed.get(key)
    if (known === undefined) return
    const leftMs = known.deadlineMs - this.#monotonicMs()
    if (leftMs > 0) {
      this.#arm(key, known.deadlineMs, leftMs)
      return
    }
    this.#armed.delete(key)
    this.#onFired(key)
  }
}
