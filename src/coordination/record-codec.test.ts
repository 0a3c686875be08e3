import { expect, test } from 'vitest'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { ShardRecord } from './group-shard.ts'
import { decodeShardRecord, encodeShardRecord } from './record-codec.ts'

const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

function roundTrip(record: ShardRecord): ShardRecord | null {
  const { key, value } = encodeShardRecord(record)
  return decodeShardRecord(key, value)
}

const place = { groupId: 'g', topic: 'tp', partitionIndex: 7 }

test('OFS-5: a committed offset is a value of version 3', () => {
  const committed = {
    offset: 2 ** 33 + 5,
    leaderEpoch: -1,
    metadata: 'é',
    commitTimestampMs: 1_700_000_000_000,
    expireTimestampMs: null,
  }
  const record: ShardRecord = { type: 'OffsetCommitted', volatile: false, ...place, committed }
  const { key, value } = encodeShardRecord(record)
  expect(hex(key)).toBe(hex(bytes('0001 0001 67 0002 7470 00000007')))
  expect(hex(value)).toBe(hex(bytes('0003 0000000200000005 ffffffff 0002 c3a9 0000018bcfe56800')))
  expect(roundTrip(record)).toEqual(record)
})

test('OFS-1: an expiry of its own is a value of version 1, without an epoch', () => {
  const committed = { offset: 1, leaderEpoch: -1, metadata: '', commitTimestampMs: 2, expireTimestampMs: 3 }
  const record: ShardRecord = { type: 'OffsetCommitted', volatile: false, ...place, committed }
  const { value } = encodeShardRecord(record)
  expect(hex(value)).toBe(hex(bytes('0001 0000000000000001 0000 0000000000000002 0000000000000003')))
  expect(roundTrip(record)).toEqual(record)
})

test('OFS-5: a group is a value of version 3', () => {
  const record: ShardRecord = {
    type: 'Group',
    groupId: 'g',
    volatile: false,
    record: {
      type: 'GroupMetadata',
      volatile: false,
      protocolType: 'consumer',
      generationId: 4,
      protocolName: 'range',
      leaderId: 'm',
      currentStateTimestampMs: 9,
      members: [
        {
          memberId: 'm',
          groupInstanceId: null,
          clientId: 'c',
          clientHost: '/h',
          rebalanceTimeoutMs: 300,
          sessionTimeoutMs: 200,
          subscription: new Uint8Array([1]),
          assignment: new Uint8Array([2, 3]),
        },
      ],
    },
  }
  const { key, value } = encodeShardRecord(record)
  expect(hex(key)).toBe(hex(bytes('0002 0001 67')))
  const head = '0003 0008 636f6e73756d6572 00000004 0005 72616e6765 0001 6d 0000000000000009 00000001'
  const member = '0001 6d ffff 0001 63 0002 2f68 0000012c 000000c8 00000001 01 00000002 0203'
  expect(hex(value)).toBe(hex(bytes(head + member)))
  expect(roundTrip(record)).toEqual(record)
})

test('a record grows beyond the first buffer at any field', () => {
  for (let sizeBytes = 200; sizeBytes < 300; sizeBytes++) {
    const committed = { offset: 1, leaderEpoch: 2, metadata: 'm'.repeat(sizeBytes), commitTimestampMs: 3 }
    const record: ShardRecord = {
      type: 'OffsetCommitted',
      volatile: false,
      ...place,
      committed: { ...committed, expireTimestampMs: 4, leaderEpoch: -1 },
    }
    expect(roundTrip(record)).toEqual(record)
  }
})

test('tombstones remove offsets and groups', () => {
  const offset: ShardRecord = { type: 'OffsetRemoved', volatile: false, ...place }
  const group: ShardRecord = {
    type: 'Group',
    groupId: 'g',
    volatile: false,
    record: { type: 'GroupDeleted', volatile: false },
  }
  for (const record of [offset, group]) {
    expect(encodeShardRecord(record).value).toBeNull()
    expect(roundTrip(record)).toEqual(record)
  }
})

test('a group of version 0 has neither time nor rebalance timeout nor instance ids', () => {
  const value = bytes(
    '0000 0008 636f6e73756d6572 00000001 ffff ffff 00000001 0001 6d 0000 0000 000000c8 00000000 00000000',
  )
  expect(decodeShardRecord(bytes('0002 0001 67'), value)).toMatchObject({
    record: {
      currentStateTimestampMs: null,
      members: [{ groupInstanceId: null, rebalanceTimeoutMs: 200, sessionTimeoutMs: 200 }],
    },
  })
})

test('records of other kinds are passed over; cut ones are an error', () => {
  expect(decodeShardRecord(bytes('0003 0001 67'), bytes('0000'))).toBeNull()
  expect(() => decodeShardRecord(bytes('0001 0001 67'), null)).toThrow(ProtocolError)
  expect(() => decodeShardRecord(bytes('0002 0001 67'), bytes('0003 0008 63'))).toThrow(ProtocolError)
  expect(() => decodeShardRecord(bytes('0002 0001 67'), bytes('0009'))).toThrow(ProtocolError)
})
