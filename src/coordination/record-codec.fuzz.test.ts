import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { ShardRecord } from './group-shard.ts'
import { decodeShardRecord, encodeShardRecord } from './record-codec.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 300 })
const nullableText = fc.option(text)
const int32 = fc.integer()
const blob = fc.uint8Array({ maxLength: 400 })

const member = fc.record({
  memberId: text,
  groupInstanceId: nullableText,
  clientId: text,
  clientHost: text,
  rebalanceTimeoutMs: int32,
  sessionTimeoutMs: int32,
  subscription: blob,
  assignment: blob,
})

const group: fc.Arbitrary<ShardRecord> = fc
  .record({
    protocolType: fc.option(fc.string({ minLength: 1, maxLength: 20 })),
    generationId: int32,
    protocolName: nullableText,
    leaderId: nullableText,
    currentStateTimestampMs: fc.option(fc.maxSafeNat()),
    members: fc.array(member, { maxLength: 5 }),
  })
  .map(fields => ({
    type: 'Group',
    groupId: 'g',
    volatile: false,
    record: { type: 'GroupMetadata', volatile: false, ...fields },
  }))

const offset: fc.Arbitrary<ShardRecord> = fc
  .record({
    groupId: text,
    topic: text,
    partitionIndex: int32,
    committed: fc.record({
      offset: fc.maxSafeInteger(),
      leaderEpoch: int32,
      metadata: text,
      commitTimestampMs: fc.maxSafeInteger(),
      expireTimestampMs: fc.constant(null),
    }),
  })
  .map(fields => ({ type: 'OffsetCommitted', volatile: false, ...fields }))

const record = fc.oneof(group, offset)

test('what is written is read back', () => {
  fc.assert(
    fc.property(record, written => {
      const { key, value } = encodeShardRecord(written)
      expect(decodeShardRecord(key, value)).toEqual(written)
    }),
  )
})

test('cut and changed bytes decode or are malformed, nothing else', () => {
  fc.assert(
    fc.property(record, fc.nat(), fc.nat(), fc.nat({ max: 255 }), (written, cut, place, byte) => {
      const { key, value } = encodeShardRecord(written)
      const bytes = (value ?? new Uint8Array(0)).slice(0, cut % ((value?.length ?? 0) + 1))
      if (bytes.length > 0) bytes[place % bytes.length] = byte
      try {
        decodeShardRecord(key, bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }),
    { numRuns: 500 },
  )
})
