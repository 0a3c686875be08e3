import type { Clock, Timer, Timers } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type {
  GroupEvent,
  HeartbeatEvent,
  HeartbeatReply,
  JoinGroupEvent,
  JoinGroupReply,
  LeaveGroupEvent,
  LeaveGroupReply,
  SyncGroupEvent,
  SyncGroupReply,
} from './classic-group/group-event.ts'
import { answerHeartbeat, refuseJoin, refuseSync } from './classic-group/group-replies.ts'
import type { GroupState } from './classic-group/group-state.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import type { ShardConfig, ShardEvent, ShardReply } from './group-shard.ts'
import { javaStringHash } from './java-string-hash.ts'
import type {
  OffsetCommitEvent,
  OffsetCommitReply,
  OffsetDeleteEvent,
  OffsetDeleteReply,
  OffsetFetchEvent,
  OffsetFetchReply,
} from './offsets/offset-event.ts'
import { ShardRuntime } from './shard-runtime.ts'

export interface GroupCoordinatorConfig extends ShardConfig {
  /** `group.min.session.timeout.ms` */
  readonly sessionTimeoutMinMs: number
  /** `group.max.session.timeout.ms` */
  readonly sessionTimeoutMaxMs: number
  /** `offsets.retention.check.interval.ms` */
  readonly offsetsRetentionCheckIntervalMs: number
}

/** The topics of the cluster, as far as groups look at them. */
export interface TopicsView {
  /** 0 for a topic that is not there. */
  partitionCount(name: string): number
  /** undefined for an id that no topic has. */
  topicName(topicId: string): string | undefined
  topicId(name: string): string | undefined
}

export interface GroupCoordinatorPorts {
  readonly log: CoordinatorLog
  readonly topics: TopicsView
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly config: GroupCoordinatorConfig
}

/**
 * Characters of a group id, instance id, client id or protocol name: three bytes each and a UUID behind it still fit
 * the int16 length of a string in the log. Requests could carry longer ones.
 */
const NAME_CHARS_MAX = 10_000

/** Protocols of a member; clients have a handful. */
const PROTOCOLS_MAX = 1_000

type Call<Event> = Omit<Event, 'type' | 'replyTo' | 'nowMs'> & { readonly groupId: string }
export type JoinGroupCall = Omit<Call<JoinGroupEvent>, 'newMemberId'>
export type SyncGroupCall = Call<SyncGroupEvent>
export type HeartbeatCall = Call<HeartbeatEvent>
export type LeaveGroupCall = Call<LeaveGroupEvent>
export type OffsetCommitCall = Call<OffsetCommitEvent>
export type OffsetFetchCall = Call<OffsetFetchEvent>
export type OffsetDeleteCall = Call<OffsetDeleteEvent>

/** `group` is undefined when there is none of that id; an error other than NONE says that nobody knows. */
export interface DescribedGroup {
  readonly errorCode: ErrorCode
  readonly group: Readonly<GroupState> | undefined
}

export interface ListedGroups {
  readonly errorCode: ErrorCode
  readonly groups: readonly Readonly<GroupState>[]
}

type ReplyOf<Type extends ShardReply['type']> = Extract<ShardReply, { type: Type }>

/**
 * The group coordinator of this broker: hands every request to the shard of its group (one per partition of
 * `__consumer_offsets`). Requests of one group are decided in the order of the calls, before the call returns.
 * All promises resolve, with an error code if need be; after `close` at once.
 */
export class GroupCoordinator {
  readonly topics: TopicsView
  readonly #ports: GroupCoordinatorPorts
  readonly #shards: readonly ShardRuntime[]
  #cleanUpTimer: Timer | null = null
  #isClosed = false

  constructor(ports: GroupCoordinatorPorts) {
    this.#ports = ports
    this.topics = ports.topics
    this.#shards = Array.from({ length: ports.log.shardCount }, (_, index) => new ShardRuntime(index, ports))
  }

