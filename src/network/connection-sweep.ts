import { CONNECTION_STATE_LENGTH, type Transport } from '../base/transport.ts'
import type { Connection } from './connection.ts'

export interface SweepLimits {
  /** `connections.max.idle.ms`; 0 or less: never. */
  readonly idleMs: number
  /** How long a frame may take, beside what has come of it allows at the slowest speed. */
  readonly unfinishedFrameMs: number
}

export type Overdue = 'idle' | 'unfinished-frame' | 'holds-memory'

interface Unfinished {
  /** What has come, or was begun, by then. */
  readonly frameCount: number
  readonly sinceMs: number
}

/** A sender slower than this is not waited for. */
const SLOWEST_BYTES_PER_MS = 16

/** Finds connections that are idle, or hold a share of the request memory for a frame that never ends. */
export class ConnectionSweep {
  readonly #transport: Transport
  readonly #limits: SweepLimits
  readonly #unfinished = new Map<number, Unfinished>()
  readonly #holding = new Map<number, Unfinished>()
  readonly #state = new Float64Array(CONNECTION_STATE_LENGTH)

  constructor(transport: Transport, limits: SweepLimits) {
    this.#transport = transport
    this.#limits = limits
  }

  /** How often `check` should see each connection. */
  get intervalMs(): number {
    const { idleMs, unfinishedFrameMs } = this.#limits
    const shortest = idleMs > 0 ? Math.min(idleMs, unfinishedFrameMs) : unfinishedFrameMs
    return Math.min(Math.max(Math.ceil(shortest / 4), 10), 10_000)
  }

  /** Null while nothing is wrong with it. */
  check(connection: Connection, nowMs: number): Overdue | null {
    if (this.#isUnfinishedTooLong(connection, nowMs)) return 'unfinished-frame'
    if (this.#isHoldingTooLong(connection, nowMs)) return 'holds-memory'
    const { idleMs } = this.#limits
    const isIdle = idleMs > 0 && connection.pendingCount === 0 && nowMs - connection.lastActiveMs >= idleMs
    return isIdle ? 'idle' : null
  }

  forget(connection: Connection): void {
    this.#unfinished.delete(connection.connectionId)
    this.#holding.delete(connection.connectionId)
  }

  /** Behind a request that is not answered, while others are not read for want of the memory: a fetch may take days. */
  #isHoldingTooLong(connection: Connection, nowMs: number): boolean {
    const { connectionId, frameCount, waitingCount } = connection
    if (!connection.holdsMemory || !this.#transport.isShortOfMemory()) {
      this.#holding.delete(connectionId)
      return false
    }
    const startedCount = frameCount - waitingCount
    const known = this.#holding.get(connectionId)
    if (known === undefined || known.frameCount !== startedCount) {
      this.#holding.set(connectionId, { frameCount: startedCount, sinceMs: nowMs })
      return false
    }
    return nowMs - known.sinceMs >= this.#limits.unfinishedFrameMs
  }

  #isUnfinishedTooLong(connection: Connection, nowMs: number): boolean {
    const { connectionId, frameCount } = connection
    const exists = this.#transport.connectionState(connectionId, this.#state)
    const [receivedBytes = 0, frameSizeBytes = 0, , isRead = 0] = this.#state
    if (!exists || isRead === 0 || (receivedBytes === 0 && frameSizeBytes === 0)) {
      this.#unfinished.delete(connectionId)
      return false
    }
    const known = this.#unfinished.get(connectionId)
    if (known === undefined || known.frameCount !== frameCount) {
      this.#unfinished.set(connectionId, { frameCount, sinceMs: nowMs })
      return false
    }
    return nowMs - known.sinceMs >= this.#limits.unfinishedFrameMs + receivedBytes / SLOWEST_BYTES_PER_MS
  }
}
