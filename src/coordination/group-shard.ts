import { ErrorCode } from '../protocol/error-code.ts'
import { ClassicGroup } from './classic-group/classic-group.ts'
import type { GroupConfig } from './classic-group/group-config.ts'
import type { GroupEvent, GroupReply } from './classic-group/group-event.ts'
import type { GroupRecord } from './classic-group/group-record.ts'
import { answerHeartbeat, refuseJoin, refuseSync } from './classic-group/group-replies.ts'
import type { GroupState } from './classic-group/group-state.ts'
import { decideOffsetCommit } from './offsets/decide-offset-commit.ts'
import { decideOffsetDelete } from './offsets/decide-offset-delete.ts'
import { expiredOffsets } from './offsets/expired-offsets.ts'
import { fetchOffsets } from './offsets/fetch-offsets.ts'
import type {
  OffsetCommitEvent,
  OffsetCommitReply,
  OffsetDeleteEvent,
  OffsetDeleteReply,
  OffsetFetchEvent,
  OffsetFetchReply,
} from './offsets/offset-event.ts'
import type { OffsetRecord, OffsetRemovedRecord } from './offsets/offset-record.ts'
import { OffsetTable } from './offsets/offset-table.ts'
import type { Decision, StateMachine } from './state-machine.ts'

export interface ShardConfig extends GroupConfig {
  /** `offset.metadata.max.bytes`, which Kafka counts in characters. */
  readonly offsetMetadataCharsMax: number
  /** `offsets.retention.minutes` */
  readonly offsetsRetentionMs: number
  /** Groups of one shard; a group beyond is refused with COORDINATOR_NOT_AVAILABLE. */
  readonly groupsMax: number
}

export type ShardEvent =
  | { readonly type: 'Group'; readonly groupId: string; readonly event: GroupEvent }
  | OffsetCommitEvent
  | OffsetFetchEvent
  | OffsetDeleteEvent
  | { readonly type: 'DeleteGroup'; readonly groupId: string; readonly replyTo: number }
  /** Time for offsets to expire and for empty groups without offsets to go. */
  | { readonly type: 'CleanUp'; readonly nowMs: number }
  | { readonly type: 'TopicDeleted'; readonly topic: string }

export type ShardRecord =
  | {
      readonly type: 'Group'
      readonly groupId: string
      readonly volatile: boolean
      readonly record: GroupRecord
    }
  | OffsetRecord

export interface DeleteGroupReply {
  readonly type: 'DeleteGroup'
  readonly replyTo: number
  readonly errorCode: ErrorCode
}

export type ShardReply =
  | GroupReply
  | OffsetCommitReply
  | OffsetFetchReply
  | OffsetDeleteReply
  | DeleteGroupReply

export type ShardDecision = Decision<ShardRecord, ShardReply>

/** All groups whose state lives in one partition of `__consumer_offsets`. */
export class GroupShard implements StateMachine<ShardEvent, ShardRecord, ShardReply> {
  readonly #config: ShardConfig
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #offsets = new OffsetTable()

  constructor(config: ShardConfig) {
    this.#config = config
  }

  /** The group as it is now, undefined when there is none. */
  group(groupId: string): Readonly<GroupState> | undefined {
    return this.#groups.get(groupId)?.state
  }

