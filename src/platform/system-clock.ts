import type { Clock } from '../base/clock.ts'

/** The machine's clocks. */
export class SystemClock implements Clock {
  wallMs(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }
}
