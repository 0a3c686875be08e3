import type { Clock, Timer, Timers } from '../base/clock.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { LogRefusal } from '../storage/append-result.ts'
import type { UnflushedBytes } from '../storage/unflushed-bytes.ts'
import type { Offer } from './admission.ts'

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

interface Held {
  readonly offer: Offer
  readonly sizeBytes: number
  readonly admit: (offer: Offer) => void
}

/** What a held batch takes beside its bytes, so that a million tiny ones are bounded too. */
const HELD_OVERHEAD_BYTES = 1024
/** What goes on at a time: as much as one wake-up of the network brings, so that others get their turn in between. */
const BYTES_PER_RELEASE = 4 * 1024 * 1024
/** Overdue ones are looked for at most so often. */
const EXPIRY_STEP_MS = 50

/** Clients send it again: nothing of it was appended, nor looked at. */
export const BEHIND: LogRefusal = {
  ok: false,
  errorCode: ErrorCode.REQUEST_TIMED_OUT,
  errorMessage: 'the disk is behind with what was written before',
}

/** The batches that wait for one log directory, in the order they came. */
export class HeldQueue {
  readonly unflushed: UnflushedBytes
  /** For ProducerHold. */
  held: Held[] = []

  constructor(unflushed: UnflushedBytes) {
    this.unflushed = unflushed
  }

  /** A batch that comes now has to wait: the account is full, or others wait already. */
  get mustWait(): boolean {
    return this.unflushed.isFull || this.held.length > 0
  }

  get mayGoOn(): boolean {
    return this.held.length > 0 && !this.unflushed.isFull
  }
}

/**
 * Batches of clients that wait because their log directory has taken more than its disk has. The order of arrival is
 * kept: while one waits, all behind it do. A batch waits no longer than its request allows, and is then not appended.
 */
export class ProducerHold {
  readonly #ports: ProducerHoldPorts
  readonly #queues = new Map<UnflushedBytes, HeldQueue>()
  #heldBytes = 0
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
    this.#heldBytes += sizeBytes
    offer.onHeld()
    queue.held.push({ offer, sizeBytes, admit })
    this.#expireAt(offer.deadlineMs)
    return true
  }

  /**
   * What waits for a directory with room goes on, behind whatever else the loop has to do. To be called when there is
   * room again, and at the end of every pass: what went on counts once it is written.
   */
  releaseLater(): void {
    if (this.#heldBytes === 0 || this.#release !== null || this.#isClosed || !this.#mayAnyGoOn()) return
    this.#release = this.#ports.timers.set(0, () => {
      this.#release = null
      for (const queue of this.#queues.values()) this.#releaseOf(queue)
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
    if (this.#heldBytes === 0) return false
    const { heldMaxBytes, waitingBehindBytes } = this.#ports
    return this.#heldBytes + sizeBytes + waitingBehindBytes() > heldMaxBytes
  }

  #mayAnyGoOn(): boolean {
    for (const queue of this.#queues.values()) if (queue.mayGoOn) return true
    return false
  }

  #releaseOf(queue: HeldQueue): void {
    if (!queue.mayGoOn) return
    let leftBytes = Math.min(queue.unflushed.roomBytes, BYTES_PER_RELEASE)
    const { held } = queue
    let count = 0
    while (count < held.length && leftBytes > 0) {
      const { offer, sizeBytes, admit } = held[count]!
      count += 1
      leftBytes -= offer.batch.length
      this.#heldBytes -= sizeBytes
      admit(offer)
    }
    queue.held = held.slice(count)
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
      const overdue = queue.held.filter(({ offer }) => offer.deadlineMs <= nowMs)
      queue.held = queue.held.filter(({ offer }) => offer.deadlineMs > nowMs)
      for (const { offer, sizeBytes } of overdue) {
        this.#heldBytes -= sizeBytes
        offer.onAdmitted(BEHIND)
      }
      for (const { offer } of queue.held) nextMs = Math.min(nextMs, offer.deadlineMs)
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#expireAt(nextMs)
    this.#ports.schedulePass()
  }
}
