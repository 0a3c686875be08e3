import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupEvent, GroupReply } from './group-event.ts'
import type { GroupRecord } from './group-record.ts'
import { type GroupDecision, type Mutation, simulate } from './group-world.test-support.ts'

type Bend = (group: ClassicGroup, event: GroupEvent) => GroupDecision

function bending(decide: Bend): Mutation {
  return group => ({
    get state() {
      return group.state
    },
    decide: event => decide(group, event),
    apply: record => group.apply(record),
  })
}

function bendingReplies(change: (reply: GroupReply) => GroupReply[]): Mutation {
  return bending((group, event) => {
    const decision = group.decide(event)
    return { ...decision, replies: decision.replies.flatMap(change) }
  })
}

function bendingRecords(change: (record: GroupRecord) => GroupRecord[]): Mutation {
  return bending((group, event) => {
    const decision = group.decide(event)
    return { ...decision, records: decision.records.flatMap(change) }
  })
}

const withoutTimer = (prefix: string): Mutation =>
  bending((group, event) => {
    const decision = group.decide(event)
    return { ...decision, timers: decision.timers.filter(timer => !timer.key.startsWith(prefix)) }
  })

const PLANTED_BUGS: ReadonlyMap<string, Mutation> = new Map([
  [
    'a heartbeat of any generation is accepted',
    bending((group, event) => {
      const { generationId } = group.state
      return group.decide(event.type === 'Heartbeat' ? { ...event, generationId } : event)
    }),
  ],
  [
    'a sync of any generation is accepted',
    bending((group, event) => {
      const { generationId } = group.state
      return group.decide(event.type === 'SyncGroup' ? { ...event, generationId } : event)
    }),
  ],
  [
    'heartbeats never tell of a rebalance',
    bendingReplies(reply =>
      reply.type === 'Heartbeat' && reply.errorCode === ErrorCode.REBALANCE_IN_PROGRESS
        ? [{ ...reply, errorCode: ErrorCode.NONE }]
        : [reply],
    ),
  ],
  ['sessions never expire', withoutTimer('session:')],
  ['a join phase never ends', withoutTimer('join')],
  [
    'deciding changes the group',
    bending((group, event) => {
      const decision = group.decide(event)
      if (event.type === 'LeaveGroup') for (const record of decision.records) group.apply(record)
      return decision
    }),
  ],
  [
    'the assignment is not written to the log',
    bendingRecords(record =>
      record.type === 'GroupMetadata' ? [{ ...record, volatile: true } as never] : [record],
    ),
  ],
  [
    'the generation does not go up',
    bendingRecords(record =>
      record.type === 'GenerationStarted'
        ? [{ ...record, generationId: Math.max(record.generationId - 1, 1) }]
        : [record],
    ),
  ],
  [
    'interrupted syncs are never answered',
    bendingReplies(reply =>
      reply.type === 'SyncGroup' && reply.errorCode === ErrorCode.REBALANCE_IN_PROGRESS ? [] : [reply],
    ),
  ],
  [
    'every member gets the assignment of the first',
    bending((group, event) => {
      const decision = group.decide(event)
      const first = decision.replies.find(reply => reply.type === 'SyncGroup')
      const assignment = first?.type === 'SyncGroup' ? first.assignment : new Uint8Array(0)
      const replies = decision.replies.map(reply =>
        reply.type === 'SyncGroup' ? { ...reply, assignment } : reply,
      )
      return { ...decision, replies }
    }),
  ],
  [
    'a replaced static member is not fenced',
    bending((group, event) => {
      if (event.type !== 'Heartbeat') return group.decide(event)
      const owner = group.state.staticMembers.get(event.groupInstanceId ?? '')
      const decision = group.decide(owner === undefined ? event : { ...event, memberId: owner })
      return decision
    }),
  ],
])

const SEEDS = 300
const seedFromEnvironment = process.env.SIM_SEED

test(`${SEEDS} worlds settle with every invariant kept`, () => {
  if (seedFromEnvironment !== undefined) return void simulate(Number(seedFromEnvironment))
  for (let seed = 1; seed <= SEEDS; seed++) simulate(seed)
})

test('the same seed gives the same world', () => {
  for (const seed of [1, 2, 3]) expect(simulate(seed)).toBe(simulate(seed))
  expect(simulate(1)).not.toBe(simulate(2))
})

test.each([...PLANTED_BUGS])('finds the planted bug: %s', (_, mutation) => {
  const find = () => {
    for (let seed = 1; seed <= SEEDS; seed++) simulate(seed, mutation)
  }
  expect(find).toThrow(/SIM_SEED=\d+/)
})
