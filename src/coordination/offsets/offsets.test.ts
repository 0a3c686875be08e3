import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupEvent } from '../classic-group/group-event.ts'
import { GroupShard, type ShardConfig, type ShardEvent, type ShardReply } from '../group-shard.ts'
import type {
  CommitPartition,
  OffsetCommitEvent,
  OffsetDeleteReply,
  OffsetFetchReply,
} from './offset-event.ts'

const RETENTION_MS = 7 * 24 * 3_600_000
const CONFIG: ShardConfig = {
  initialRebalanceDelayMs: 0,
  groupSizeMax: 10,
  newMemberJoinTimeoutMs: 300_000,
  offsetMetadataCharsMax: 4096,
  offsetsRetentionMs: RETENTION_MS,
  groupsMax: 100,
}

/** ConsumerProtocolSubscription version 0 for one topic. */
function subscription(topic: string): Uint8Array {
  const name = new TextEncoder().encode(topic)
  return new Uint8Array([0, 0, 0, 0, 0, 1, 0, name.length, ...name, 0xff, 0xff, 0xff, 0xff])
}

class World {
  readonly shard = new GroupShard(CONFIG)

  feed(event: ShardEvent): ShardReply | undefined {
    const decision = this.shard.decide(event)
    for (const record of decision.records) this.shard.apply(record)
    return decision.replies.at(-1)
  }

  group(event: GroupEvent): ShardReply | undefined {
    return this.feed({ type: 'Group', groupId: 'g', event })
  }

  commit(
    change: Partial<OffsetCommitEvent> = {},
    partition: Partial<CommitPartition> = {},
  ): ErrorCode | undefined {
    const committed = {
      partitionIndex: 0,
      committedOffset: 42,
      committedLeaderEpoch: 3,
      committedMetadata: 'm',
      commitTimestampMs: -1,
      ...partition,
    }
    const reply = this.feed({
      type: 'OffsetCommit',
      groupId: 'g',
      replyTo: 1,
      nowMs: 1_000,
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      knowsGroupIdNotFound: false,
      retentionTimeMs: -1,
      topics: [{ name: 't', partitions: [committed] }],
      ...change,
    })
    if (reply?.type !== 'OffsetCommit') return undefined
    return reply.errorCode === ErrorCode.NONE ? reply.topics[0]?.partitions[0]?.errorCode : reply.errorCode
  }

  fetch(topics: { name: string; partitionIndexes: number[] }[] | null): OffsetFetchReply {
    return this.feed({ type: 'OffsetFetch', groupId: 'g', replyTo: 1, topics }) as OffsetFetchReply
  }

  delete(name: string): OffsetDeleteReply {
    const topics = [{ name, partitionIndexes: [0] }]
    return this.feed({ type: 'OffsetDelete', groupId: 'g', replyTo: 1, topics }) as OffsetDeleteReply
  }

  join(protocolType = 'consumer'): void {
    this.group({
      type: 'JoinGroup',
      replyTo: 1,
      nowMs: 0,
      memberId: '',
      newMemberId: 'm',
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 6_000,
      protocolType,
      protocols: [{ name: 'range', metadata: subscription('subscribed') }],
      requiresKnownMemberId: false,
      supportsSkippingAssignment: false,
    })
  }

  stabilize(protocolType?: string): void {
    this.join(protocolType)
    this.group({ type: 'TimerFired', key: 'join', nowMs: 0 })
    this.sync()
  }

  sync(): void {
    const assignments = new Map<string, Uint8Array>()
    const nameless = { groupInstanceId: null, protocolType: null, protocolName: null }
    this.group({
      type: 'SyncGroup',
      replyTo: 1,
      nowMs: 0,
      memberId: 'm',
      generationId: 1,
      assignments,
      ...nameless,
    })
  }
}

test('OFS-1: a client that is no member commits to a group without members', () => {
  const world = new World()
  expect(world.commit()).toBe(ErrorCode.NONE)
  expect(world.shard.group('g')).toMatchObject({ groupState: 'Empty', protocolType: null })
  expect(world.fetch([{ name: 't', partitionIndexes: [0] }]).topics[0]?.partitions).toEqual([
    { partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 3, metadata: 'm' },
  ])
})

test('OFS-1: a generation on an unknown group is ILLEGAL_GENERATION, from version 9 GROUP_ID_NOT_FOUND', () => {
  const world = new World()
  const stranger = { generationId: 1, memberId: 'm' }
  expect(world.commit(stranger)).toBe(ErrorCode.ILLEGAL_GENERATION)
  expect(world.commit({ ...stranger, knowsGroupIdNotFound: true })).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})

