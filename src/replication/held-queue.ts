import type { UnflushedBytes } from '../storage/unflushed-bytes.ts'
import type { Offer } from './admission.ts'

interface Held {
  readonly offer: Offer
  readonly sizeBytes: number
  readonly admit: (offer: Offer) => void
}

/** What goes on at a time: as much as one wake-up of the network brings, so that others get their turn in between. */
const BYTES_PER_RELEASE = 4 * 1024 * 1024

/** The batches that wait for one log directory, in the order they came. */
export class HeldQueue {
  readonly #unflushed: UnflushedBytes
  #held: Held[] = []
  #sizeBytes = 0

  constructor(unflushed: UnflushedBytes) {
    this.#unflushed = unflushed
  }

  /** Of all that wait. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** A batch that comes now has to wait: the account is full, or others wait already. */
  get mustWait(): boolean {
    return this.#unflushed.isFull || this.#held.length > 0
  }

  get mayGoOn(): boolean {
    return this.#held.length > 0 && !this.#unflushed.isFull
  }

  /** Infinity when nothing waits. */
  get nextDeadlineMs(): number {
    return this.#held.reduce(
      (least, { offer }) => Math.min(least, offer.deadlineMs),
      Number.POSITIVE_INFINITY,
    )
  }

  push(held: Held): void {
    this.#sizeBytes += held.sizeBytes
    this.#held.push(held)
  }

  /** The oldest go on, as far as there is room. */
  release(): void {
    if (!this.mayGoOn) return
    let leftBytes = Math.min(this.#unflushed.roomBytes, BYTES_PER_RELEASE)
    let count = 0
    while (count < this.#held.length && leftBytes > 0) {
      const { offer, sizeBytes, admit } = this.#held[count]!
      count += 1
      leftBytes -= offer.batch.length
      this.#sizeBytes -= sizeBytes
      admit(offer)
    }
    // Not before: what comes meanwhile must wait behind them.
    this.#held = this.#held.slice(count)
  }

  /** Those that may wait no longer. */
  takeOverdue(nowMs: number): Offer[] {
    const overdue = this.#held.filter(({ offer }) => offer.deadlineMs <= nowMs)
    this.#held = this.#held.filter(({ offer }) => offer.deadlineMs > nowMs)
    for (const { sizeBytes } of overdue) this.#sizeBytes -= sizeBytes
    return overdue.map(({ offer }) => offer)
  }
}
