import { ProtocolError } from '../protocol/protocol-error.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import type { GroupMetadataRecord, PersistedMember } from './classic-group/group-record.ts'
import type { KeyValue } from './coordinator-log.ts'
import type { ShardRecord } from './group-shard.ts'
import type { CommittedOffset } from './offsets/committed-offset.ts'

/*
 * Records of `__consumer_offsets`, byte for byte as Kafka writes them; monitoring tools read them (OFS-5). A key and
 * a value each start with an int16: in a key it says what the record is, in a value it is the format's version.
 *
 *     key 0, 1  offset: string group, string topic, int32 partition
 *     key 2     group: string group
 *
 *     offset value        v0-v3 int64 offset | v3 int32 leaderEpoch | string metadata | int64 commitTimestamp
 *                         | v1 int64 expireTimestamp
 *     group value         string protocolType, int32 generation, nullable string protocol, nullable string leader,
 *                         | v2+ int64 currentStateTimestamp | int32 count, members
 *     member              string memberId | v3 nullable string groupInstanceId | string clientId, string clientHost
 *                         | v1+ int32 rebalanceTimeout | int32 sessionTimeout, bytes subscription, bytes assignment
 *
 * A null value is a tombstone.
 */
const LEGACY_OFFSET_KEY = 0
const OFFSET_KEY = 1
const GROUP_KEY = 2
const OFFSET_VALUE_VERSION = 3
/** The only version with an expiry of its own. */
const EXPIRING_OFFSET_VALUE_VERSION = 1
const GROUP_VALUE_VERSION = 3
const NO_TIMESTAMP = -1
/** No version of these records has compact lengths (KIP-482). */
const NOT_COMPACT = false
/** Three strings, the session timeout and two byte fields, all empty. */
const MEMBER_MIN_SIZE_BYTES = 18
const INITIAL_SIZE_BYTES = 256

export function encodeShardRecord(record: ShardRecord): KeyValue {
  switch (record.type) {
    case 'OffsetCommitted':
      return { key: offsetKey(record), value: offsetValue(record.committed) }
    case 'OffsetRemoved':
      return { key: offsetKey(record), value: null }
    case 'Group':
      return {
        key: groupKey(record.groupId),
        value: record.record.type === 'GroupMetadata' ? groupValue(record.record) : null,
      }
  }
}

/** null for a record of a kind that this broker does not know. Throws ProtocolError. */
export function decodeShardRecord(key: Uint8Array, value: Uint8Array | null): ShardRecord | null {
  const reader = new Reader(key)
  switch (reader.int16()) {
    case LEGACY_OFFSET_KEY:
    case OFFSET_KEY: {
      const place = {
        groupId: reader.string(NOT_COMPACT),
        topic: reader.string(NOT_COMPACT),
        partitionIndex: reader.int32(),
      }
      if (value === null) return { type: 'OffsetRemoved', volatile: false, ...place }
      return { type: 'OffsetCommitted', volatile: false, ...place, committed: readOffset(value) }
    }
    case GROUP_KEY: {
      const groupId = reader.string(NOT_COMPACT)
      const record = value === null ? ({ type: 'GroupDeleted', volatile: false } as const) : readGroup(value)
      return { type: 'Group', groupId, volatile: false, record }
    }
    default:
      return null
  }
}

function offsetKey(place: { groupId: string; topic: string; partitionIndex: number }): Uint8Array {
  const writer = new Writer(INITIAL_SIZE_BYTES)
  writer.int16(OFFSET_KEY)
  writer.string(place.groupId, NOT_COMPACT)
  writer.string(place.topic, NOT_COMPACT)
  writer.int32(place.partitionIndex)
  return writer.finish().slice()
}

function offsetValue(committed: CommittedOffset): Uint8Array {
  const { expireTimestampMs } = committed
  const writer = new Writer(INITIAL_SIZE_BYTES)
  writer.int16(expireTimestampMs === null ? OFFSET_VALUE_VERSION : EXPIRING_OFFSET_VALUE_VERSION)
  writer.int64(committed.offset)
  if (expireTimestampMs === null) writer.int32(committed.leaderEpoch)
  writer.string(committed.metadata, NOT_COMPACT)
  writer.saturatingInt64(committed.commitTimestampMs)
  if (expireTimestampMs !== null) writer.saturatingInt64(expireTimestampMs)
  return writer.finish().slice()
}

