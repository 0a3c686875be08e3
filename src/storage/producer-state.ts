import { ErrorCode } from '../protocol/error-code.ts'
import type { LogRefusal } from './append-result.ts'

/** Batches per producer whose repetition is recognised: a producer has five requests in flight at most. */
export const PRODUCER_BATCHES_MAX = 5

const SEQUENCE_MAX = 0x7fff_ffff
const NO_EPOCH = -1

/** What is remembered of one batch. */
export interface ProducerBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last offset less base offset. */
  readonly offsetDelta: number
  readonly timestampMs: number
}

export interface ProducerEntry {
  readonly producerId: number
  readonly producerEpoch: number
  /** The oldest first; never more than PRODUCER_BATCHES_MAX. */
  readonly batches: readonly ProducerBatch[]
  /** Wall clock of the last append, or of the start that found it: not the records' time, which may be years ago. */
  readonly lastSeenMs: number
}

/** The fields of a batch that the producer state looks at. */
export interface ProducerAppend {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastOffsetDelta: number
}

export type ProducerVerdict = { readonly ok: true; readonly duplicateOf: ProducerBatch | null } | LogRefusal

const NO_ENTRIES: Map<number, ProducerEntry> = new Map()
const ACCEPTED: ProducerVerdict = { ok: true, duplicateOf: null }

/** Sequences wrap from 2^31-1 to 0 (IDM-1). */
function addSequence(sequence: number, increment: number): number {
  return sequence > SEQUENCE_MAX - increment
    ? increment - (SEQUENCE_MAX - sequence) - 1
    : sequence + increment
}

/** The idempotent producers of one partition (IDM-1, KIP-98). Batches without a producer id don't reach it. */
export class ProducerState {
  /** NO_ENTRIES until there is one: most partitions that are idle have none. */
  #entries = NO_ENTRIES
  #hasSavepoint = false
  /** What the touched producers were at the savepoint, null for unknown; null when none was touched. */
  #undo: Map<number, ProducerEntry | null> | null = null

  get size(): number {
    return this.#entries.size
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values()
  }

  /** May this batch follow? Nothing changes. Of a producer that is not known any sequence is right. */
  check(append: ProducerAppend): ProducerVerdict {
    const entry = this.#entries.get(append.producerId)
    if (entry === undefined) return ACCEPTED
    const duplicateOf = findDuplicate(entry, append)
    if (duplicateOf !== undefined) return { ok: true, duplicateOf }
    if (append.producerEpoch < entry.producerEpoch) {
      const errorMessage = `producer ${append.producerId} has epoch ${entry.producerEpoch}, not ${append.producerEpoch}`
      return { ok: false, errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, errorMessage }
    }
    return checkSequence(entry, append)
  }

  /** The batch has got its offsets. Also the way of recovery, which takes every sequence as it comes. */
  add(append: ProducerAppend, lastOffset: number, timestampMs: number, nowMs: number): void {
    const entry = this.#entries.get(append.producerId)
    this.#remember(append.producerId, entry)
    const batch: ProducerBatch = {
      lastSequence: append.baseSequence < 0 ? -1 : addSequence(append.baseSequence, append.lastOffsetDelta),
      lastOffset,
      offsetDelta: append.lastOffsetDelta,
      timestampMs,
    }
    const sameEpoch = entry !== undefined && entry.producerEpoch === append.producerEpoch
    const earlier = sameEpoch ? entry.batches.slice(1 - PRODUCER_BATCHES_MAX) : []
    this.restore({
      producerId: append.producerId,
      producerEpoch: append.producerEpoch,
      batches: [...earlier, batch],
      lastSeenMs: nowMs,
    })
  }

  restore(entry: ProducerEntry): void {
    if (this.#entries === NO_ENTRIES) this.#entries = new Map()
    this.#entries.set(entry.producerId, entry)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Forgets producers that wrote nothing for `expirationMs` (producer.id.expiration.ms). */
  expire(nowMs: number, expirationMs: number): void {
    for (const { producerId, lastSeenMs } of this.#entries.values()) {
      if (nowMs - lastSeenMs >= expirationMs) this.#entries.delete(producerId)
    }
  }

  /** From here on `rollBack` is possible, until `commit`. */
  savepoint(): void {
    this.#hasSavepoint = true
    this.#undo = null
  }

  commit(): void {
    this.#hasSavepoint = false
    this.#undo = null
  }

  rollBack(): void {
    for (const [producerId, entry] of this.#undo ?? []) {
      if (entry === null) this.#entries.delete(producerId)
      else this.#entries.set(producerId, entry)
    }
    this.commit()
  }

  #remember(producerId: number, entry: ProducerEntry | undefined): void {
    if (!this.#hasSavepoint) return
    this.#undo ??= new Map()
    if (!this.#undo.has(producerId)) this.#undo.set(producerId, entry ?? null)
  }
}

function findDuplicate(entry: ProducerEntry, append: ProducerAppend): ProducerBatch | undefined {
  if (entry.producerEpoch !== append.producerEpoch) return undefined
  const lastSequence = addSequence(append.baseSequence, append.lastOffsetDelta)
  return entry.batches.find(
    batch => batch.lastSequence === lastSequence && batch.offsetDelta === append.lastOffsetDelta,
  )
}

function checkSequence(entry: ProducerEntry, append: ProducerAppend): ProducerVerdict {
  if (entry.producerEpoch === NO_EPOCH) return ACCEPTED
  const isNewEpoch = append.producerEpoch !== entry.producerEpoch
  const last = entry.batches.at(-1)
  const expected = isNewEpoch || last === undefined ? 0 : addSequence(last.lastSequence, 1)
  if (append.baseSequence === expected) return ACCEPTED
  const errorMessage = `producer ${append.producerId} sent sequence ${append.baseSequence}, ${expected} was due`
  return { ok: false, errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, errorMessage }
}
