import type { ErrorCode } from '../protocol/error-code.ts'

/** Waits for records to be safe. */
export interface CommitWaiter {
  onSettled(errorCode: ErrorCode): void
}

interface Waiting {
  readonly endOffset: number
  readonly waiter: CommitWaiter
}

/** Shared by all queues that are empty, and never written to. */
const NOBODY: Waiting[] = []

/**
 * Waiters of one partition in the order they came. A repeated batch waits with an offset below those before it; it is
 * told together with them, which is later than it could be and never too early.
 */
export class CommitQueue {
  #waiting = NOBODY

  push(endOffset: number, waiter: CommitWaiter): void {
    if (this.#waiting === NOBODY) this.#waiting = [{ endOffset, waiter }]
    else this.#waiting.push({ endOffset, waiter })
  }

  /** Tells all those at the front whose records end at or before `offset`. */
  settleUpTo(offset: number, errorCode: ErrorCode): void {
    const waiting = this.#waiting
    let count = 0
    while (count < waiting.length && waiting[count]!.endOffset <= offset) count += 1
    if (count === 0) return
    this.#waiting = count === waiting.length ? NOBODY : waiting.slice(count)
    for (let index = 0; index < count; index += 1) waiting[index]!.waiter.onSettled(errorCode)
  }

  /** Tells all whose records end behind `offset`, and no others. */
  settleFrom(offset: number, errorCode: ErrorCode): void {
    const told = this.#waiting.filter(({ endOffset }) => endOffset > offset)
    if (told.length === 0) return
    this.#waiting = this.#waiting.filter(({ endOffset }) => endOffset <= offset)
    for (const { waiter } of told) waiter.onSettled(errorCode)
  }
}
