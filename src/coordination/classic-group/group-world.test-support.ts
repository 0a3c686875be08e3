import { ErrorCode } from '../../protocol/error-code.ts'
import type { Decision } from '../state-machine.ts'
import { ClassicGroup } from './classic-group.ts'
import type { GroupConfig } from './group-config.ts'
import type { GroupEvent, GroupReply } from './group-event.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupState } from './group-state.ts'

/*
 * Worlds of one group, a few consumers and a coordinator that is killed now and then, on a virtual clock. For a
 * minute messages are lost, late or sent twice and members pause; then the group has to settle. Run one world with
 * SIM_SEED=<number>.
 */

const CONFIG: GroupConfig = {
  initialRebalanceDelayMs: 500,
  groupSizeMax: 100,
  newMemberJoinTimeoutMs: 10_000,
}
const FAULTS_END_MS = 60_000
const WORLD_END_MS = 140_000
const REQUEST_TIMEOUT_MS = 12_000

export type GroupDecision = Decision<GroupRecord, GroupReply>
/** What a planted bug may bend; the world talks to the machine through nothing else. */
export interface Machine {
  readonly state: Readonly<GroupState>
  decide(event: GroupEvent): GroupDecision
  apply(record: GroupRecord): void
}
export type Mutation = (group: ClassicGroup) => Machine
type Reply<Type extends GroupReply['type']> = Extract<GroupReply, { type: Type }>

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** mulberry32: small, seedable, good enough to pick faults. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function fingerprint(state: Readonly<GroupState>): string {
  return JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Uint8Array) return decode(value)
    return value instanceof Map || value instanceof Set ? [...value] : value
  })
}

/** What must outlive a restart. */
function persistedPart(state: Readonly<GroupState>): string {
  const { groupState, generationId, protocolType, protocolName, leaderId } = state
  const members = Array.from(state.members.values(), member => [
    member.memberId,
    member.groupInstanceId,
    member.sessionTimeoutMs,
    decode(member.assignment),
  ])
  return JSON.stringify([groupState, generationId, protocolType, protocolName, leaderId, members])
}

class World {
  nowMs = 0
  readonly random: () => number
  readonly #seed: number
  readonly #mutate: Mutation
  #queue: { atMs: number; order: number; run: () => void }[] = []
  #order = 0
  #trace = 0

  machine: Machine
  #shadow = new ClassicGroup('g', CONFIG)
  #committed: GroupRecord[] = []
  #appending: { records: GroupRecord[]; replies: GroupReply[] }[] = []
  #timers = new Map<string, number>()
  #unanswered = new Map<number, GroupEvent>()
  #incarnation = 0
  #nextReplyTo = 1
  readonly #waiting = new Map<number, (reply: GroupReply) => void>()
  readonly #delivered = new Map<string, string>()

  constructor(seed: number, mutate: Mutation) {
    this.#seed = seed
    this.#mutate = mutate
    this.random = seededRandom(seed)
    this.machine = mutate(new ClassicGroup('g', CONFIG))
  }

  get isFaulty(): boolean {
    return this.nowMs < FAULTS_END_MS
  }

  check(condition: boolean, what: string): void {
    if (!condition) throw new Error(`SIM_SEED=${this.#seed} at ${this.nowMs} ms: ${what}`)
  }

  at(delayMs: number, run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + Math.ceil(delayMs), order: this.#order++, run })
  }

  run(): string {
    while (this.nowMs < WORLD_END_MS) {
      let first = 0
      for (const [index, event] of this.#queue.entries()) {
        const best = this.#queue[first]
        if (
          best === undefined ||
          event.atMs < best.atMs ||
          (event.atMs === best.atMs && event.order < best.order)
        ) {
          first = index
        }
      }
      const [next] = this.#queue.splice(first, 1)
      if (next === undefined) break
      this.nowMs = next.atMs
      next.run()
    }
    return `${(this.#trace >>> 0).toString(16)}/${this.machine.state.generationId}/${this.#committed.length}`
  }

