import type { EpochEntry } from '../../src/storage/leader-epoch-cache.ts'
import type { ProducerBatch } from '../../src/storage/producer-state.ts'

/** One batch, as its writer knows it. */
export interface ModelBatch {
  readonly baseOffset: number
  readonly values: readonly string[]
  /** The same for all records of the batch. */
  readonly timestampMs: number
  readonly leaderEpoch: number
  /** -1 for none. */
  readonly producerId: number
  readonly baseSequence: number
}

const PRODUCER_BATCHES_MAX = 5

function lastOffsetOf(batch: ModelBatch): number {
  return batch.baseOffset + batch.values.length - 1
}

/** A log as simple as it can be: a list of batches, gone through for every question. */
export class LogModel {
  readonly batches: ModelBatch[]

  constructor(batches: readonly ModelBatch[] = []) {
    this.batches = [...batches]
  }

  get endOffset(): number {
    const last = this.batches.at(-1)
    return last === undefined ? 0 : lastOffsetOf(last) + 1
  }

  /** The records from `offset` on, each with its offset before it. */
  recordsFrom(offset: number): string[] {
    return this.batches
      .flatMap(({ baseOffset, values }) => values.map((value, index) => `${baseOffset + index} ${value}`))
      .filter(record => Number(record.split(' ')[0]) >= offset)
  }

  batchOf(offset: number): ModelBatch | undefined {
    return this.batches.find(batch => lastOffsetOf(batch) >= offset)
  }

  firstAtTime(timestampMs: number, fromOffset: number): number | undefined {
    const batch = this.batches.find(
      other => other.timestampMs >= timestampMs && lastOffsetOf(other) >= fromOffset,
    )
    return batch && Math.max(batch.baseOffset, fromOffset)
  }

  /** The last five batches of a producer. */
  window(producerId: number): ModelBatch[] {
    return this.batches.filter(batch => batch.producerId === producerId).slice(-PRODUCER_BATCHES_MAX)
  }

  nextSequence(producerId: number): number {
    const last = this.window(producerId).at(-1)
    return last === undefined ? 0 : last.baseSequence + last.values.length
  }

  /** What the log must remember of a producer. */
  producerBatches(producerId: number): ProducerBatch[] {
    return this.window(producerId).map(batch => ({
      lastSequence: batch.baseSequence + batch.values.length - 1,
      lastOffset: lastOffsetOf(batch),
      offsetDelta: batch.values.length - 1,
      timestampMs: batch.timestampMs,
    }))
  }

  epochs(): EpochEntry[] {
    const entries: EpochEntry[] = []
    for (const { leaderEpoch, baseOffset } of this.batches) {
      if (entries.at(-1)?.leaderEpoch !== leaderEpoch) entries.push({ leaderEpoch, startOffset: baseOffset })
    }
    return entries
  }

  /** The batches before `endOffset`. */
  upTo(endOffset: number): LogModel {
    return new LogModel(this.batches.filter(batch => lastOffsetOf(batch) < endOffset))
  }
}
