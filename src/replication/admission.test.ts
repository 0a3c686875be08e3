import { expect, test } from 'vitest'
import { defaultTopicConfig } from '../config/topic-config.ts'
import { RecordBatch } from '../protocol/record-batch.ts'
import type { CheckedBatch } from '../storage/append-validation.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import { AdmissionQueue, needsWorker, type Offer } from './admission.ts'
import { PackSlots } from './pack-slots.ts'

const GZIP = 1
const SLOTS = 2
const COMPACTED = { ...defaultTopicConfig, cleanupCompact: true }
const AS_GZIP = { ...defaultTopicConfig, storedCodec: { codec: GZIP, level: -1 } }

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
  /** What a worker is asked to pack; the check has found SIZE_BYTES 0. */
  readonly packed: ((batch: Uint8Array | null) => void)[] = []
  passes = 0
  readonly queue: AdmissionQueue

  constructor() {
    const native = {
      checkOnWorker: (_bytes, _flags, _max, _out, done) => void this.finish.push(done),
      packOnWorker: (_batch, _target, _max, done) => void this.packed.push(done),
    } as Pick<BatchNative, 'checkOnWorker' | 'packOnWorker'> as BatchNative
    this.queue = new AdmissionQueue(
      native,
      new PackSlots(SLOTS),
      (offer, checked) => this.admitted.push({ name: this.#names.get(offer)!, checked }),
      () => {
        this.passes += 1
      },
    )
  }

  push(name: number, batch: Uint8Array, config = defaultTopicConfig): void {
    const offer: Offer = { batch, nowMs: 0, deadlineMs: 0, heldBytes: 0, onHeld() {}, onAdmitted() {} }
    this.#names.set(offer, name)
    this.queue.push(offer, config)
  }

  get names(): readonly number[] {
    return this.admitted.map(({ name }) => name)
  }
}

test('only a large compressed batch is worth a worker, and one that is packed anew', () => {
  const needs = (sizeBytes: number, codec: number, config = defaultTopicConfig) =>
    needsWorker(batchOf(sizeBytes, codec), config)
  expect([needs(1024 * 1024, 0), needs(1024, GZIP), needs(64 * 1024, GZIP)]).toEqual([false, false, true])
  const [snappy, lz4, zstd, unknown] = [2, 3, 4, 5]
  expect([snappy, lz4, zstd].map(codec => needs(4 * 1024, codec))).toEqual([false, false, false])
  expect([snappy, lz4, zstd].map(codec => needs(8 * 1024, codec))).toEqual([false, false, true])
  expect([snappy, lz4, unknown].map(codec => needs(17 * 1024, codec!))).toEqual([true, true, true])
  expect([needs(100, 0, AS_GZIP), needs(100, GZIP, AS_GZIP)]).toEqual([true, false])
  expect(needs(60, 0, AS_GZIP)).toBe(false)
})

test('CMP-1: a batch is packed behind its check, unless that found a fault, and the log is told of both', () => {
  const shop = new Workshop()
  shop.push(0, batchOf(100, 0), AS_GZIP)
  expect(shop.packed).toHaveLength(0)
  shop.finish[0]!(0)
  const bytes = batchOf(80, GZIP)
  shop.packed[0]!(bytes)
  const packed = { target: AS_GZIP.storedCodec, sizeMaxBytes: AS_GZIP.maxMessageSizeBytes, batch: bytes }
  expect(shop.admitted[0]?.checked).toMatchObject({ reason: 0, packed })
  shop.push(1, batchOf(100, 0), AS_GZIP)
  shop.finish[1]!(4)
  expect(shop.admitted[1]?.checked).toMatchObject({ reason: 4, packed: null })
  expect(shop.packed).toHaveLength(1)
})

test('no more batches are packed at a time than there are slots, whichever check is done first', () => {
  const shop = new Workshop()
  for (let name = 0; name < 4; name += 1) shop.push(name, batchOf(100, 0), AS_GZIP)
  expect(shop.finish).toHaveLength(SLOTS)
  shop.finish[1]!(0)
  shop.packed[0]!(null)
  expect([shop.names, shop.finish.length]).toEqual([[], SLOTS])
  shop.finish[0]!(0)
  shop.packed[1]!(null)
  expect([shop.names, shop.finish.length]).toEqual([[0, 1], 2 * SLOTS])
})

test('a slot goes to who waits longest: those behind him hold theirs until he is in', () => {
  const shop = new Workshop()
  for (let name = 0; name < 3 * SLOTS; name += 1) shop.push(name, batchOf(100, 0), AS_GZIP)
  for (let at = 0; at < shop.finish.length; at += 1) {
    shop.finish[at]!(0)
    shop.packed[at]!(null)
  }
  expect(shop.names).toEqual([0, 1, 2, 3, 4, 5])
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
