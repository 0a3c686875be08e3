import { assert } from '../base/assert.ts'
import { type Answer, keepAnswer } from './answer.ts'
import { apiKeyOf, type Frame, frameSizeBytes } from './frame.ts'
import type { TurnMember } from './turn.ts'

export interface ConnectionLimits {
  /** Requests of one connection that are handled and not answered yet. */
  readonly slotsMax: number
  /** Frames of one connection that wait for their turn, and their bytes; then it is not read any more. */
  readonly waitingFramesMax: number
  readonly waitingBytesMax: number
}

/** What a connection asks of the server that owns it. */
export interface ConnectionOwner {
  /** May a request be handled while these are not answered yet? */
  canOverlap(pending: readonly RequestSlot[], apiKey: number): boolean
  /** False when it has had its share of this turn; it is marked ready in the next. */
  mayGoOn(connection: Connection): boolean
  onRequest(slot: RequestSlot, frame: Frame): void
  sendAnswer(connection: Connection, answer: Answer): void
  /** The next waiting frame, or the close, may be due: call `proceed` before the pass ends. */
  markReady(connection: Connection): void
  pauseReading(connection: Connection): void
  resumeReading(connection: Connection): void
  /** Of the frame that is being received: its whole size, which is reserved. */
  unfinishedBytes(connection: Connection): number
  /** What connections that are held back have waiting is so much more, or less. */
  onHeldBackBytes(deltaBytes: number): void
  retainSlab(slabIndex: number): void
  releaseSlab(slabIndex: number): void
  closeTransport(connection: Connection, drain: boolean): void
}

/** Larger frames wait in their slab, where they go on counting as request memory. */
const COPY_MAX_BYTES = 64 * 1024
/** While held back: the size of a slab that frames share, so that none of others is kept for as long. */
const HELD_BACK_COPY_MAX_BYTES = 256 * 1024

/** The place of one answer in the order of its connection. */
export class RequestSlot {
  readonly connection: Connection
  readonly apiKey: number
  #isComplete = false
  #kept: Answer | null = null

