import { BatchAttributes, RecordBatch } from '../protocol/record-batch.ts'
import type { AppendResult } from '../storage/append-result.ts'
import {
  batchCheckFlags,
  type CheckedBatch,
  createCheckRow,
  DECOMPRESSED_MAX_BYTES,
  needsPacking,
  partToPack,
} from '../storage/append-validation.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import type { LogConfig } from '../storage/log-config.ts'
import type { PackSlots } from './pack-slots.ts'

/**
 * By codec (none, gzip, snappy, lz4, zstd): a batch up to this size is checked on the loop. The two hops to a worker
 * and back would cost the loop more than half of that; `npm run bench:micro -- admission` measures both.
 */
const INLINE_MAX_BYTES = [Number.POSITIVE_INFINITY, 2 * 1024, 16 * 1024, 16 * 1024, 4 * 1024]
/** No such codec: the check says so. */
const INLINE_UNKNOWN_MAX_BYTES = 2 * 1024

/** One batch on its way into a partition. */
export interface Offer {
  readonly batch: Uint8Array
  readonly nowMs: number
  /** Monotonic: held back until then it is refused. */
  readonly deadlineMs: number
  /** Memory that it takes while it waits for the disk. */
  readonly heldBytes: number
  /** It waits for the disk, until `deadlineMs` at most, and `batch` may become a copy. */
  onHeld(): void
  /** The batch was staged or refused. Its bytes are needed until the pass ends. */
  onAdmitted(result: AppendResult): void
}

interface Waiting {
  readonly offer: Offer
  /** As it was when the batch came. */
  readonly config: LogConfig
  checked: CheckedBatch | null
  isReady: boolean
  /** It holds a slot, or waits for one. */
  readonly isToPack: boolean
}

/** True for a batch whose check would hold up the loop, or that has to be packed anew. */
export function needsWorker(batch: Uint8Array, config: LogConfig): boolean {
  if (batch.length < RecordBatch.HEADER_SIZE_BYTES) return false
  const codec = codecOf(batch)
  const inlineMaxBytes = INLINE_MAX_BYTES[codec] ?? INLINE_UNKNOWN_MAX_BYTES
  return batch.length > inlineMaxBytes || needsPacking(codec, config)
}

function codecOf(batch: Uint8Array): number {
  return batch[RecordBatch.ATTRIBUTES + 1]! & BatchAttributes.CODEC_MASK
}

/**
 * The batches of one partition that wait for a worker, and all that came behind them: a partition takes batches in the
 * order of their arrival. What the log asks of a batch is asked when its turn has come, not when it came.
 */
export class AdmissionQueue {
  readonly #native: BatchNative
  readonly #slots: PackSlots
  readonly #admit: (offer: Offer, checked: CheckedBatch | null) => void
  readonly #onAdmittedLater: () => void
  #waiting: Waiting[] = []

  constructor(
    native: BatchNative,
    slots: PackSlots,
    admit: (offer: Offer, checked: CheckedBatch | null) => void,
    onAdmittedLater: () => void,
  ) {
    this.#native = native
    this.#slots = slots
    this.#admit = admit
    this.#onAdmittedLater = onAdmittedLater
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** The batch's bytes must stay as they are until its offer is told. */
  push(offer: Offer, config: LogConfig): void {
    const isWorkToDo = needsWorker(offer.batch, config)
    const waiting: Waiting = {
      offer,
      config,
      checked: null,
      isReady: !isWorkToDo,
      isToPack: isWorkToDo && needsPacking(codecOf(offer.batch), config),
    }
    this.#waiting.push(waiting)
    if (waiting.isReady) return
    // In the order of arrival, before anything else: or who holds a slot might wait for one that gets none.
    if (waiting.isToPack) this.#slots.take(() => this.#check(waiting))
    else this.#check(waiting)
  }

  #check(waiting: Waiting): void {
    const { offer, config } = waiting
    const flags = batchCheckFlags(config, 'client')
    const row = createCheckRow()
    this.#native.checkOnWorker(offer.batch, flags, DECOMPRESSED_MAX_BYTES, row, reason => {
      const checked = { flags, reason, row, packed: null }
      const part = waiting.isToPack ? partToPack(offer.batch, checked, config) : null
      if (part !== null) this.#pack(waiting, checked, part)
      else this.#done(waiting, checked)
    })
  }

  #pack(waiting: Waiting, checked: CheckedBatch, batch: Uint8Array): void {
    const target = waiting.config.storedCodec!
    const sizeMaxBytes = waiting.config.maxMessageSizeBytes
    this.#native.packOnWorker(batch, target, sizeMaxBytes, packed => {
      this.#done(waiting, { ...checked, packed: { target, sizeMaxBytes, batch: packed } })
    })
  }

  #done(waiting: Waiting, checked: CheckedBatch): void {
    waiting.checked = checked
    waiting.isReady = true
    this.#drain()
  }

  #drain(): void {
    let slotCount = 0
    while (this.#waiting[0]?.isReady === true) {
      const { offer, checked, isToPack } = this.#waiting.shift()!
      this.#admit(offer, checked)
      if (isToPack) slotCount += 1
    }
    this.#onAdmittedLater()
    // They are written by the pass that was asked for, before a worker can bring the next.
    for (let given = 0; given < slotCount; given += 1) this.#slots.give()
  }
}