  /** Loads all groups if the topic exists, and starts the clean-up. Requests may come before it has resolved. */
  async start(): Promise<void> {
    this.#scheduleCleanUp()
    if (this.#ports.log.isReady()) await this.#loadAll()
  }

  /** Creates the topic when it is missing; NONE once groups can be served, else what FindCoordinator answers. */
  async ensureReady(): Promise<ErrorCode> {
    if (this.#isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (this.#ports.log.isReady()) return ErrorCode.NONE
    const errorCode = await this.#ports.log.ensureTopic()
    if (errorCode !== ErrorCode.NONE || !this.#ports.log.isReady()) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    await this.#loadAll()
    return ErrorCode.NONE
  }

  /** The partition of `__consumer_offsets` that holds the group (MD-13). */
  shardOf(groupId: string): number {
    return (javaStringHash(groupId) & 0x7fffffff) % this.#ports.log.shardCount
  }

  joinGroup({ groupId, ...call }: JoinGroupCall): Promise<JoinGroupReply> {
    const refuse = (errorCode: ErrorCode) => refuseJoin(0, errorCode, call.memberId)
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs } = this.#ports.config
    if (groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    if (call.sessionTimeoutMs < sessionTimeoutMinMs || call.sessionTimeoutMs > sessionTimeoutMaxMs) {
      return Promise.resolve(refuse(ErrorCode.INVALID_SESSION_TIMEOUT))
    }
    if (hasTooLongName(call) || call.protocols.length > PROTOCOLS_MAX) {
      return Promise.resolve(refuse(ErrorCode.INVALID_REQUEST))
    }
    const newMemberId = this.#drawMemberId(call.groupInstanceId ?? call.clientId)
    const nowMs = this.#ports.clock.wallMs()
    return this.#askGroup<'JoinGroup'>(
      groupId,
      replyTo => ({ type: 'JoinGroup', replyTo, nowMs, newMemberId, ...call }),
      refuse,
    )
  }

  syncGroup({ groupId, ...call }: SyncGroupCall): Promise<SyncGroupReply> {
    const refuse = (errorCode: ErrorCode) => refuseSync(0, errorCode)
    if (groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    const nowMs = this.#ports.clock.wallMs()
    return this.#askGroup<'SyncGroup'>(
      groupId,
      replyTo => ({ type: 'SyncGroup', replyTo, nowMs, ...call }),
      refuse,
    )
  }

  /** While the group is being loaded every heartbeat is fine: its member will be known in a moment. */
  heartbeat({ groupId, ...call }: HeartbeatCall): Promise<HeartbeatReply> {
    const refuse = (errorCode: ErrorCode) =>
      answerHeartbeat(0, errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : errorCode)
    if (groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    return this.#askGroup<'Heartbeat'>(groupId, replyTo => ({ type: 'Heartbeat', replyTo, ...call }), refuse)
  }

  leaveGroup({ groupId, members }: LeaveGroupCall): Promise<LeaveGroupReply> {
    const refuse = (errorCode: ErrorCode): LeaveGroupReply => ({
      type: 'LeaveGroup',
      replyTo: 0,
      errorCode,
      members: [],
    })
    if (groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    const nowMs = this.#ports.clock.wallMs()
    return this.#askGroup<'LeaveGroup'>(
      groupId,
      replyTo => ({ type: 'LeaveGroup', replyTo, nowMs, members }),
      refuse,
    )
  }

  commitOffsets(call: OffsetCommitCall): Promise<OffsetCommitReply> {
    const nowMs = this.#ports.clock.wallMs()
    return this.#ask<'OffsetCommit'>(
      call.groupId,
      replyTo => ({ type: 'OffsetCommit', replyTo, nowMs, ...call }),
      errorCode => ({ type: 'OffsetCommit', replyTo: 0, errorCode, topics: [] }),
    )
  }

  fetchOffsets(call: OffsetFetchCall): Promise<OffsetFetchReply> {
    return this.#ask<'OffsetFetch'>(
      call.groupId,
      replyTo => ({ type: 'OffsetFetch', replyTo, ...call }),
      errorCode => ({ type: 'OffsetFetch', replyTo: 0, errorCode, topics: [] }),
    )
  }

  deleteOffsets(call: OffsetDeleteCall): Promise<OffsetDeleteReply> {
    const refuse = (errorCode: ErrorCode): OffsetDeleteReply => ({
      type: 'OffsetDelete',
      replyTo: 0,
      errorCode,
      topics: [],
    })
    if (call.groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    return this.#ask<'OffsetDelete'>(
      call.groupId,
      replyTo => ({ type: 'OffsetDelete', replyTo, ...call }),
      refuse,
    )
  }

  /** The error of each group, in the order of `groupIds`. */
  deleteGroups(groupIds: readonly string[]): Promise<ErrorCode[]> {
    return Promise.all(
      groupIds.map(async groupId => {
        const reply = await this.#ask<'DeleteGroup'>(
          groupId,
          replyTo => ({ type: 'DeleteGroup', groupId, replyTo }),
          errorCode => ({ type: 'DeleteGroup', replyTo: 0, errorCode }),
        )
        return reply.errorCode
      }),
    )
  }