  constructor(connection: Connection, apiKey: number) {
    this.connection = connection
    this.apiKey = apiKey
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * Gives the answer, exactly once, from any turn of the loop; it leaves with the end of the pass, or with
   * `NetworkServer.flush`, once all earlier ones have. Null for a request that gets no bytes (acks=0). The bytes are
   * copied; ignored when the connection is gone.
   */
  complete(answer: Answer | null): void {
    assert(!this.#isComplete, 'a request is answered once')
    this.#isComplete = true
    this.connection.completed(this, answer)
  }

  /** For the connection only. */
  keep(answer: Answer | null): void {
    this.#kept = answer === null ? null : keepAnswer(answer)
  }

  takeKept(): Answer | null {
    const answer = this.#kept
    this.#kept = null
    return answer
  }
}

/**
 * The order of one connection: its requests are handled one after another, unless the API's rows allow overlap, and
 * their answers leave in the order of the requests, whatever waits. Reads no clock and does no I/O.
 */
export class Connection implements TurnMember {
  readonly connectionId: number
  readonly listenerId: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** For whoever authenticates and dispatches; network does not look at it. */
  session: unknown = undefined
  /** Monotonic; kept by the server. */
  lastActiveMs: number
  frameCount = 0
  turn = 0
  turnAnswerBytes = 0
  readonly #owner: ConnectionOwner
  readonly #limits: ConnectionLimits
  readonly #slots: RequestSlot[] = []
  /** In copies, or in slabs that are retained until they were handled. */
  readonly #waiting: Frame[] = []
  #waitingBytes = 0
  #isHeld = false
  #isFull = false
  #isPaused = false
  /** Requests that said `holdBack`. */
  #holdBackCount = 0
  /** What waits meanwhile, as the owner was told. */
  #heldBackBytes = 0
  #isClosing = false
  #isClosed = false

  constructor(
    identity: { connectionId: number; listenerId: number; remoteAddress: string; remotePort: number },
    nowMs: number,
    limits: ConnectionLimits,
    owner: ConnectionOwner,
  ) {
    this.connectionId = identity.connectionId
    this.listenerId = identity.listenerId
    this.remoteAddress = identity.remoteAddress
    this.remotePort = identity.remotePort
    this.lastActiveMs = nowMs
    this.#limits = limits
    this.#owner = owner
  }

  /** Requests that were handed over and are not answered. */
  get pendingCount(): number {
    return this.#slots.length
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  /** Requests that were not handed over yet. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  /** Frames that wait hold request memory. */
  get holdsMemory(): boolean {
    return this.#waiting.some(({ slabIndex }) => slabIndex >= 0)
  }

  /** A frame came: it is handled now or has to wait. Its bytes are valid during the call. */
  accept(frame: Frame): void {
    if (this.#isClosing || this.#isClosed) return
    this.frameCount += 1
    if (this.#waiting.length === 0 && this.#mayStart(frame)) this.#start(frame)
    else this.#enqueue(frame)
  }

  /** Starts what may start by now. The server calls it once per pass for a connection that was marked ready. */
  proceed(): void {
    while (!this.#isClosed && !this.#isClosing) {
      const next = this.#waiting[0]
      if (next === undefined || !this.#mayStart(next)) break
      this.#waiting.shift()
      this.#waitingBytes -= frameSizeBytes(next)
      this.#start(next)
      if (next.slabIndex >= 0) this.#owner.releaseSlab(next.slabIndex)
    }
    this.#resumeIfRoom()
    if (this.#isClosing && !this.#isClosed && this.#slots.length === 0) this.#owner.closeTransport(this, true)
  }

  /** For RequestSlot only. */
  completed(slot: RequestSlot, answer: Answer | null): void {
    if (this.#isClosed) return
    if (this.#slots[0] !== slot) {
      slot.keep(answer)
      return
    }
    this.#slots.shift()
    if (answer !== null) this.#owner.sendAnswer(this, answer)
    while (this.#slots[0]?.isComplete) {
      const kept = this.#slots.shift()?.takeKept() ?? null
      if (kept !== null) this.#owner.sendAnswer(this, kept)
    }
    if (this.#waiting.length > 0 || this.#isClosing) this.#owner.markReady(this)
  }

  /** While its answers do not leave, no further request is handled. */
  setHeld(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (!isHeld && this.#waiting.length > 0 && !this.#isClosed) this.#owner.markReady(this)
  }

  /** What was handled is enough: nothing more is handled, or read, until `goOn` was called as often. */
  holdBack(): void {
    this.#holdBackCount += 1
    this.#updateReading()
    this.#tellHeldBackBytes()
  }

  /** In a pass, or before one. */
  goOn(): void {
    assert(this.#holdBackCount > 0, 'a connection goes on that was held back')
    this.#holdBackCount -= 1
    if (this.#waiting.length > 0 && !this.#isClosed) this.#owner.markReady(this)
    this.#updateReading()
    this.#tellHeldBackBytes()
  }

  /**
   * Takes no more requests; closes once those at work are answered and their answers have left. Outside a pass,
   * `NetworkServer.flush` must follow.
   */
  close(): void {
    if (this.#isClosing || this.#isClosed) return
    this.#isClosing = true
    this.#dropWaiting()
    this.#owner.markReady(this)
  }

  /** Closes at once; answers that have not left are lost. */
  abort(): void {
    if (this.#isClosed) return
    this.#isClosing = true
    this.#dropWaiting()
    this.#owner.closeTransport(this, false)
  }

  /** For the server: the transport has ended it. Slots may still be completed, to no effect. */
  markClosed(): void {
    this.#isClosed = true
    this.#dropWaiting()
    this.#slots.length = 0
  }

  #mayStart(frame: Frame): boolean {
    if (this.#isHeld || this.#holdBackCount > 0 || !this.#owner.mayGoOn(this)) return false
    if (this.#slots.length === 0) return true
    if (this.#slots.length >= this.#limits.slotsMax) return false
    return this.#owner.canOverlap(this.#slots, apiKeyOf(frame))
  }

  #start(frame: Frame): void {
    const slot = new RequestSlot(this, apiKeyOf(frame))
    this.#slots.push(slot)
    assert(this.#slots.length <= this.#limits.slotsMax, 'answer slots are bounded')
    this.#owner.onRequest(slot, frame)
  }

  #enqueue(frame: Frame): void {
    const sizeBytes = frameSizeBytes(frame)
    const copyMaxBytes = this.#holdBackCount > 0 ? HELD_BACK_COPY_MAX_BYTES : COPY_MAX_BYTES
    if (sizeBytes > copyMaxBytes && frame.slabIndex >= 0) {
      this.#owner.retainSlab(frame.slabIndex)
      this.#waiting.push(frame)
    } else {
      const bytes = frame.bytes.slice(frame.start, frame.end)
      this.#waiting.push({ bytes, start: 0, end: sizeBytes, slabIndex: -1, arrivedMs: frame.arrivedMs })
    }
    this.#waitingBytes += sizeBytes
    this.#tellHeldBackBytes()
    const { waitingFramesMax, waitingBytesMax } = this.#limits
    if (this.#waiting.length < waitingFramesMax && this.#waitingBytes < waitingBytesMax) return
    this.#isFull = true
    this.#updateReading()
  }

  #resumeIfRoom(): void {
    if (!this.#isFull || this.#isClosed || this.#isClosing) return
    const { waitingFramesMax, waitingBytesMax } = this.#limits
    if (this.#waiting.length * 2 > waitingFramesMax || this.#waitingBytes * 2 > waitingBytesMax) return
    this.#isFull = false
    this.#updateReading()
  }

  #updateReading(): void {
    const isPaused = this.#isFull || this.#holdBackCount > 0
    if (isPaused === this.#isPaused || this.#isClosed || this.#isClosing) return
    this.#isPaused = isPaused
    if (isPaused) this.#owner.pauseReading(this)
    else this.#owner.resumeReading(this)
  }

  #dropWaiting(): void {
    for (const frame of this.#waiting) {
      if (frame.slabIndex >= 0) this.#owner.releaseSlab(frame.slabIndex)
    }
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#tellHeldBackBytes()
  }

  #tellHeldBackBytes(): void {
    const isHeldBack = this.#holdBackCount > 0 && !this.#isClosed
    const bytes = isHeldBack ? this.#waitingBytes + this.#owner.unfinishedBytes(this) : 0
    if (bytes !== this.#heldBackBytes) this.#owner.onHeldBackBytes(bytes - this.#heldBackBytes)
    this.#heldBackBytes = bytes
  }
}
