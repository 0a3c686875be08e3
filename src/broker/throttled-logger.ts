import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 10

/** Warnings that a stranger can cause at will: a few in each window, then only their number. */
export class ThrottledLogger {
  readonly #logger: Logger
  readonly #clock: Clock
  #windowEndMs = Number.NEGATIVE_INFINITY
  #lines = 0
  #suppressed = 0

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  warn(fields: object, message: string): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs >= this.#windowEndMs) this.#beginWindow(nowMs)
    this.#lines += 1
    if (this.#lines <= LINES_PER_WINDOW) this.#logger.warn(fields, message)
    else this.#suppressed += 1
  }

  #beginWindow(nowMs: number): void {
    if (this.#suppressed > 0)
      this.#logger.warn({ count: this.#suppressed }, 'more warnings of this kind were left out')
    this.#windowEndMs = nowMs + WINDOW_MS
    this.#lines = 0
    this.#suppressed = 0
  }
}
