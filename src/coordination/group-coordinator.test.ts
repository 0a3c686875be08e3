import { expect, test } from 'vitest'
import type { Timer } from '../base/clock.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { GroupCoordinator, type GroupCoordinatorConfig, type JoinGroupCall } from './group-coordinator.ts'
import { MemoryCoordinatorLog } from './memory-coordinator-log.test-support.ts'

const CONFIG: GroupCoordinatorConfig = {
  initialRebalanceDelayMs: 0,
  groupSizeMax: 10,
  newMemberJoinTimeoutMs: 300_000,
  offsetMetadataCharsMax: 4096,
  offsetsRetentionMs: 1_000_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  groupsMax: 1_000,
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
}

class World {
  readonly log: MemoryCoordinatorLog
  readonly groups: GroupCoordinator
  nowMs = 1_000
  #armed: { atMs: number; callback: () => void }[] = []
  #byte = 0

  constructor(log = new MemoryCoordinatorLog()) {
    this.log = log
    this.groups = new GroupCoordinator({
      log,
      topics: { partitionCount: () => 1_000, topicName: () => undefined, topicId: () => undefined },
      clock: { wallMs: () => this.nowMs, monotonicMs: () => this.nowMs },
      timers: { set: (delayMs, callback) => this.#arm(delayMs, callback) },
      random: { below: () => 0, bytes: count => new Uint8Array(count).fill(this.#byte++) },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      config: CONFIG,
    })
  }

  get armedTimers(): number {
    return this.#armed.length
  }

  /** Fires what is due, then lets promises settle. */
  async advance(delayMs: number): Promise<void> {
    const endMs = this.nowMs + delayMs
    for (;;) {
      const next = this.#armed.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#armed.splice(this.#armed.indexOf(next), 1)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.callback()
    }
    this.nowMs = endMs
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }

  join(change: Partial<JoinGroupCall> = {}) {
    return this.groups.joinGroup({
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array([1, 2]) }],
      requiresKnownMemberId: false,
      supportsSkippingAssignment: false,
      ...change,
    })
  }

  sync(memberId: string, generationId: number) {
    const assignments = new Map([[memberId, new Uint8Array([7])]])
    const nameless = { groupInstanceId: null, protocolType: null, protocolName: null }
    return this.groups.syncGroup({ groupId: 'g', memberId, generationId, assignments, ...nameless })
  }

  heartbeat(memberId: string, generationId: number) {
    return this.groups.heartbeat({ groupId: 'g', memberId, groupInstanceId: null, generationId })
  }

  commit(committedOffset: number) {
    const partition = {
      partitionIndex: 0,
      committedLeaderEpoch: -1,
      committedMetadata: 'ü',
      commitTimestampMs: -1,
    }
    return this.groups.commitOffsets({
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      knowsGroupIdNotFound: true,
      retentionTimeMs: -1,
      topics: [{ name: 't', partitions: [{ ...partition, committedOffset }] }],
    })
  }

  async committed(): Promise<number | undefined> {
    const reply = await this.groups.fetchOffsets({ groupId: 'g', topics: null })
    return reply.topics[0]?.partitions[0]?.committedOffset
  }

  /** A stable group of one. */
  async stabilize(): Promise<string> {
    const joining = this.join()
    await this.advance(1)
    const { memberId, generationId } = await joining
    await this.sync(memberId, generationId)
    return memberId
  }

  #arm(delayMs: number, callback: () => void): Timer {
    const entry = { atMs: this.nowMs + delayMs, callback }
    this.#armed.push(entry)
    const cancel = () => {
      this.#armed = this.#armed.filter(other => other !== entry)
    }
    return { cancel }
  }
}

async function started(log?: MemoryCoordinatorLog): Promise<World> {
  const world = new World(log)
  await world.groups.start()
  return world
}

test('MD-13: a group lives in the partition that Java s String.hashCode chooses', async () => {
  const world = await started()
  // "console-consumer-1" hashes to a negative number, "Aa" and "BB" to the same one.
  expect(world.groups.shardOf('Aa')).toBe(2112 % 50)
  expect(world.groups.shardOf('BB')).toBe(2112 % 50)
  expect(world.groups.shardOf('polygenelubricants')).toBe(0)
  await world.commit(1)
  expect([...world.log.partitions.keys()]).toEqual([world.groups.shardOf('g')])
  world.groups.close()
})

