import type { DelayedFetches } from '../replication/delayed-fetches.ts'
import type { Partitions } from '../replication/partitions.ts'

export interface PassPorts {
  readonly partitions: Partitions
  readonly delayedFetches: DelayedFetches
  /** The network handles a wake-up: it ends the pass and sends by itself. */
  readonly isNetworkInPass: () => boolean
  /** Sends the answers that were completed outside a wake-up of the network. */
  readonly flushNetwork: () => void
}

/**
 * What ends every turn of the loop in which something was staged or answered: one write per touched segment, the
 * answers and parked fetches that this completes, one send. The network ends its own passes; `schedule` is for the rest
 * (timers, promises, completions of the disk), and for what is staged while a pass ends.
 */
export class Pass {
  readonly #ports: PassPorts
  #isScheduled = false

  constructor(ports: PassPorts) {
    this.#ports = ports
  }

  /** The network's pass: it sends by itself. */
  end(): void {
    this.#ports.partitions.endPass()
    this.#ports.delayedFetches.retryDirty()
  }

  /** An answer was completed: it leaves with the network's pass, or with one that is made for it. */
  answered(): void {
    if (!this.#ports.isNetworkInPass()) this.schedule()
  }

  /** Behind everything else of this turn; once however often it is asked for. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.end()
      this.#ports.flushNetwork()
    })
  }
}