  /** A client's call: lost, late or sent twice while the world is faulty; `then` gets null after a timeout. */
  call(eventFor: (replyTo: number) => GroupEvent, then: (reply: GroupReply | null) => void): void {
    let isDone = false
    const finish = (reply: GroupReply | null) => {
      if (isDone) return
      isDone = true
      then(reply)
    }
    const send = (delayMs: number) =>
      this.at(delayMs, () => this.#receive(eventFor(this.#nextReplyTo++), finish))
    const fate = this.isFaulty ? this.random() : 1
    if (fate > 0.06) send(1 + this.random() * 20)
    if (fate > 0.06 && fate < 0.12) send(1 + this.random() * 5_000)
    this.at(REQUEST_TIMEOUT_MS, () => finish(null))
  }

  restart(): void {
    this.#incarnation++
    this.#note('restart')
    this.#timers.clear()
    this.#unanswered.clear()
    this.#waiting.clear()
    this.#appending = []
    this.machine = this.#mutate(new ClassicGroup('g', CONFIG))
    this.#shadow = new ClassicGroup('g', CONFIG)
    for (const record of this.#committed) {
      this.machine.apply(record)
      this.#shadow.apply(record)
    }
    this.#feed({ type: 'Loaded', nowMs: this.nowMs })
  }

  #receive(event: GroupEvent, finish: (reply: GroupReply) => void): void {
    if ('replyTo' in event) {
      this.#unanswered.set(event.replyTo, event)
      this.#waiting.set(event.replyTo, finish)
    }
    this.#feed('nowMs' in event ? { ...event, nowMs: this.nowMs } : event)
  }

