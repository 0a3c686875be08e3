import { BatchAttributes, RecordBatch } from '../protocol/record-batch.ts'
import type { AppendResult } from '../storage/append-result.ts'
import {
  batchCheckFlags,
  type CheckedBatch,
  createCheckRow,
  DECOMPRESSED_MAX_BYTES,
} from '../storage/append-validation.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import type { LogConfig } from '../storage/log-config.ts'

/** A compressed batch up to this size is decompressed on the loop: cheaper than two hops to a worker and back. */
const INLINE_COMPRESSED_MAX_BYTES = 16 * 1024

/** One batch on its way into a partition. */
export interface Offer {
  readonly batch: Uint8Array
  readonly nowMs: number
  /** The batch was staged or refused. Its bytes are needed until the pass ends. */
  onAdmitted(result: AppendResult): void
}

interface Waiting {
  readonly offer: Offer
  checked: CheckedBatch | null
  isReady: boolean
}

/** True for a batch whose check would hold up the loop. */
export function needsWorker(batch: Uint8Array): boolean {
  if (batch.length <= INLINE_COMPRESSED_MAX_BYTES) return false
  return (batch[RecordBatch.ATTRIBUTES + 1]! & BatchAttributes.CODEC_MASK) !== 0
}

/**
 * The batches of one partition that wait for a worker, and all that came behind them: a partition takes batches in the
 * order of their arrival. What the log asks of a batch is asked when its turn has come, not when it came.
 */
export class AdmissionQueue {
  readonly #native: BatchNative
  readonly #admit: (offer: Offer, checked: CheckedBatch | null) => void
  readonly #onAdmittedLater: () => void
  #waiting: Waiting[] = []

  constructor(
    native: BatchNative,
    admit: (offer: Offer, checked: CheckedBatch | null) => void,
    onAdmittedLater: () => void,
  ) {
    this.#native = native
    this.#admit = admit
    this.#onAdmittedLater = onAdmittedLater
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** The batch's bytes must stay as they are until its offer is told. */
  push(offer: Offer, config: LogConfig): void {
    const waiting: Waiting = { offer, checked: null, isReady: !needsWorker(offer.batch) }
    this.#waiting.push(waiting)
    if (!waiting.isReady) this.#check(waiting, batchCheckFlags(config, 'client'))
  }

  #check(waiting: Waiting, flags: number): void {
    const row = createCheckRow()
    this.#native.checkOnWorker(waiting.offer.batch, flags, DECOMPRESSED_MAX_BYTES, row, reason => {
      waiting.checked = { flags, reason, row }
      waiting.isReady = true
      this.#drain()
    })
  }

  #drain(): void {
    while (this.#waiting[0]?.isReady === true) {
      const { offer, checked } = this.#waiting.shift()!
      this.#admit(offer, checked)
    }
    this.#onAdmittedLater()
  }
}
