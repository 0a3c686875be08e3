import type { ErrorCode } from '../protocol/error-code.ts'

/** Waits for records to be safe. One object may wait for many partitions: `token` says which one is settled. */
export interface CommitWaiter {
  onSettled(token: number, errorCode: ErrorCode): void
}

interface Waiting {
  readonly endOffset: number
  readonly waiter: CommitWaiter
  readonly token: number
}

/**
 * Waiters of one partition in the order they came. A repeated batch waits with an offset below those before it; it is
 * told together with them, which is later than it could be and never too early.
 */
export class CommitQueue {
  #waiting: Waiting[] = []

  push(endOffset: number, waiter: CommitWaiter, token: number): void {
    this.#waiting.push({ endOffset, waiter, token })
  }

  /** Tells all those at the front whose records end at or before `offset`. */
  settleUpTo(offset: number, errorCode: ErrorCode): void {
    const waiting = this.#waiting
    let count = 0
    while (count < waiting.length && waiting[count]!.endOffset <= offset) count += 1
    if (count === 0) return
    this.#waiting = count === waiting.length ? [] : waiting.slice(count)
    for (let index = 0; index < count; index += 1) tell(waiting[index]!, errorCode)
  }

  /** Tells all whose records end behind `offset`, and no others. */
  settleFrom(offset: number, errorCode: ErrorCode): void {
    const told = this.#waiting.filter(({ endOffset }) => endOffset > offset)
    if (told.length === 0) return
    this.#waiting = this.#waiting.filter(({ endOffset }) => endOffset <= offset)
    for (const waiting of told) tell(waiting, errorCode)
  }
}

function tell({ waiter, token }: Waiting, errorCode: ErrorCode): void {
  waiter.onSettled(token, errorCode)
}
