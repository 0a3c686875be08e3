/** Looks at small batches in memory that follow each other without a pause: some tens of microseconds each. */
const LOOKS_PER_TURN = 16

/** Gives the loop to others now and then: one request may ask for a time in each of thousands of partitions. */
export class LookupTurns {
  readonly #later: (delayMs: number, callback: () => void) => void
  #count = 0

  constructor(later: (delayMs: number, callback: () => void) => void) {
    this.#later = later
  }

  next(): Promise<void> | null {
    this.#count = (this.#count + 1) % LOOKS_PER_TURN
    return this.#count > 0 ? null : new Promise(resolve => this.#later(0, resolve))
  }
}
