import { ClassicGroup } from './classic-group.ts'
import type { GroupConfig } from './group-config.ts'
import type {
  GroupEvent,
  GroupReply,
  HeartbeatEvent,
  JoinGroupEvent,
  JoinGroupReply,
  LeaveGroupEvent,
  SyncGroupEvent,
  SyncGroupReply,
} from './group-event.ts'
import type { GroupRecord } from './group-record.ts'

const DEFAULTS: GroupConfig = {
  initialRebalanceDelayMs: 0,
  groupSizeMax: 100,
  newMemberJoinTimeoutMs: 300_000,
}

/** One group on a virtual clock, for tests: keeps what it decides, and fires its timers. */
export class GroupHarness {
  readonly group: ClassicGroup
  readonly log: GroupRecord[] = []
  nowMs = 1_000
  readonly #deadlines = new Map<string, number>()
  readonly #replies = new Map<number, GroupReply>()
  #nextReplyTo = 1

  constructor(config: Partial<GroupConfig> = {}, log: readonly GroupRecord[] = []) {
    this.group = new ClassicGroup('g', { ...DEFAULTS, ...config })
    for (const record of log) this.group.apply(record)
    this.log.push(...log)
    if (log.length > 0) this.#feed({ type: 'Loaded', nowMs: this.nowMs })
  }

  get state() {
    return this.group.state
  }

  join(call: Partial<JoinGroupEvent> = {}): number {
    const replyTo = this.#nextReplyTo++
    this.#feed({
      type: 'JoinGroup',
      replyTo,
      nowMs: this.nowMs,
      memberId: '',
      newMemberId: `id-${replyTo}`,
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array([1]) }],
      requiresKnownMemberId: false,
      supportsSkippingAssignment: false,
      ...call,
    })
    return replyTo
  }

  sync(call: Partial<SyncGroupEvent> & { memberId: string }): number {
    const replyTo = this.#nextReplyTo++
    this.#feed({
      type: 'SyncGroup',
      replyTo,
      nowMs: this.nowMs,
      groupInstanceId: null,
      generationId: this.state.generationId,
      protocolType: null,
      protocolName: null,
      assignments: new Map(),
      ...call,
    })
    return replyTo
  }

  heartbeat(call: Partial<HeartbeatEvent> & { memberId: string }): number {
    const replyTo = this.#nextReplyTo++
    const { generationId } = this.state
    this.#feed({ type: 'Heartbeat', replyTo, groupInstanceId: null, generationId, ...call })
    return this.reply(replyTo)?.errorCode ?? -1
  }

  leave(...members: LeaveGroupEvent['members']): number[] {
    const replyTo = this.#nextReplyTo++
    this.#feed({ type: 'LeaveGroup', replyTo, nowMs: this.nowMs, members })
    const reply = this.reply(replyTo)
    return reply?.type === 'LeaveGroup' ? reply.members.map(member => member.errorCode) : []
  }

  /** undefined while the request is parked. */
  reply(replyTo: number): GroupReply | undefined {
    return this.#replies.get(replyTo)
  }

  joined(replyTo: number): JoinGroupReply | undefined {
    const reply = this.reply(replyTo)
    return reply?.type === 'JoinGroup' ? reply : undefined
  }

  synced(replyTo: number): SyncGroupReply | undefined {
    const reply = this.reply(replyTo)
    return reply?.type === 'SyncGroup' ? reply : undefined
  }

  /** A stable group: all `calls` join at once, and the leader gives each member its id as assignment. */
  stabilize(...calls: Partial<JoinGroupEvent>[]): string[] {
    const requests = calls.map(call => this.join(call))
    this.advance(0)
    const ids = requests.map(replyTo => this.joined(replyTo)?.memberId ?? '')
    const assignments = new Map(ids.map(id => [id, new TextEncoder().encode(id)]))
    const leader = this.state.leaderId
    for (const memberId of ids) if (memberId !== leader) this.sync({ memberId })
    if (leader !== null) this.sync({ memberId: leader, assignments })
    return ids
  }

  /** Fires what is due within `delayMs`, in order. */
  advance(delayMs: number): void {
    const endMs = this.nowMs + delayMs
    for (;;) {
      const due = [...this.#deadlines].filter(([, atMs]) => atMs <= endMs).sort(([, a], [, b]) => a - b)[0]
      if (due === undefined) break
      const [key, atMs] = due
      this.#deadlines.delete(key)
      this.nowMs = Math.max(this.nowMs, atMs)
      this.#feed({ type: 'TimerFired', key, nowMs: this.nowMs })
    }
    this.nowMs = endMs
  }

  #feed(event: GroupEvent): void {
    const decision = this.group.decide(event)
    for (const record of decision.records) {
      this.group.apply(record)
      if (!record.volatile) this.log.push(record)
    }
    for (const reply of decision.replies) this.#replies.set(reply.replyTo, reply)
    for (const { key, delayMs } of decision.timers) {
      if (delayMs === null) this.#deadlines.delete(key)
      else this.#deadlines.set(key, this.nowMs + delayMs)
    }
  }
}
