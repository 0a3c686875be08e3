/** Wall time is for record timestamps and retention only; everything else is measured monotonic. */
export interface Clock {
  /** Milliseconds since 1970, may jump. */
  wallMs(): number
  /** Milliseconds since an arbitrary start, never goes back. */
  monotonicMs(): number
}

/** A timer that has been set; `cancel` may be called any number of times, before or after it fired. */
export interface Timer {
  cancel(): void
}

export interface Timers {
  /** Runs `callback` once after `delayMs` (clamped to what the platform can wait). */
  set(delayMs: number, callback: () => void): Timer
}