test('MD-12: the topic is created on first use; until then nobody is served', async () => {
  const log = new MemoryCoordinatorLog()
  log.isTopicThere = false
  log.createError = ErrorCode.INVALID_REPLICATION_FACTOR
  const world = await started(log)
  expect(world.groups.listGroups()).toEqual({ errorCode: ErrorCode.NONE, groups: [] })
  expect((await world.commit(1)).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  expect(await world.groups.ensureReady()).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  log.createError = ErrorCode.NONE
  expect(await world.groups.ensureReady()).toBe(ErrorCode.NONE)
  expect((await world.commit(1)).errorCode).toBe(ErrorCode.NONE)
  world.groups.close()
})

test('an answer leaves after the records before it are committed', async () => {
  const world = await started()
  world.log.isHolding = true
  let answered = 0
  void world.commit(5).then(() => answered++)
  void world.committed().then(() => answered++)
  await world.advance(0)
  expect(answered).toBe(0)
  world.log.commit()
  await world.advance(0)
  expect(answered).toBe(2)
  expect(await world.committed()).toBe(5)
  world.groups.close()
})

test('a failed append refuses what waits and goes back to what the log holds', async () => {
  const world = await started()
  await world.commit(1)
  world.log.nextError = ErrorCode.KAFKA_STORAGE_ERROR
  expect((await world.commit(2)).errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  await world.advance(0)
  expect(await world.committed()).toBe(1)
  world.groups.close()
})

test('an append from before a failure, done behind it, makes nothing safe that came later', async () => {
  const world = await started()
  world.log.isHolding = true
  world.log.nextError = ErrorCode.KAFKA_STORAGE_ERROR
  const [failed, behind] = [world.commit(1), world.commit(2)]
  world.log.commitFirst(1)
  expect([(await failed).errorCode, (await behind).errorCode]).toEqual(
    Array(2).fill(ErrorCode.NOT_COORDINATOR),
  )
  await world.advance(0)
  let isAnswered = false
  const later = world.commit(3).then(reply => {
    isAnswered = true
    return reply
  })
  world.log.commitFirst(1)
  await world.advance(0)
  expect(isAnswered).toBe(false)
  world.log.commit()
  expect((await later).errorCode).toBe(ErrorCode.NONE)
  world.groups.close()
})

test('GRC-11: a coordinator that starts anew knows members, generation and offsets', async () => {
  const before = await started()
  const memberId = await before.stabilize()
  await before.groups.commitOffsets({
    groupId: 'g',
    memberId,
    groupInstanceId: null,
    generationId: 1,
    knowsGroupIdNotFound: true,
    retentionTimeMs: -1,
    topics: [
      {
        name: 't',
        partitions: [
          {
            partitionIndex: 0,
            committedOffset: 2 ** 40,
            committedLeaderEpoch: 4,
            committedMetadata: 'x',
            commitTimestampMs: -1,
          },
        ],
      },
    ],
  })
  before.groups.close()
  const after = await started(before.log)
  expect((await after.heartbeat(memberId, 1)).errorCode).toBe(ErrorCode.NONE)
  expect((await after.sync(memberId, 1)).assignment).toEqual(new Uint8Array([7]))
  expect(await after.committed()).toBe(2 ** 40)
  const { group } = after.groups.describeGroup('g')
  expect(group).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolName: 'range' })
  expect(group?.members.get(memberId)?.clientHost).toBe('/127.0.0.1')
  await after.advance(10_000)
  expect((await after.heartbeat(memberId, 1)).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  after.groups.close()
})

test('GRC-10: a deleted group stays deleted after a restart', async () => {
  const before = await started()
  await before.commit(1)
  expect(await before.groups.deleteGroups(['g', 'none'])).toEqual([
    ErrorCode.NONE,
    ErrorCode.GROUP_ID_NOT_FOUND,
  ])
  before.groups.close()
  const after = await started(before.log)
  expect(after.groups.listGroups().groups).toEqual([])
  after.groups.close()
})

test('GRC-5: while a shard is read heartbeats are fine and all else is COORDINATOR_LOAD_IN_PROGRESS', async () => {
  const log = new MemoryCoordinatorLog()
  let open = () => {}
  log.replayGate = new Promise(resolve => {
    open = resolve
  })
  const world = new World(log)
  const starting = world.groups.start()
  world.groups.describeGroup('g')
  expect((await world.commit(1)).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  expect((await world.heartbeat('m', 1)).errorCode).toBe(ErrorCode.NONE)
  expect(world.groups.listGroups().errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  open()
  await starting
  await world.advance(0)
  expect((await world.commit(1)).errorCode).toBe(ErrorCode.NONE)
  world.groups.close()
})

test('GRC-3: sessions outside the broker s bounds are INVALID_SESSION_TIMEOUT', async () => {
  const world = await started()
  for (const sessionTimeoutMs of [5_999, 1_800_001, -1]) {
    expect((await world.join({ sessionTimeoutMs })).errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
  }
  expect((await world.join({ groupId: '' })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
  world.groups.close()
})

test('LIM-1: names that the log cannot hold are refused', async () => {
  const world = await started()
  const long = 'n'.repeat(65_536)
  expect((await world.join({ groupId: long })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
  expect((await world.join({ groupInstanceId: long })).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  expect((await world.join({ protocolType: long })).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  const { errorCode } = await world.join({ groupId: '__proto__', requiresKnownMemberId: true })
  expect(errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
  world.groups.close()
})

test('LIM-1: a member has at most 1,000 protocols', async () => {
  const world = await started()
  const protocols = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `p${index}`, metadata: new Uint8Array(0) }))
  expect((await world.join({ protocols: protocols(1_001) })).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  const joining = world.join({ protocols: protocols(1_000) })
  await world.advance(1)
  expect((await joining).errorCode).toBe(ErrorCode.NONE)
  world.groups.close()
})

test('GRC-2: member ids are the client s name and a random UUID', async () => {
  const world = await started()
  const { memberId } = await world.join({ requiresKnownMemberId: true })
  expect(memberId).toMatch(/^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  world.groups.close()
})

test('heartbeats put a session off without setting a timer each time', async () => {
  const world = await started()
  const memberId = await world.stabilize()
  const armed = world.armedTimers
  for (let beat = 0; beat < 20; beat++) {
    await world.advance(5_000)
    expect((await world.heartbeat(memberId, 1)).errorCode).toBe(ErrorCode.NONE)
  }
  expect(world.armedTimers).toBe(armed)
  await world.advance(10_000)
  expect((await world.heartbeat(memberId, 1)).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  world.groups.close()
})

test('GRC-5: close answers parked requests with NOT_COORDINATOR and leaves no timer', async () => {
  const world = await started()
  const parked = world.join()
  world.groups.close()
  expect((await parked).errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  expect(world.armedTimers).toBe(0)
  expect((await world.join()).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
})

test('OFS-3: the clean-up runs by itself', async () => {
  const world = await started()
  await world.commit(1)
  await world.advance(1_200_000)
  expect(world.groups.listGroups().groups).toEqual([])
  world.groups.close()
})

test('OFS-3: a group that the clean-up removed does not come back with a restart', async () => {
  const world = await started()
  const memberId = await world.stabilize()
  await world.groups.leaveGroup({
    groupId: 'g',
    members: [{ memberId, groupInstanceId: null }],
  })
  await world.advance(1_200_000)
  expect(world.groups.listGroups().groups).toEqual([])
  world.groups.close()
  const again = await started(world.log)
  await again.advance(0)
  expect(again.groups.listGroups().groups).toEqual([])
  again.groups.close()
})

test('OFS-3: a topic with more partitions than one append holds loses all its offsets', async () => {
  const world = await started()
  const partitions = Array.from({ length: 1_200 }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 1,
    committedLeaderEpoch: -1,
    committedMetadata: null,
    commitTimestampMs: -1,
  }))
  await world.groups.commitOffsets({
    groupId: 'g',
    memberId: '',
    groupInstanceId: null,
    generationId: -1,
    knowsGroupIdNotFound: true,
    retentionTimeMs: -1,
    topics: [{ name: 't', partitions }],
  })
  world.groups.onTopicDeleted('t')
  expect(await world.committed()).toBeUndefined()
  world.groups.close()
})