  #feed(event: GroupEvent): void {
    const decision = this.machine.decide(event)
    for (const reply of decision.replies) this.#checkReply(reply)
    for (const record of decision.records) {
      this.machine.apply(record)
      this.#shadow.apply(record)
    }
    for (const { key, delayMs } of decision.timers) this.#setTimer(key, delayMs)
    this.#commit(decision)
    this.#checkState()
  }

  #setTimer(key: string, delayMs: number | null): void {
    if (delayMs === null) {
      this.#timers.delete(key)
      return
    }
    const ticket = this.#order++
    this.#timers.set(key, ticket)
    this.at(delayMs, () => {
      if (this.#timers.get(key) !== ticket) return
      this.#timers.delete(key)
      this.#feed({ type: 'TimerFired', key, nowMs: this.nowMs })
    })
  }

  /** Records become durable a little later; answers wait for all records before them. */
  #commit(decision: GroupDecision): void {
    const records = decision.records.filter(record => !record.volatile)
    const last = this.#appending.at(-1)
    if (records.length === 0 && last === undefined) {
      this.#send(decision.replies)
      return
    }
    if (records.length === 0) return void last?.replies.push(...decision.replies)
    const entry = { records, replies: [...decision.replies] }
    const incarnation = this.#incarnation
    this.#appending.push(entry)
    this.at(1 + this.random() * 30, () => {
      if (this.#incarnation !== incarnation) return
      const [oldest] = this.#appending.splice(0, 1)
      this.#committed.push(...(oldest?.records ?? []))
      this.#send(oldest?.replies ?? [])
    })
  }

  #send(replies: readonly GroupReply[]): void {
    for (const reply of replies) {
      const finish = this.#waiting.get(reply.replyTo)
      this.#waiting.delete(reply.replyTo)
      this.#note(`${reply.type}${reply.errorCode}`)
      const fate = this.isFaulty ? this.random() : 1
      if (fate > 0.06) this.at(1 + this.random() * (fate < 0.12 ? 4_000 : 20), () => finish?.(reply))
    }
  }

  #note(text: string): void {
    for (const char of `${this.nowMs}:${text};`)
      this.#trace = (Math.imul(this.#trace, 31) + char.charCodeAt(0)) | 0
  }

  #checkReply(reply: GroupReply): void {
    const request = this.#unanswered.get(reply.replyTo)
    this.check(request !== undefined, 'a request is answered once')
    this.#unanswered.delete(reply.replyTo)
    if (reply.errorCode !== ErrorCode.NONE) return
    const { state } = this.machine
    if (request?.type === 'Heartbeat') {
      this.check(request.generationId === state.generationId, 'a heartbeat of another generation is refused')
      this.check(state.members.has(request.memberId), 'a heartbeat of a stranger is refused')
      this.check(state.groupState !== 'PreparingRebalance', 'a heartbeat tells of the rebalance')
      const owner = state.staticMembers.get(request.groupInstanceId ?? '')
      this.check(owner === undefined || owner === request.memberId, 'a replaced static member is fenced')
    }
    if (request?.type === 'SyncGroup') {
      this.check(request.generationId === state.generationId, 'a sync of another generation is refused')
    }
  }

  /** Holds after every event. */
  #checkState(): void {
    const { state } = this.machine
    this.check(
      fingerprint(state) === fingerprint(this.#shadow.state),
      'replaying all records gives the live state',
    )
    const parked = new Set<number>()
    for (const { memberId, groupInstanceId, joinReplyTo, syncReplyTo } of state.members.values()) {
      if (joinReplyTo !== null) parked.add(joinReplyTo)
      if (syncReplyTo !== null) parked.add(syncReplyTo)
      const instance = groupInstanceId === null ? memberId : state.staticMembers.get(groupInstanceId)
      this.check(instance === memberId, 'a static member has its instance id')
      this.check(!state.pendingMembers.has(memberId), 'nobody is both a member and pending')
    }
    const isEveryRequestParked = [...this.#unanswered.keys()].every(replyTo => parked.has(replyTo))
    this.check(isEveryRequestParked, 'a request is answered or parked, never forgotten')
    const hasMembers = state.members.size > 0
    if (state.groupState === 'Empty') this.check(!hasMembers, 'an empty group has no members')
    if (state.groupState === 'Stable')
      this.check(hasMembers && state.leaderId !== null, 'a stable group has a leader')
    if (state.groupState === 'PreparingRebalance')
      this.check(this.#timers.has('join'), 'a join phase has an end')
  }

  checkPersisted(): void {
    const replayed = new ClassicGroup('g', CONFIG)
    for (const record of this.#committed) replayed.apply(record)
    const { state } = this.machine
    this.check(
      persistedPart(replayed.state) === persistedPart(state),
      'what the log holds is the settled group',
    )
  }

  /** One assignment per generation: what a member got, no other may get. */
  deliver(generationId: number, assignment: string, owner: string): void {
    const key = `${generationId}/${assignment}`
    const known = this.#delivered.get(key)
    this.check(known === undefined || known === owner, `${key} goes to ${known} and to ${owner}`)
    this.#delivered.set(key, owner)
  }
}

/** A client as kafkajs or librdkafka behave; versions differ in when the member id is known. */
class Consumer {
  memberId = ''
  generationId = -1
  isDead = false
  readonly #world: World
  readonly #name: string
  readonly #instanceId: string | null
  readonly #isOld: boolean
  readonly #protocols: string[]

  constructor(world: World, name: string) {
    this.#world = world
    this.#name = name
    this.#instanceId = world.random() < 0.4 ? `instance-${name}` : null
    this.#isOld = world.random() < 0.3
    this.#protocols = world.random() < 0.5 ? ['range', 'roundrobin'] : ['range']
    world.at(world.random() * 3_000, () => this.#join())
  }

  #join(): void {
    if (this.isDead) return
    const { memberId } = this
    const world = this.#world
    const eventFor = (replyTo: number): GroupEvent => ({
      type: 'JoinGroup',
      replyTo,
      nowMs: 0,
      memberId,
      newMemberId: `${this.#name}-${replyTo}`,
      groupInstanceId: this.#instanceId,
      clientId: this.#name,
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 4_000,
      protocolType: 'consumer',
      protocols: this.#protocols.map(name => ({ name, metadata: encode(this.#name) })),
      requiresKnownMemberId: !this.#isOld,
      supportsSkippingAssignment: !this.#isOld,
    })
    world.call(eventFor, reply => this.#onJoined(reply as Reply<'JoinGroup'> | null))
  }

  #onJoined(reply: Reply<'JoinGroup'> | null): void {
    if (reply !== null && reply.errorCode !== ErrorCode.FENCED_INSTANCE_ID) this.memberId = reply.memberId
    if (reply === null || reply.errorCode !== ErrorCode.NONE) {
      this.#recover(reply?.errorCode ?? null)
      return
    }
    this.generationId = reply.generationId
    const isAssigning = reply.leader === this.memberId && !reply.skipAssignment
    const ids = isAssigning ? reply.members.map(member => member.memberId) : []
    const { memberId, generationId } = this
    const world = this.#world
    const assignments = new Map(ids.map((id, index) => [id, encode(`p${index}`)]))
    const eventFor = (replyTo: number): GroupEvent => ({
      type: 'SyncGroup',
      replyTo,
      nowMs: 0,
      memberId,
      groupInstanceId: this.#instanceId,
      generationId,
      protocolType: reply.protocolType,
      protocolName: reply.protocolName,
      assignments,
    })
    world.call(eventFor, synced => this.#onSynced(synced as Reply<'SyncGroup'> | null, generationId))
  }

  #onSynced(reply: Reply<'SyncGroup'> | null, generationId: number): void {
    if (reply === null || reply.errorCode !== ErrorCode.NONE) {
      this.#recover(reply?.errorCode ?? null)
      return
    }
    const assignment = decode(reply.assignment)
    if (assignment !== '') this.#world.deliver(generationId, assignment, this.#instanceId ?? this.memberId)
    this.#beat()
  }

  #beat(): void {
    const world = this.#world
    if (this.isDead) return
    const pauseMs = world.isFaulty && world.random() < 0.04 ? world.random() * 9_000 : 1_000
    const fate = world.isFaulty ? world.random() : 1
    if (fate < 0.01) {
      this.#leave()
      return
    }
    // A process that starts anew knows its instance id at most.
    if (fate < 0.03) this.memberId = ''
    if (fate < 0.04) {
      this.#join()
      return
    }
    const { memberId, generationId } = this
    const groupInstanceId = this.#instanceId
    const eventFor = (replyTo: number): GroupEvent => ({
      type: 'Heartbeat',
      replyTo,
      memberId,
      groupInstanceId,
      generationId,
    })
    world.at(pauseMs, () => {
      if (this.isDead) return
      world.call(eventFor, reply => {
        const errorCode = (reply as Reply<'Heartbeat'> | null)?.errorCode ?? null
        if (errorCode === ErrorCode.NONE) this.#beat()
        else this.#recover(errorCode)
      })
    })
  }

  #leave(): void {
    const members = [{ memberId: this.memberId, groupInstanceId: this.#instanceId }]
    this.memberId = ''
    this.#world.call(
      replyTo => ({ type: 'LeaveGroup', replyTo, nowMs: 0, members }),
      () => this.#world.at(1_000, () => this.#join()),
    )
  }

  #recover(errorCode: ErrorCode | null): void {
    const isForgotten =
      errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID
    if (isForgotten) this.memberId = ''
    this.#world.at(errorCode === ErrorCode.MEMBER_ID_REQUIRED ? 0 : 100, () => this.#join())
  }
}