test('OFS-1: in a group with members only a member of the generation commits', () => {
  const world = new World()
  world.stabilize()
  expect(world.commit({ memberId: 'm', generationId: 1 })).toBe(ErrorCode.NONE)
  expect(world.commit()).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(world.commit({ memberId: 'other', generationId: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(world.commit({ memberId: 'm', generationId: 0 })).toBe(ErrorCode.ILLEGAL_GENERATION)
})

test('GRC-5: a commit is refused between JoinGroup and SyncGroup, and accepted while members rejoin', () => {
  const world = new World()
  world.join()
  world.group({ type: 'TimerFired', key: 'join', nowMs: 0 })
  expect(world.commit({ memberId: 'm', generationId: 1 })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  world.sync()
  const { shard } = world
  shard.apply({
    type: 'Group',
    groupId: 'g',
    volatile: true,
    record: { type: 'RebalanceStarted', volatile: true, nowMs: 0, initialRemainingMs: 0 },
  })
  expect(world.commit({ memberId: 'm', generationId: 1 })).toBe(ErrorCode.NONE)
})

test('OFS-2: an offset that was never committed is -1 with no error; null topics are all of the group', () => {
  const world = new World()
  const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }
  expect(world.fetch([{ name: 't', partitionIndexes: [5] }])).toMatchObject({
    errorCode: 0,
    topics: [{ name: 't', partitions: [{ partitionIndex: 5, ...none }] }],
  })
  expect(world.fetch(null).topics).toEqual([])
  world.commit()
  world.commit({}, { partitionIndex: 7, committedMetadata: null })
  expect(world.fetch(null).topics[0]?.partitions.map(partition => partition.partitionIndex)).toEqual([0, 7])
})

test('OFS-4: metadata is counted in characters, and refused for its own partition', () => {
  const world = new World()
  expect(world.commit({}, { committedMetadata: 'ü'.repeat(4096) })).toBe(ErrorCode.NONE)
  expect(world.commit({}, { committedMetadata: 'a'.repeat(4097) })).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE)
})

test('OFS-3: offsets of a simple group expire after their last commit, and the group goes with them', () => {
  const world = new World()
  world.commit()
  world.feed({ type: 'CleanUp', nowMs: 1_000 + RETENTION_MS - 1 })
  expect(world.shard.group('g')).toBeDefined()
  world.feed({ type: 'CleanUp', nowMs: 1_000 + RETENTION_MS })
  expect(world.shard.group('g')).toBeUndefined()
  expect(world.fetch(null).topics).toEqual([])
})

test('OFS-3: offsets of a group that had members expire from when it became empty (KIP-211)', () => {
  const world = new World()
  world.stabilize()
  world.commit({ memberId: 'm', generationId: 1 })
  const members = [{ memberId: 'm', groupInstanceId: null }]
  world.group({ type: 'LeaveGroup', replyTo: 1, nowMs: 500_000, members })
  world.feed({ type: 'CleanUp', nowMs: 499_999 + RETENTION_MS })
  expect(world.fetch(null).topics).toHaveLength(1)
  world.feed({ type: 'CleanUp', nowMs: 500_000 + RETENTION_MS })
  expect(world.shard.group('g')).toBeUndefined()
})

test('OFS-3: under members only topics without a subscription expire', () => {
  const world = new World()
  world.stabilize()
  const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }
  const topics = ['subscribed', 'left'].map(name => ({
    name,
    partitions: [{ ...partition, commitTimestampMs: -1 }],
  }))
  world.commit({ memberId: 'm', generationId: 1, topics })
  world.feed({ type: 'CleanUp', nowMs: 1_000 + RETENTION_MS })
  expect(world.fetch(null).topics.map(topic => topic.name)).toEqual(['subscribed'])
})

test('OFS-1: a retention of its own (versions 2-4) counts instead of the broker s', () => {
  const world = new World()
  world.commit({ retentionTimeMs: 10 })
  world.feed({ type: 'CleanUp', nowMs: 1_010 })
  expect(world.shard.group('g')).toBeUndefined()
})

test('OFS-3: a deleted topic takes its offsets along', () => {
  const world = new World()
  world.commit()
  world.feed({ type: 'TopicDeleted', topic: 't' })
  expect(world.fetch(null).topics).toEqual([])
})

test('GRC-8: OffsetDelete spares topics that members are subscribed to', () => {
  const world = new World()
  expect(world.delete('t').errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  world.stabilize()
  world.commit({ memberId: 'm', generationId: 1 })
  expect(world.delete('subscribed').topics[0]?.partitions[0]?.errorCode).toBe(
    ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
  )
  expect(world.delete('t').topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NONE)
  expect(world.fetch(null).topics).toEqual([])
})

test('GRC-10: OffsetDelete and DeleteGroups need a group without members, or of readable ones', () => {
  const world = new World()
  world.stabilize('connect')
  expect(world.delete('t').errorCode).toBe(ErrorCode.NON_EMPTY_GROUP)
  const remove = () => world.feed({ type: 'DeleteGroup', groupId: 'g', replyTo: 1 })
  expect(remove()).toMatchObject({ errorCode: ErrorCode.NON_EMPTY_GROUP })
  world.group({
    type: 'LeaveGroup',
    replyTo: 1,
    nowMs: 0,
    members: [{ memberId: 'm', groupInstanceId: null }],
  })
  world.commit()
  expect(remove()).toMatchObject({ errorCode: ErrorCode.NONE })
  expect(world.fetch(null).topics).toEqual([])
  expect(remove()).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
})

test('a shard holds no more groups than its limit', () => {
  const world = new World()
  for (let index = 0; index < CONFIG.groupsMax; index++) world.commit({ groupId: `g${index}` })
  expect(world.commit({ groupId: 'one-more' })).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
})
