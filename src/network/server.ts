import { assert } from '../base/assert.ts'
import type { Clock, Timer, Timers } from '../base/clock.ts'
import {
  type CloseReason,
  CONNECTION_STATE_LENGTH,
  FRAME_ROW_LENGTH,
  type Transport,
  type TransportEvents,
  type TransportOptions,
} from '../base/transport.ts'
import { type Answer, answerSizeBytes } from './answer.ts'
import { AnswerQueue } from './answer-queue.ts'
import { Connection, type ConnectionLimits, type ConnectionOwner, type RequestSlot } from './connection.ts'
import { ConnectionSweep } from './connection-sweep.ts'
import type { Frame } from './frame.ts'
import { type BoundListener, bindListener, type ListenAddress } from './listener.ts'
import { createNetworkCounters, type NetworkCounters } from './network-counters.ts'
import { Turn } from './turn.ts'

export interface NetworkServerOptions extends TransportOptions, ConnectionLimits {
  /** `connections.max.idle.ms`; 0 or less: never. */
  readonly idleMs: number
  readonly unfinishedFrameMs: number
  readonly connectionsPerAddressMax: number
}

/** What the broker does with requests. */
export interface NetworkHandler {
  /**
   * One request. Its bytes die with the call unless their slab is retained (`retainSlab`). Answer with `slot.complete`,
   * now or later.
   */
  onRequest(slot: RequestSlot, frame: Frame): void
  /** All requests of this pass were handed over: write what they staged, complete what can be. */
  onPassEnd(): void
  /** The transport has taken over all answers so far, with their file ranges. */
  onSent(): void
  /** May a request be handled while these are not answered yet? Answers leave in order either way. */
  canOverlap(pending: readonly RequestSlot[], apiKey: number): boolean
  onConnectionOpened(connection: Connection): void
  onConnectionClosed(connection: Connection, reason: CloseReason): void
}

export interface NetworkEnvironment {
  readonly clock: Clock
  readonly timers: Timers
  createTransport(options: TransportOptions, events: TransportEvents): Transport
}

/**
 * All connections of a broker. A pass is: hand over every request that may start, `onPassEnd`, then one send of all
 * answers. It runs for each wake-up of the transport, and in `flush` for answers that were completed outside one.
 */
export class NetworkServer {
  readonly counters: NetworkCounters = createNetworkCounters()
  readonly #environment: NetworkEnvironment
  readonly #options: NetworkServerOptions
  readonly #handler: NetworkHandler
  readonly #transport: Transport
  readonly #answers: AnswerQueue
  readonly #sweep: ConnectionSweep
  readonly #turn: Turn<Connection>
  readonly #state = new Float64Array(CONNECTION_STATE_LENGTH)
  readonly #owner: ConnectionOwner
  readonly #connections = new Map<number, Connection>()
  readonly #connectionsPerAddress = new Map<string, number>()
  #ready: Connection[] = []
  #draining: Connection[] = []
  /** Since the last send; of those who have more waiting. */
  readonly #answered = new Set<Connection>()
  /** Their frames were handled, but what a handler staged of them is written by `onPassEnd` only. */
  #spentSlabs: number[] = []
  #sweepTimer: Timer | null = null
  #emptyWaiters: (() => void)[] = []
  #heldBackBytes = 0
  #isInPass = false
  /** Monotonic, of the pass that goes on. */
  #passMs = 0
  #isClosed = false