function readOffset(value: Uint8Array): CommittedOffset {
  const reader = new Reader(value)
  const version = supportedVersion(reader, OFFSET_VALUE_VERSION)
  const offset = reader.int64()
  const leaderEpoch = version >= 3 ? reader.int32() : -1
  const metadata = reader.string(NOT_COMPACT)
  const commitTimestampMs = reader.saturatingInt64()
  const expireTimestampMs =
    version === EXPIRING_OFFSET_VALUE_VERSION ? reader.saturatingInt64() : NO_TIMESTAMP
  const hasExpiry = expireTimestampMs !== NO_TIMESTAMP
  return {
    offset,
    leaderEpoch,
    metadata,
    commitTimestampMs,
    expireTimestampMs: hasExpiry ? expireTimestampMs : null,
  }
}

function groupKey(groupId: string): Uint8Array {
  const writer = new Writer(INITIAL_SIZE_BYTES)
  writer.int16(GROUP_KEY)
  writer.string(groupId, NOT_COMPACT)
  return writer.finish().slice()
}

function groupValue(group: GroupMetadataRecord): Uint8Array {
  const writer = new Writer(INITIAL_SIZE_BYTES)
  writer.int16(GROUP_VALUE_VERSION)
  writer.string(group.protocolType ?? '', NOT_COMPACT)
  writer.int32(group.generationId)
  writer.nullableString(group.protocolName, NOT_COMPACT)
  writer.nullableString(group.leaderId, NOT_COMPACT)
  writer.saturatingInt64(group.currentStateTimestampMs ?? NO_TIMESTAMP)
  writer.arrayLength(group.members.length, NOT_COMPACT)
  for (const member of group.members) {
    writer.string(member.memberId, NOT_COMPACT)
    writer.nullableString(member.groupInstanceId, NOT_COMPACT)
    writer.string(member.clientId, NOT_COMPACT)
    writer.string(member.clientHost, NOT_COMPACT)
    writer.int32(member.rebalanceTimeoutMs)
    writer.int32(member.sessionTimeoutMs)
    writer.byteString(member.subscription, NOT_COMPACT)
    writer.byteString(member.assignment, NOT_COMPACT)
  }
  return writer.finish().slice()
}

function readGroup(value: Uint8Array): GroupMetadataRecord {
  const reader = new Reader(value)
  const version = supportedVersion(reader, GROUP_VALUE_VERSION)
  const protocolType = reader.string(NOT_COMPACT)
  const generationId = reader.int32()
  const protocolName = reader.nullableString(NOT_COMPACT)
  const leaderId = reader.nullableString(NOT_COMPACT)
  const timestampMs = version >= 2 ? reader.saturatingInt64() : NO_TIMESTAMP
  const members: PersistedMember[] = []
  for (let left = reader.arrayLength(NOT_COMPACT, MEMBER_MIN_SIZE_BYTES); left > 0; left--)
    members.push(readMember(reader, version))
  return {
    type: 'GroupMetadata',
    volatile: false,
    protocolType: protocolType === '' ? null : protocolType,
    generationId,
    protocolName,
    leaderId,
    currentStateTimestampMs: timestampMs === NO_TIMESTAMP ? null : timestampMs,
    members,
  }
}

function readMember(reader: Reader, version: number): PersistedMember {
  const memberId = reader.string(NOT_COMPACT)
  const groupInstanceId = version >= 3 ? reader.nullableString(NOT_COMPACT) : null
  const clientId = reader.string(NOT_COMPACT)
  const clientHost = reader.string(NOT_COMPACT)
  const rebalanceTimeoutMs = version >= 1 ? reader.int32() : null
  const sessionTimeoutMs = reader.int32()
  const subscription = reader.byteString(NOT_COMPACT)
  const assignment = reader.byteString(NOT_COMPACT)
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    // Before it had a field of its own, the session timeout stood for both.
    rebalanceTimeoutMs: rebalanceTimeoutMs ?? sessionTimeoutMs,
    sessionTimeoutMs,
    subscription,
    assignment,
  }
}

function supportedVersion(reader: Reader, highest: number): number {
  const version = reader.int16()
  if (version < 0 || version > highest) throw new ProtocolError(`version ${version} of a value is unknown`)
  return version
}
