import type { Timer, Timers } from '../base/clock.ts'

/** Node fires a longer timeout at once instead of late. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The loop's timers; a delay of any length is waited for. Each keeps the process alive until fired or cancelled. */
export class SystemTimers implements Timers {
  set(delayMs: number, callback: () => void): Timer {
    let timeout: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, TIMEOUT_MAX_MS)
      timeout = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : callback()), stepMs)
    }
    arm(Math.max(0, delayMs))
    return { cancel: () => clearTimeout(timeout) }
  }
}