  constructor(environment: NetworkEnvironment, options: NetworkServerOptions, handler: NetworkHandler) {
    this.#environment = environment
    this.#options = options
    this.#handler = handler
    this.#transport = environment.createTransport(options, this.#transportEvents())
    this.#answers = new AnswerQueue(this.#transport)
    this.#sweep = new ConnectionSweep(this.#transport, options)
    const { clock, timers } = environment
    const onNext = (postponed: readonly Connection[]) => this.#onNextTurn(postponed)
    this.#turn = new Turn(options.sendQueueHighWaterBytes, { clock, timers, onNext })
    this.#owner = this.#connectionOwner()
    this.#armSweep()
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Requests are being handled, or answers sent: answers that are completed now leave at the end of it. */
  get isInPass(): boolean {
    return this.#isInPass
  }

  /** What connections that are held back have sent beyond what is handled: frames, whole or not. */
  get heldBackBytes(): number {
    return this.#heldBackBytes
  }

  /** Answers when there is no connection, then or now. */
  whenEmpty(): Promise<void> {
    return new Promise(resolve => {
      this.#emptyWaiters.push(resolve)
      this.#tellEmpty()
    })
  }

  connections(): IterableIterator<Connection> {
    return this.#connections.values()
  }

  /** Throws NetworkError. */
  listen(address: ListenAddress, listenerId: number): BoundListener {
    return bindListener(this.#transport, address, listenerId)
  }

  stopAccepting(): void {
    this.#transport.stopAccepting()
  }

  /** Counted: each needs its `releaseSlabAfterPass`. Does nothing for -1. */
  retainSlab(slabIndex: number): void {
    if (slabIndex >= 0) this.#transport.retainSlab(slabIndex)
  }

  /** Once the pass under way, or the next one, has written what was staged of it. */
  releaseSlabAfterPass(slabIndex: number): void {
    if (slabIndex >= 0) this.#spentSlabs.push(slabIndex)
  }

  /** Sends what was completed outside a wake-up; call it once, at the end of the completer's pass. */
  flush(): void {
    if (this.#isInPass || this.#isClosed) return
    this.#beginPass()
    if (this.#ready.length > 0) this.#proceedReady()
    this.#sendAll()
    this.#isInPass = false
  }

  /** Ends all connections at once. Nothing is called after it. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sweepTimer?.cancel()
    this.#turn.close()
    for (const connection of this.#connections.values()) connection.markClosed()
    this.#connections.clear()
    this.#transport.close()
    this.#tellEmpty()
  }

  #tellEmpty(): void {
    if (this.#connections.size > 0) return
    const waiters = this.#emptyWaiters
    this.#emptyWaiters = []
    for (const resolve of waiters) resolve()
  }

  #transportEvents(): TransportEvents {
    return {
      onConnection: (connectionId, listenerId, remoteAddress, remotePort) =>
        this.#onConnection({ connectionId, listenerId, remoteAddress, remotePort }),
      onFrames: (rows, count, slabs) => this.#onFrames(rows, count, slabs),
      onClose: (connectionId, reason) => this.#onClose(connectionId, reason),
      onDrain: connectionId => this.#onDrain(connectionId),
    }
  }

  #connectionOwner(): ConnectionOwner {
    return {
      canOverlap: (pending, apiKey) => this.#handler.canOverlap(pending, apiKey),
      mayGoOn: connection => this.#turn.mayGoOn(connection),
      onRequest: (slot, frame) => this.#handler.onRequest(slot, frame),
      sendAnswer: (connection, answer) => this.#sendAnswer(connection, answer),
      markReady: connection => this.#ready.push(connection),
      pauseReading: connection => this.#transport.pauseReading(connection.connectionId),
      resumeReading: connection => this.#transport.resumeReading(connection.connectionId),
      unfinishedBytes: connection => this.#unfinishedBytes(connection),
      onHeldBackBytes: deltaBytes => {
        this.#heldBackBytes += deltaBytes
      },
      retainSlab: slabIndex => this.retainSlab(slabIndex),
      releaseSlab: slabIndex => this.releaseSlabAfterPass(slabIndex),
      closeTransport: (connection, drain) => this.#closeTransport(connection, drain),
    }
  }

  #onConnection(identity: {
    connectionId: number
    listenerId: number
    remoteAddress: string
    remotePort: number
  }): void {
    const { connectionId, remoteAddress } = identity
    const fromAddress = this.#connectionsPerAddress.get(remoteAddress) ?? 0
    if (fromAddress >= this.#options.connectionsPerAddressMax) {
      this.counters.connectionsRefused += 1
      this.#transport.closeConnection(connectionId, false)
      return
    }
    this.#connectionsPerAddress.set(remoteAddress, fromAddress + 1)
    this.counters.connectionsOpened += 1
    const nowMs = this.#environment.clock.monotonicMs()
    const connection = new Connection(identity, nowMs, this.#options, this.#owner)
    this.#connections.set(connectionId, connection)
    this.#handler.onConnectionOpened(connection)
  }

  #onNextTurn(postponed: readonly Connection[]): void {
    for (const connection of postponed) {
      if (connection.isOpen) this.#ready.push(connection)
    }
    this.flush()
  }

  #onDrain(connectionId: number): void {
    this.#connections.get(connectionId)?.setHeld(false)
    this.flush()
  }

  #onFrames(rows: Int32Array, count: number, slabs: readonly (Uint8Array | undefined)[]): void {
    assert(!this.#isInPass, 'a wake-up does not come within a pass')
    this.#beginPass()
    this.counters.wakeUps += 1
    this.counters.framesReceived += count
    for (let i = 0; i < count; i += 1) this.#onFrame(rows, i * FRAME_ROW_LENGTH, slabs)
    this.#handler.onPassEnd()
    this.#proceedReady()
    this.#sendAll()
    this.#isInPass = false
  }

  #beginPass(): void {
    this.#isInPass = true
    this.#passMs = this.#environment.clock.monotonicMs()
    this.#turn.begin(this.#passMs)
  }

  #onFrame(rows: Int32Array, at: number, slabs: readonly (Uint8Array | undefined)[]): void {
    const connection = this.#connections.get(rows[at]!)
    // Refused, or aborted earlier in this pass.
    if (connection === undefined) return
    const slabIndex = rows[at + 1]!
    const bytes = slabs[slabIndex]
    assert(bytes !== undefined, 'the slab of a frame is there')
    const start = rows[at + 2]!
    connection.lastActiveMs = this.#passMs
    const end = start + rows[at + 3]!
    connection.accept({ bytes, start, end, slabIndex, arrivedMs: this.#passMs })
  }

  /** Requests that waited for the ones before them; ends because what waits is bounded and nothing is read here. */
  #proceedReady(): void {
    while (this.#ready.length > 0) {
      const ready = this.#ready
      this.#ready = []
      for (const connection of ready) connection.proceed()
      this.#handler.onPassEnd()
      this.#releaseSpentSlabs()
    }
  }

  #releaseSpentSlabs(): void {
    if (this.#spentSlabs.length === 0) return
    for (const slabIndex of this.#spentSlabs) this.#transport.releaseSlab(slabIndex)
    this.#spentSlabs = []
  }

  #sendAll(): void {
    this.#answers.flush()
    this.#handler.onSent()
    this.#holdSlowReaders()
    this.#releaseSpentSlabs()
    if (this.#draining.length === 0) return
    const draining = this.#draining
    this.#draining = []
    for (const connection of draining) this.#transport.closeConnection(connection.connectionId, true)
  }

  /** What they have sent waits until what they were answered has left: else the answers would pile up here. */
  #holdSlowReaders(): void {
    if (this.#answered.size === 0) return
    for (const connection of this.#answered) {
      const { connectionId, waitingCount } = connection
      if (waitingCount === 0 || !this.#transport.connectionState(connectionId, this.#state)) continue
      if (this.#state[2]! > this.#options.sendQueueHighWaterBytes) connection.setHeld(true)
    }
    this.#answered.clear()
  }

  #sendAnswer(connection: Connection, answer: Answer): void {
    connection.lastActiveMs = this.#isInPass ? this.#passMs : this.#environment.clock.monotonicMs()
    if (connection.waitingCount > 0) this.#answered.add(connection)
    this.#turn.answered(connection, answerSizeBytes(answer))
    this.#answers.push(connection.connectionId, answer)
  }

  #unfinishedBytes({ connectionId }: Connection): number {
    return this.#transport.connectionState(connectionId, this.#state) ? this.#state[1]! : 0
  }

  #closeTransport(connection: Connection, drain: boolean): void {
    // Its last answers are still in the answer queue.
    if (drain) this.#draining.push(connection)
    else this.#transport.closeConnection(connection.connectionId, false)
  }

  #onClose(connectionId: number, reason: CloseReason): void {
    this.counters.closes[reason] += 1
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    this.#connections.delete(connectionId)
    connection.markClosed()
    if (!this.#isInPass) this.#releaseSpentSlabs()
    this.#sweep.forget(connection)
    const { remoteAddress } = connection
    const left = (this.#connectionsPerAddress.get(remoteAddress) ?? 1) - 1
    if (left === 0) this.#connectionsPerAddress.delete(remoteAddress)
    else this.#connectionsPerAddress.set(remoteAddress, left)
    this.#handler.onConnectionClosed(connection, reason)
    this.#tellEmpty()
  }

  #armSweep(): void {
    this.#sweepTimer = this.#environment.timers.set(this.#sweep.intervalMs, () => {
      this.#closeOverdue()
      this.#armSweep()
    })
  }

  #closeOverdue(): void {
    const nowMs = this.#environment.clock.monotonicMs()
    for (const connection of this.#connections.values()) {
      const overdue = this.#sweep.check(connection, nowMs)
      if (overdue === null) continue
      if (overdue === 'idle') this.counters.idleCloses += 1
      else if (overdue === 'holds-memory') this.counters.memoryHolderCloses += 1
      else this.counters.unfinishedFrameCloses += 1
      connection.abort()
    }
  }
}
