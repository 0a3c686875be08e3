import type { Clock, Timers } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import {
  GroupShard,
  type ShardConfig,
  type ShardEvent,
  type ShardRecord,
  type ShardReply,
} from './group-shard.ts'
import { decodeShardRecord, encodeShardRecord } from './record-codec.ts'
import { TimerTable } from './timer-table.ts'

/** Who waits for the answer to one request; exactly one of the two is called, once. */
export interface Waiter {
  resolve(reply: ShardReply): void
  refuse(errorCode: ErrorCode): void
}

export interface ShardPorts {
  readonly log: CoordinatorLog
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly config: ShardConfig
}

/** Records of one append; a decision with more (a deleted topic, an expiry) goes in several. */
const APPEND_RECORDS_MAX = 500

type Phase = 'idle' | 'loading' | 'active' | 'closed'

/** Answers that wait for an append; `deliver` runs in the order of the appends. */
interface PendingAppend {
  replies: ShardReply[]
}

/**
 * Runs one shard: applies what it decides, appends it, and answers when it is committed. After a failed append the
 * state is ahead of the log, so it is thrown away and read anew.
 */
export class ShardRuntime {
  readonly #index: number
  readonly #ports: ShardPorts
  #phase: Phase = 'idle'
  #shard: GroupShard
  #timers: TimerTable
  #pending: PendingAppend[] = []
  readonly #waiters = new Map<number, Waiter>()
  #nextReplyTo = 1
  /** Goes up when the state is thrown away; what belongs to an older one is ignored. */
  #incarnation = 0

  constructor(index: number, ports: ShardPorts) {
    this.#index = index
    this.#ports = ports
    this.#shard = new GroupShard(ports.config)
    this.#timers = this.#newTimers()
  }

  get isActive(): boolean {
    return this.#phase === 'active'
  }

  get state(): GroupShard {
    return this.#shard
  }

  /** Reads the log into a fresh state, unless that is done or under way. Never rejects. */
  async load(): Promise<void> {
    if (this.#phase !== 'idle') return
    this.#phase = 'loading'
    const incarnation = this.#incarnation
    const shard = new GroupShard(this.#ports.config)
    try {
      await this.#ports.log.replay(this.#index, (key, value) => {
        const record = decodeShardRecord(key, value)
        if (record !== null) shard.apply(record)
      })
    } catch (error) {
      this.#ports.logger.error({ shard: this.#index, error }, 'cannot read __consumer_offsets')
      if (this.#incarnation === incarnation) this.#phase = 'idle'
      return
    }
    if (this.#incarnation === incarnation) this.#activate(shard)
  }

  submit(groupId: string, eventFor: (replyTo: number) => ShardEvent, waiter: Waiter): void {
    if (this.#phase === 'idle') void this.load()
    if (this.#phase === 'loading') {
      waiter.refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
      return
    }
    if (this.#phase === 'closed') {
      waiter.refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
      return
    }
    const replyTo = this.#nextReplyTo++
    this.#waiters.set(replyTo, waiter)
    this.#run(groupId, eventFor(replyTo))
  }

  /** An event nobody waits for: the clean-up, a deleted topic. */
  notify(event: ShardEvent): void {
    if (this.#phase === 'active') this.#run('', event)
  }

  /** Answers everything that waits with NOT_COORDINATOR, and stops for good. */
  close(): void {
    this.#discard('closed', ErrorCode.NOT_COORDINATOR)
  }

  #activate(shard: GroupShard): void {
    this.#shard = shard
    this.#phase = 'active'
    const nowMs = this.#ports.clock.wallMs()
    const groupIds = Array.from(shard.allGroups(), group => group.groupId)
    for (const groupId of groupIds)
      this.#run(groupId, { type: 'Group', groupId, event: { type: 'Loaded', nowMs } })
  }

  #run(groupId: string, event: ShardEvent): void {
    const { records, replies, timers } = this.#shard.decide(event)
    for (const record of records) this.#shard.apply(record)
    for (const { key, delayMs } of timers) {
      if (delayMs === null) this.#timers.clear(timerKey(groupId, key))
      else this.#timers.set(timerKey(groupId, key), Math.max(delayMs, 0))
    }
    const persistent = records.filter(record => !record.volatile)
    if (persistent.length === 0) this.#deliverInOrder(replies)
    else this.#append(persistent, replies)
  }

  #append(records: readonly ShardRecord[], replies: readonly ShardReply[]): void {
    const incarnation = this.#incarnation
    const nowMs = this.#ports.clock.wallMs()
    for (let start = 0; start < records.length; start += APPEND_RECORDS_MAX) {
      if (this.#incarnation !== incarnation) return
      const end = start + APPEND_RECORDS_MAX
      const entry: PendingAppend = { replies: end < records.length ? [] : [...replies] }
      this.#pending.push(entry)
      const batch = records.slice(start, end).map(encodeShardRecord)
      this.#ports.log.append(this.#index, batch, nowMs, errorCode => {
        if (this.#incarnation === incarnation) this.#onAppended(errorCode)
      })
    }
  }

  #onAppended(errorCode: ErrorCode): void {
    if (errorCode !== ErrorCode.NONE) {
      this.#ports.logger.warn(
        { shard: this.#index, errorCode },
        'cannot append to __consumer_offsets, reading it anew',
      )
      this.#discard('idle', errorOfFailedAppend(errorCode))
      void this.load()
      return
    }
    const entry = this.#pending.shift()
    if (entry !== undefined) this.#deliver(entry.replies)
  }

  /** Answers never overtake those of an earlier request, whose records may not be safe yet. */
  #deliverInOrder(replies: readonly ShardReply[]): void {
    const last = this.#pending.at(-1)
    if (last === undefined) this.#deliver(replies)
    else last.replies.push(...replies)
  }

  #deliver(replies: readonly ShardReply[]): void {
    for (const reply of replies) {
      const waiter = this.#waiters.get(reply.replyTo)
      this.#waiters.delete(reply.replyTo)
      waiter?.resolve(reply)
    }
  }

  #discard(phase: Phase, errorCode: ErrorCode): void {
    this.#incarnation++
    this.#phase = phase
    this.#timers.clearAll()
    this.#timers = this.#newTimers()
    this.#shard = new GroupShard(this.#ports.config)
    this.#pending = []
    const waiters = [...this.#waiters.values()]
    this.#waiters.clear()
    for (const waiter of waiters) waiter.refuse(errorCode)
  }

  #newTimers(): TimerTable {
    const { timers, clock } = this.#ports
    return new TimerTable(
      timers,
      () => clock.monotonicMs(),
      key => this.#onTimer(key),
    )
  }

  #onTimer(timer: string): void {
    const { groupId, key } = splitTimerKey(timer)
    const nowMs = this.#ports.clock.wallMs()
    this.#run(groupId, { type: 'Group', groupId, event: { type: 'TimerFired', key, nowMs } })
  }
}

/** Group ids are free text, so the key says how long they are. */
function timerKey(groupId: string, key: string): string {
  return `${groupId.length}:${groupId}${key}`
}

function splitTimerKey(timer: string): { groupId: string; key: string } {
  const start = timer.indexOf(':') + 1
  const end = start + Number(timer.slice(0, start - 1))
  return { groupId: timer.slice(start, end), key: timer.slice(end) }
}

/** Errors of a partition in words that a group's client acts upon: look for the coordinator again, or retry. */
function errorOfFailedAppend(errorCode: ErrorCode): ErrorCode {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return ErrorCode.INVALID_COMMIT_OFFSET_SIZE
    default:
      return errorCode
  }
}