  /** The group as it is now; what a rebalance under way has not settled yet may not outlive a restart. */
  describeGroup(groupId: string): DescribedGroup {
    const shard = this.#shards[this.shardOf(groupId)]
    const errorCode = this.#readiness(shard)
    if (shard === undefined || errorCode !== ErrorCode.NONE) return { errorCode, group: undefined }
    return { errorCode, group: shard.state.group(groupId) }
  }

  /** All groups; while a part is being loaded an error, since the rest alone would be wrong. */
  listGroups(): ListedGroups {
    if (this.#isClosed) return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, groups: [] }
    if (!this.#ports.log.isReady()) return { errorCode: ErrorCode.NONE, groups: [] }
    const groups: Readonly<GroupState>[] = []
    for (const shard of this.#shards) {
      const errorCode = this.#readiness(shard)
      if (errorCode !== ErrorCode.NONE) return { errorCode, groups: [] }
      groups.push(...shard.state.allGroups())
    }
    return { errorCode: ErrorCode.NONE, groups }
  }

  /** Drops the committed offsets of the topic in every group. */
  onTopicDeleted(topic: string): void {
    for (const shard of this.#shards) shard.notify({ type: 'TopicDeleted', topic })
  }

  /** Answers whatever waits with NOT_COORDINATOR and cancels all timers. */
  close(): void {
    this.#isClosed = true
    this.#cleanUpTimer?.cancel()
    this.#cleanUpTimer = null
    for (const shard of this.#shards) shard.close()
  }

  #askGroup<Type extends ShardReply['type']>(
    groupId: string,
    eventFor: (replyTo: number) => GroupEvent,
    refuse: (errorCode: ErrorCode) => ReplyOf<Type>,
  ): Promise<ReplyOf<Type>> {
    return this.#ask<Type>(groupId, replyTo => ({ type: 'Group', groupId, event: eventFor(replyTo) }), refuse)
  }

  #ask<Type extends ShardReply['type']>(
    groupId: string,
    eventFor: (replyTo: number) => ShardEvent,
    refuse: (errorCode: ErrorCode) => ReplyOf<Type>,
  ): Promise<ReplyOf<Type>> {
    const shard = this.#shards[this.shardOf(groupId)]
    if (shard === undefined || this.#isClosed || !this.#ports.log.isReady()) {
      return Promise.resolve(refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE))
    }
    if (groupId.length > NAME_CHARS_MAX) return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    return new Promise(resolve => {
      shard.submit(groupId, eventFor, {
        resolve: reply => resolve(reply as ReplyOf<Type>),
        refuse: errorCode => resolve(refuse(errorCode)),
      })
    })
  }

  #readiness(shard: ShardRuntime | undefined): ErrorCode {
    if (shard === undefined || this.#isClosed || !this.#ports.log.isReady())
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (shard.isActive) return ErrorCode.NONE
    void shard.load()
    return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  }

  async #loadAll(): Promise<void> {
    for (const shard of this.#shards) await shard.load()
  }

  #scheduleCleanUp(): void {
    if (this.#isClosed) return
    this.#cleanUpTimer = this.#ports.timers.set(this.#ports.config.offsetsRetentionCheckIntervalMs, () => {
      const nowMs = this.#ports.clock.wallMs()
      for (const shard of this.#shards) shard.notify({ type: 'CleanUp', nowMs })
      this.#scheduleCleanUp()
    })
  }

  /** The client's name or instance id and a random UUID, as Kafka makes them. */
  #drawMemberId(prefix: string): string {
    const bytes = this.#ports.random.bytes(16)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
    const uuid = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-')
    return `${prefix}-${uuid}`
  }
}

function hasTooLongName(call: Omit<JoinGroupCall, 'groupId'>): boolean {
  const { clientId, groupInstanceId, protocolType, protocols } = call
  const names = [clientId, groupInstanceId ?? '', protocolType, ...protocols.map(protocol => protocol.name)]
  return names.some(name => name.length > NAME_CHARS_MAX)
}