  *allGroups(): Iterable<Readonly<GroupState>> {
    for (const group of this.#groups.values()) yield group.state
  }

  /** Timers in the answer belong to the group of the event. */
  decide(event: ShardEvent): ShardDecision {
    switch (event.type) {
      case 'Group':
        return this.#decideGroup(event.groupId, event.event)
      case 'OffsetCommit':
        if (this.#hasNoRoomFor(event.groupId)) {
          const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE
          return answer({ type: 'OffsetCommit', replyTo: event.replyTo, errorCode, topics: [] })
        }
        return decideOffsetCommit(event, this.group(event.groupId), this.#config.offsetMetadataCharsMax)
      case 'OffsetFetch':
        return answer(fetchOffsets(event, this.#offsets))
      case 'OffsetDelete':
        return decideOffsetDelete(event, this.group(event.groupId), this.#offsets)
      case 'DeleteGroup':
        return this.#decideDelete(event.groupId, event.replyTo)
      case 'CleanUp':
        return { records: this.#cleanUp(event.nowMs), replies: [], timers: [] }
      case 'TopicDeleted':
        return { records: this.#removeTopic(event.topic), replies: [], timers: [] }
    }
  }

  apply(record: ShardRecord): void {
    switch (record.type) {
      case 'Group':
        if (record.record.type === 'GroupDeleted') this.#groups.delete(record.groupId)
        else this.#getOrCreate(record.groupId).apply(record.record)
        return
      case 'OffsetCommitted':
        // Offsets without members make a simple group, which is listed and may be deleted like any other.
        this.#getOrCreate(record.groupId)
        this.#offsets.set(record.groupId, record.topic, record.partitionIndex, record.committed)
        return
      case 'OffsetRemoved':
        this.#offsets.delete(record.groupId, record.topic, record.partitionIndex)
    }
  }

  #decideGroup(groupId: string, event: GroupEvent): ShardDecision {
    const group = this.#groups.get(groupId) ?? this.#newGroupFor(groupId, event)
    if (group === null) return decideUnknownGroup(event)
    const decision = group.decide(event)
    if (decision.records.length === 0) return { ...decision, records: [] }
    const wrap = (record: GroupRecord): ShardRecord => ({
      type: 'Group',
      groupId,
      volatile: record.volatile,
      record,
    })
    return { ...decision, records: decision.records.map(wrap) }
  }

  /** Only a member without an id makes a group; one with an id has lost its group. */
  #newGroupFor(groupId: string, event: GroupEvent): ClassicGroup | null {
    if (event.type !== 'JoinGroup' || event.memberId !== '' || this.#hasNoRoomFor(groupId)) return null
    return new ClassicGroup(groupId, this.#config)
  }

  #hasNoRoomFor(groupId: string): boolean {
    return this.#groups.size >= this.#config.groupsMax && !this.#groups.has(groupId)
  }

  #getOrCreate(groupId: string): ClassicGroup {
    const group = this.#groups.get(groupId) ?? new ClassicGroup(groupId, this.#config)
    this.#groups.set(groupId, group)
    return group
  }

  #decideDelete(groupId: string, replyTo: number): ShardDecision {
    const group = this.group(groupId)
    const reply = (errorCode: ErrorCode): ShardReply => ({ type: 'DeleteGroup', replyTo, errorCode })
    if (group === undefined) return answer(reply(ErrorCode.GROUP_ID_NOT_FOUND))
    if (group.groupState !== 'Empty') return answer(reply(ErrorCode.NON_EMPTY_GROUP))
    const records = [...this.#removeOffsets(groupId), deletedGroup(groupId, false)]
    return { records, replies: [reply(ErrorCode.NONE)], timers: [] }
  }

  #removeOffsets(groupId: string): OffsetRemovedRecord[] {
    const records: OffsetRemovedRecord[] = []
    for (const [topic, partitions] of this.#offsets.topicsOf(groupId)) {
      for (const partitionIndex of partitions.keys()) {
        records.push({ type: 'OffsetRemoved', volatile: false, groupId, topic, partitionIndex })
      }
    }
    return records
  }

  #cleanUp(nowMs: number): ShardRecord[] {
    const records: ShardRecord[] = []
    for (const { state } of this.#groups.values()) {
      const expired = expiredOffsets(state, this.#offsets, this.#config.offsetsRetentionMs, nowMs)
      records.push(...expired)
      const isUnused = state.groupState === 'Empty' && state.pendingMembers.size === 0
      if (isUnused && expired.length === this.#offsetCount(state.groupId)) {
        records.push(deletedGroup(state.groupId, !state.persisted))
      }
    }
    return records
  }

  #offsetCount(groupId: string): number {
    let count = 0
    for (const partitions of this.#offsets.topicsOf(groupId).values()) count += partitions.size
    return count
  }

  #removeTopic(topic: string): ShardRecord[] {
    const records: ShardRecord[] = []
    for (const groupId of this.#groups.keys()) {
      for (const partitionIndex of this.#offsets.topicsOf(groupId).get(topic)?.keys() ?? []) {
        records.push({ type: 'OffsetRemoved', volatile: false, groupId, topic, partitionIndex })
      }
    }
    return records
  }
}

function answer(reply: ShardReply): ShardDecision {
  return { records: [], replies: [reply], timers: [] }
}

function deletedGroup(groupId: string, isVolatile: boolean): ShardRecord {
  const record: GroupRecord = { type: 'GroupDeleted', volatile: isVolatile }
  return { type: 'Group', groupId, volatile: isVolatile, record }
}

function decideUnknownGroup(event: GroupEvent): ShardDecision {
  const errorCode = ErrorCode.UNKNOWN_MEMBER_ID
  switch (event.type) {
    case 'JoinGroup': {
      const isFull = event.memberId === ''
      return answer(
        refuseJoin(event.replyTo, isFull ? ErrorCode.COORDINATOR_NOT_AVAILABLE : errorCode, event.memberId),
      )
    }
    case 'SyncGroup':
      return answer(refuseSync(event.replyTo, errorCode))
    case 'Heartbeat':
      return answer(answerHeartbeat(event.replyTo, errorCode))
    case 'LeaveGroup': {
      const members = event.members.map(member => ({ ...member, errorCode }))
      return answer({ type: 'LeaveGroup', replyTo: event.replyTo, errorCode: ErrorCode.NONE, members })
    }
    default:
      return { records: [], replies: [], timers: [] }
  }
}
