import { expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { GroupHarness } from './group-harness.test-support.ts'

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const protocol = (name: string, ...metadata: number[]) => ({ name, metadata: new Uint8Array(metadata) })

test('GRC-1: members join, the leader assigns, all get their share', () => {
  const world = new GroupHarness()
  const [first, second] = [world.join(), world.join()]
  expect(world.state.groupState).toBe('PreparingRebalance')
  expect(world.joined(first)).toBeUndefined()
  world.advance(0)
  expect(world.state.groupState).toBe('CompletingRebalance')
  const [leader, follower] = [world.joined(first), world.joined(second)]
  expect(leader).toMatchObject({ errorCode: 0, generationId: 1, leader: 'id-1', protocolName: 'range' })
  expect(leader?.members.map(member => member.memberId)).toEqual(['id-1', 'id-2'])
  expect(follower).toMatchObject({ memberId: 'id-2', leader: 'id-1', members: [] })
  const waiting = world.sync({ memberId: 'id-2' })
  expect(world.synced(waiting)).toBeUndefined()
  const assignments = new Map([['id-2', new TextEncoder().encode('two')]])
  const own = world.sync({ memberId: 'id-1', assignments })
  expect(world.state.groupState).toBe('Stable')
  expect(text(world.synced(waiting)?.assignment)).toBe('two')
  expect(world.synced(own)?.assignment.length).toBe(0)
  expect(world.log).toHaveLength(1)
})

test('GRC-1: the last member leaves and the group is empty in a new generation', () => {
  const world = new GroupHarness()
  const [id = ''] = world.stabilize({})
  expect(world.leave({ memberId: id, groupInstanceId: null })).toEqual([ErrorCode.NONE])
  expect(world.state).toMatchObject({
    groupState: 'Empty',
    generationId: 2,
    leaderId: null,
    protocolType: 'consumer',
  })
  expect(world.log.at(-1)).toMatchObject({ type: 'GroupMetadata', generationId: 2, members: [] })
})

test('GRC-2: a new member gets its id with MEMBER_ID_REQUIRED and joins with it', () => {
  const world = new GroupHarness()
  const reply = world.joined(world.join({ requiresKnownMemberId: true }))
  expect(reply).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: 'id-1', generationId: -1 })
  expect(world.state).toMatchObject({ groupState: 'Empty' })
  const rejoined = world.join({ memberId: 'id-1', requiresKnownMemberId: true })
  world.advance(0)
  expect(world.joined(rejoined)).toMatchObject({ errorCode: 0, memberId: 'id-1' })
  expect(world.state.pendingMembers.size).toBe(0)
})

test('GRC-2: static members and old clients are accepted at once', () => {
  const world = new GroupHarness()
  const requests = [world.join({ groupInstanceId: 'i', requiresKnownMemberId: true }), world.join()]
  world.advance(0)
  expect(requests.map(replyTo => world.joined(replyTo)?.errorCode)).toEqual([0, 0])
})

