import type { Clock, Timer, Timers } from '../base/clock.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { LogRefusal } from '../storage/append-result.ts'
import type { UnflushedBytes } from '../storage/unflushed-bytes.ts'
import type { Offer } from './admission.ts'
import { HeldQueue } from './held-queue.ts'

export interface ProducerHoldPorts {
  readonly clock: Clock
  readonly timers: Timers
  /** Held batches went on, or were refused: a pass must follow, which writes them and lets go of their frames. */
  readonly schedulePass: () => void
  /** Of all held batches at once, and of `waitingBehindBytes`. */
  readonly heldMaxBytes: number
  /** What else the connections of held batches have sent: it waits for as long as they do. */
  readonly waitingBehindBytes: () => number
}

/** What a held batch takes beside its bytes, so that a million tiny ones are bounded too. */
const HELD_OVERHEAD_BYTES = 1024
/** Overdue ones are looked for at most so often. */
const EXPIRY_STEP_MS = 50

/** Clients send it again: nothing of it was appended, nor looked at. */
export const BEHIND: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.REQUEST_TIMED_OUT,
  errorMessage: 'the disk is behind with what was written before',
}

/**
 * Batches of clients that wait because their log directory has taken more than its disk has. The order of arrival is
 * kept: while one waits, all behind it do. A batch waits no longer than its request allows, and is then not appended.
 */
export class ProducerHold {
  readonly #ports: ProducerHoldPorts
  readonly #queues = new Map<UnflushedBytes, HeldQueue>()
  #expiry: { readonly timer: Timer; readonly atMs: number } | null = null
  #release: Timer | null = null
  #isClosed = false

  constructor(ports: ProducerHoldPorts) {
    this.#ports = ports
  }

  /** The one queue of a log directory, which is told by its account. */
  queueOf(unflushed: UnflushedBytes): HeldQueue {
    const queue = this.#queues.get(unflushed) ?? new HeldQueue(unflushed)
    this.#queues.set(unflushed, queue)
    return queue
  }

  /** Keeps a batch until there is room, and `admit`s it then; false when it may not wait: its offer was told. */
  push(queue: HeldQueue, offer: Offer, admit: (offer: Offer) => void): boolean {
    const sizeBytes = offer.heldBytes + HELD_OVERHEAD_BYTES
    if (this.#isTooMuch(sizeBytes) || offer.deadlineMs <= this.#ports.clock.monotonicMs()) {
      offer.onAdmitted(BEHIND)
      return false
    }
    offer.onHeld()
    queue.push({ offer, sizeBytes, admit })
    this.#expireAt(offer.deadlineMs)
    return true
  }

  /**
   * What waits for a directory with room goes on, behind whatever else the loop has to do. To be called when there is
   * room again, and at the end of every pass: what went on counts once it is written.
   */
  releaseLater(): void {
    if (this.#release !== null || this.#isClosed || !this.#mayAnyGoOn()) return
    this.#release = this.#ports.timers.set(0, () => {
      this.#release = null
      for (const queue of this.#queues.values()) queue.release()
      this.#ports.schedulePass()
    })
  }

  /** What waits goes nowhere any more, and is told nothing. */
  close(): void {
    this.#isClosed = true
    this.#expiry?.timer.cancel()
    this.#release?.cancel()
  }

  /** One that waits alone may be of any size. */
  #isTooMuch(sizeBytes: number): boolean {
    let heldBytes = 0
    for (const queue of this.#queues.values()) heldBytes += queue.sizeBytes
    if (heldBytes === 0) return false
    const { heldMaxBytes, waitingBehindBytes } = this.#ports
    return heldBytes + sizeBytes + waitingBehindBytes() > heldMaxBytes
  }

  #mayAnyGoOn(): boolean {
    for (const queue of this.#queues.values()) if (queue.mayGoOn) return true
    return false
  }

  #expireAt(deadlineMs: number): void {
    if (this.#expiry !== null && this.#expiry.atMs <= deadlineMs) return
    this.#expiry?.timer.cancel()
    const nowMs = this.#ports.clock.monotonicMs()
    const atMs = Math.max(deadlineMs, nowMs + EXPIRY_STEP_MS)
    this.#expiry = { atMs, timer: this.#ports.timers.set(atMs - nowMs, () => this.#expire()) }
  }

  #expire(): void {
    this.#expiry = null
    const nowMs = this.#ports.clock.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    for (const queue of this.#queues.values()) {
      for (const offer of queue.takeOverdue(nowMs)) offer.onAdmitted(BEHIND)
      nextMs = Math.min(nextMs, queue.nextDeadlineMs)
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#expireAt(nextMs)
    this.#ports.schedulePass()
  }
}
