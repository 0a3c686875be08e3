import { createBatchNative } from '../../src/broker/native-platform.ts'
import { type Codec, createCodecs } from '../../src/native/codecs.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { SeededRandom } from '../../src/platform/seeded-random.ts'
import { encodeRecordBatch } from '../../src/protocol/records/encode-record-batch.ts'

const CODECS: readonly Codec[] = [0, 1, 2, 3, 4]
const PRODUCERS = 4
const BATCHES = 700
/** Small ones, so that several lie between two index entries, and large ones that need an entry each. */
const RECORD_COUNTS: readonly number[] = [1, 1, 3, 20, 60]
const VALUE_MAX_BYTES = 600
const EPOCH_BUMP_AT = 500

/**
 * The batches that both logs are given: every codec, plain and idempotent producers, one of which gets a new epoch on
 * the way, times that go back now and then.
 */
export function batchesToWrite(seed: number, startMs: number): Uint8Array[] {
  const random = new SeededRandom(seed)
  const binding = loadNativeBinding()
  const codecs = createCodecs(binding)
  const { crc32c } = createBatchNative(binding)
  const sequences = new Map<string, number>()
  return Array.from({ length: BATCHES }, (_, index) => {
    const codec = CODECS[random.below(CODECS.length)]!
    const timestampMs = startMs + index * 10 - random.below(200)
    const count = RECORD_COUNTS[random.below(RECORD_COUNTS.length)]!
    const records = Array.from({ length: count }, (_, place) => ({
      key: random.below(3) === 0 ? null : random.bytes(8),
      value: random.below(10) === 0 ? null : random.bytes(random.below(VALUE_MAX_BYTES)),
      headers: random.below(4) === 0 ? [{ key: 'h', value: random.bytes(4) }] : [],
      timestampMs: timestampMs + place,
    }))
    return encodeRecordBatch(
      {
        baseOffset: 0,
        records,
        attributes: codec,
        ...producerOf(random, index, count, sequences),
        ...(codec === 0 ? {} : { compress: bytes => codecs.compress(codec, bytes) }),
      },
      crc32c,
    )
  })
}

function producerOf(random: SeededRandom, index: number, count: number, sequences: Map<string, number>) {
  const producerId = random.below(PRODUCERS + 1)
  if (producerId === PRODUCERS) return {}
  const producerEpoch = producerId === 1 && index >= EPOCH_BUMP_AT ? 1 : 0
  const key = `${producerId} ${producerEpoch}`
  const baseSequence = sequences.get(key) ?? 0
  sequences.set(key, baseSequence + count)
  return { producerId, producerEpoch, baseSequence }
}