test('GRC-2: an id that is not used within the session is forgotten', () => {
  const world = new GroupHarness()
  world.join({ requiresKnownMemberId: true })
  world.advance(10_000)
  expect(world.joined(world.join({ memberId: 'id-1' }))?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

test('GRC-2: a rebalance waits for ids that were handed out', () => {
  const world = new GroupHarness()
  const [leader = ''] = world.stabilize({})
  world.join({ requiresKnownMemberId: true })
  const rejoined = world.join({ memberId: leader })
  expect(world.joined(rejoined)).toBeUndefined()
  world.join({ memberId: 'id-3' })
  expect(world.joined(rejoined)).toMatchObject({ errorCode: 0, generationId: 2 })
})

test('GRC-3: the initial rebalance waits, and longer while members come', () => {
  const world = new GroupHarness({ initialRebalanceDelayMs: 3_000 })
  const first = world.join({ rebalanceTimeoutMs: 5_000 })
  world.advance(2_000)
  world.join({ rebalanceTimeoutMs: 5_000 })
  world.advance(2_000)
  expect(world.joined(first)).toBeUndefined()
  world.advance(1_000)
  expect(world.joined(first)?.members).toHaveLength(2)
})

test('GRC-4: the protocol with most votes wins among those all support', () => {
  const world = new GroupHarness()
  const lists = [
    ['sticky', 'range'],
    ['range', 'sticky'],
    ['own', 'range', 'sticky'],
  ]
  const requests = lists.map(names => world.join({ protocols: names.map(name => protocol(name)) }))
  world.advance(0)
  expect(world.joined(requests[0] ?? 0)?.protocolName).toBe('range')
})

test('GRC-4: no common protocol, another type or none at all is INCONSISTENT_GROUP_PROTOCOL', () => {
  const world = new GroupHarness()
  const code = ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  expect(world.joined(world.join({ protocols: [] }))?.errorCode).toBe(code)
  expect(world.joined(world.join({ protocolType: '' }))?.errorCode).toBe(code)
  world.stabilize({})
  expect(world.joined(world.join({ protocols: [protocol('other')] }))?.errorCode).toBe(code)
  expect(world.joined(world.join({ protocolType: 'connect' }))?.errorCode).toBe(code)
})

test('GRC-4: SyncGroup 5 must name the type and the protocol of the group', () => {
  const world = new GroupHarness()
  const [memberId = ''] = world.stabilize({})
  const wrongName = world.sync({ memberId, protocolType: 'consumer', protocolName: 'other' })
  expect(world.synced(wrongName)?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const right = world.sync({ memberId, protocolType: 'consumer', protocolName: 'range' })
  expect(world.synced(right)).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
})

test('GRC-5: heartbeat is refused for strangers and old generations, and tells of a rebalance', () => {
  const world = new GroupHarness()
  const [memberId = ''] = world.stabilize({})
  expect(world.heartbeat({ memberId })).toBe(ErrorCode.NONE)
  expect(world.heartbeat({ memberId: 'nobody' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(world.heartbeat({ memberId, generationId: 0 })).toBe(ErrorCode.ILLEGAL_GENERATION)
  world.join()
  expect(world.heartbeat({ memberId })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
})

test('GRC-5: heartbeat in CompletingRebalance is fine', () => {
  const world = new GroupHarness()
  world.join()
  world.advance(0)
  expect(world.heartbeat({ memberId: 'id-1' })).toBe(ErrorCode.NONE)
})

test('GRC-5: SyncGroup is refused while members rejoin; waiting syncs are interrupted', () => {
  const world = new GroupHarness()
  world.join()
  world.join()
  world.advance(0)
  const waiting = world.sync({ memberId: 'id-2' })
  world.join()
  expect(world.synced(waiting)?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  expect(world.synced(world.sync({ memberId: 'id-1' }))?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
})

test('GRC-5: a full group answers GROUP_MAX_SIZE_REACHED', () => {
  const world = new GroupHarness({ groupSizeMax: 1 })
  world.stabilize({})
  expect(world.joined(world.join())).toMatchObject({
    errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED,
    memberId: '',
  })
})

test('GRC-5: members that do not rejoin in time are dropped', () => {
  const world = new GroupHarness()
  const [first = '', second = ''] = world.stabilize(
    { sessionTimeoutMs: 60_000 },
    { sessionTimeoutMs: 60_000 },
  )
  const rejoined = world.join({ memberId: second, protocols: [protocol('range', 9)] })
  world.advance(30_000)
  expect(world.joined(rejoined)).toMatchObject({ errorCode: 0, leader: second })
  expect(world.heartbeat({ memberId: first })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

test('GRC-5: a session that ends starts a rebalance', () => {
  const world = new GroupHarness()
  const [first = '', second = ''] = world.stabilize({}, {})
  world.advance(6_000)
  world.heartbeat({ memberId: first })
  world.advance(6_000)
  expect(world.heartbeat({ memberId: second })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(world.heartbeat({ memberId: first })).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
})

test('GRC-5: members that never sync are dropped after the rebalance timeout', () => {
  const world = new GroupHarness()
  world.join({ rebalanceTimeoutMs: 5_000 })
  world.join({ rebalanceTimeoutMs: 5_000 })
  world.advance(0)
  world.sync({ memberId: 'id-1' })
  world.advance(5_000)
  expect([...world.state.members.keys()]).toEqual(['id-1'])
  expect(world.state.groupState).toBe('PreparingRebalance')
})

test('GRC-6: a static member that restarts keeps its assignment, without a rebalance', () => {
  const world = new GroupHarness()
  const [first = ''] = world.stabilize({ groupInstanceId: 'a' }, { groupInstanceId: 'b' })
  const again = world.join({ groupInstanceId: 'b', protocols: [protocol('range', 7)] })
  const reply = world.joined(again)
  expect(reply).toMatchObject({ errorCode: 0, generationId: 1, leader: first, memberId: 'id-5' })
  expect(text(world.synced(world.sync({ memberId: 'id-5', groupInstanceId: 'b' }))?.assignment)).toBe('id-2')
  expect(world.state.groupState).toBe('Stable')
  expect(world.log).toHaveLength(2)
})

test('GRC-6: the former self of a static member is fenced', () => {
  const world = new GroupHarness()
  const [old = ''] = world.stabilize({ groupInstanceId: 'a' })
  world.join({ groupInstanceId: 'a' })
  expect(world.heartbeat({ memberId: old, groupInstanceId: 'a' })).toBe(ErrorCode.FENCED_INSTANCE_ID)
  expect(world.joined(world.join({ memberId: old, groupInstanceId: 'a' }))?.errorCode).toBe(
    ErrorCode.FENCED_INSTANCE_ID,
  )
  expect(world.heartbeat({ memberId: 'x', groupInstanceId: 'unknown' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

test('GRC-6: a static leader that restarts is told to skip the assignment from JoinGroup 9 on', () => {
  const world = new GroupHarness()
  const [old = ''] = world.stabilize({ groupInstanceId: 'a' }, {})
  const before = world.joined(world.join({ groupInstanceId: 'a' }))
  expect(before).toMatchObject({ leader: old, skipAssignment: false, members: [] })
  const after = world.joined(world.join({ groupInstanceId: 'a', supportsSkippingAssignment: true }))
  expect(after).toMatchObject({ leader: after?.memberId, skipAssignment: true })
  expect(after?.members).toHaveLength(2)
})

test('GRC-6: a static restart between JoinGroup and SyncGroup starts a new rebalance', () => {
  const world = new GroupHarness()
  world.join({ groupInstanceId: 'a' })
  world.join({ groupInstanceId: 'b' })
  world.advance(0)
  const waiting = world.sync({ memberId: 'id-2', groupInstanceId: 'b' })
  world.join({ groupInstanceId: 'b' })
  expect(world.synced(waiting)?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
  expect(world.state.groupState).toBe('PreparingRebalance')
})

test('GRC-6: static members outlast the rebalance timeout, and go with their session', () => {
  const world = new GroupHarness()
  const [first = ''] = world.stabilize(
    { sessionTimeoutMs: 60_000 },
    { groupInstanceId: 'b', sessionTimeoutMs: 60_000 },
  )
  const rejoined = world.join({ memberId: first })
  world.advance(30_000)
  expect(world.joined(rejoined)?.members).toHaveLength(2)
})

test('GRC-7: a batch leaves by member and by instance id, each with its own error', () => {
  const world = new GroupHarness()
  const [first = ''] = world.stabilize({}, { groupInstanceId: 'b' }, {})
  const codes = world.leave(
    { memberId: first, groupInstanceId: null },
    { memberId: '', groupInstanceId: 'b' },
    { memberId: '', groupInstanceId: 'unknown' },
    { memberId: 'nobody', groupInstanceId: null },
  )
  const { NONE, UNKNOWN_MEMBER_ID } = ErrorCode
  expect(codes).toEqual([NONE, NONE, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID])
  expect(world.state.groupState).toBe('PreparingRebalance')
  expect(world.state.members.size).toBe(1)
})

test('GRC-7: a member that leaves while its JoinGroup waits gets UNKNOWN_MEMBER_ID there', () => {
  const world = new GroupHarness()
  const parked = world.join()
  world.leave({ memberId: 'id-1', groupInstanceId: null })
  expect(world.joined(parked)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' })
})

test('GRC-1: a follower that joins again unchanged keeps the generation, a leader starts a new one', () => {
  const world = new GroupHarness()
  const [leader = '', follower = ''] = world.stabilize({}, {})
  const protocols = [protocol('range', 1)]
  expect(world.joined(world.join({ memberId: follower, protocols }))).toMatchObject({
    errorCode: 0,
    generationId: 1,
  })
  expect(world.joined(world.join({ memberId: leader, protocols }))).toBeUndefined()
  expect(world.state.groupState).toBe('PreparingRebalance')
})

test('a JoinGroup sent again answers the one before it', () => {
  const world = new GroupHarness()
  const [leader = ''] = world.stabilize({}, {})
  const first = world.join({ memberId: leader })
  const second = world.join({ memberId: leader })
  expect(world.joined(first)?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  expect(world.joined(second)).toBeUndefined()
})

test('GRC-11: a group read from its log is stable, with members, generation and assignments', () => {
  const world = new GroupHarness()
  const [first = '', second = ''] = world.stabilize({}, { groupInstanceId: 'b' })
  const reloaded = new GroupHarness({}, world.log)
  expect(reloaded.state).toMatchObject({
    groupState: 'Stable',
    generationId: 1,
    leaderId: first,
    protocolName: 'range',
  })
  expect(reloaded.heartbeat({ memberId: second, groupInstanceId: 'b' })).toBe(ErrorCode.NONE)
  expect(text(reloaded.synced(reloaded.sync({ memberId: first }))?.assignment)).toBe(first)
  reloaded.advance(10_000)
  expect(reloaded.state.groupState).toBe('Empty')
})
