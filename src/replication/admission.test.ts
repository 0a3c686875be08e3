import { expect, test } from 'vitest'
import { defaultTopicConfig } from '../config/topic-config.ts'
import { RecordBatch } from '../protocol/record-batch.ts'
import type { CheckedBatch } from '../storage/append-validation.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import { AdmissionQueue, needsWorker, type Offer } from './admission.ts'

const GZIP = 1
const COMPACTED = { ...defaultTopicConfig, cleanupCompact: true }

function batchOf(sizeBytes: number, codec: number): Uint8Array {
  const batch = new Uint8Array(sizeBytes)
  batch[RecordBatch.ATTRIBUTES + 1] = codec
  return batch
}

/** A queue whose workers finish when the test says so. */
class Workshop {
  readonly admitted: { name: number; checked: CheckedBatch | null }[] = []
  readonly #names = new Map<Offer, number>()
  readonly finish: ((reason: number) => void)[] = []
  passes = 0
  readonly queue: AdmissionQueue

  constructor() {
    const native = {
      checkOnWorker: (_bytes, _flags, _max, _out, done) => void this.finish.push(done),
    } as Pick<BatchNative, 'checkOnWorker'> as BatchNative
    this.queue = new AdmissionQueue(
      native,
      (offer, checked) => this.admitted.push({ name: this.#names.get(offer)!, checked }),
      () => {
        this.passes += 1
      },
    )
  }

  push(name: number, batch: Uint8Array, config = defaultTopicConfig): void {
    const offer: Offer = { batch, nowMs: 0, onAdmitted() {} }
    this.#names.set(offer, name)
    this.queue.push(offer, config)
  }

  get names(): readonly number[] {
    return this.admitted.map(({ name }) => name)
  }
}

test('only a large compressed batch is worth a worker', () => {
  expect(needsWorker(batchOf(1024 * 1024, 0))).toBe(false)
  expect(needsWorker(batchOf(1024, GZIP))).toBe(false)
  expect(needsWorker(batchOf(64 * 1024, GZIP))).toBe(true)
})

test('batches go in as they came, whichever worker is done first', () => {
  const shop = new Workshop()
  shop.push(0, batchOf(64 * 1024, GZIP))
  shop.push(1, batchOf(100, 0))
  shop.push(2, batchOf(64 * 1024, GZIP))
  expect(shop.names).toEqual([])
  shop.finish[1]!(0)
  expect(shop.names).toEqual([])
  expect(shop.queue.isEmpty).toBe(false)
  shop.finish[0]!(0)
  expect(shop.names).toEqual([0, 1, 2])
  expect(shop.queue.isEmpty).toBe(true)
  expect(shop.passes).toBe(2)
})

test('a batch behind one that was checked goes in unchecked, for the log to check', () => {
  const shop = new Workshop()
  shop.push(0, batchOf(64 * 1024, GZIP), COMPACTED)
  shop.push(1, batchOf(100, GZIP), COMPACTED)
  shop.finish[0]!(7)
  expect(shop.admitted[0]?.checked).toMatchObject({ flags: 1, reason: 7 })
  expect(shop.admitted[1]?.checked).toBeNull()
})