/** Runs one world to its end and answers a digest of it; throws when an invariant breaks. */
export function simulate(seed: number, mutate: Mutation = group => group): string {
  const world = new World(seed, mutate)
  const count = 2 + Math.floor(world.random() * 4)
  const consumers = Array.from({ length: count }, (_, index) => new Consumer(world, `c${index}`))
  const [first] = consumers
  world.at(20_000 + world.random() * 20_000, () => {
    if (first !== undefined) first.isDead = true
  })
  for (let restarts = Math.floor(world.random() * 4); restarts > 0; restarts--) {
    world.at(world.random() * FAULTS_END_MS, () => world.restart())
  }
  const result = world.run()
  const { state } = world.machine
  const living = consumers.filter(consumer => !consumer.isDead)
  world.check(state.groupState === 'Stable', `the group settles (${state.groupState})`)
  world.check(
    state.members.size === living.length,
    `${state.members.size} members, ${living.length} are alive`,
  )
  for (const consumer of living) {
    world.check(state.members.has(consumer.memberId), `${consumer.memberId} is a member`)
    world.check(consumer.generationId === state.generationId, `${consumer.memberId} is of the generation`)
  }
  const assigned = Array.from(state.members.values(), member => decode(member.assignment))
  world.check(
    new Set(assigned).size === living.length && !assigned.includes(''),
    'each member has its own share',
  )
  world.checkPersisted()
  return result
}
