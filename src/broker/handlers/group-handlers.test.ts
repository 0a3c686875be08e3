import { afterEach, expect, test } from 'vitest'
import { MemoryCoordinatorLog } from '../../coordination/memory-coordinator-log.test-support.ts'
import { GroupCoordinator } from '../../coordination/runtime.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import * as deleteGroupsCodec from '../../protocol/generated/delete-groups.ts'
import * as describeGroupsCodec from '../../protocol/generated/describe-groups.ts'
import * as findCoordinatorCodec from '../../protocol/generated/find-coordinator.ts'
import * as heartbeatCodec from '../../protocol/generated/heartbeat.ts'
import * as joinGroupCodec from '../../protocol/generated/join-group.ts'
import * as leaveGroupCodec from '../../protocol/generated/leave-group.ts'
import * as listGroupsCodec from '../../protocol/generated/list-groups.ts'
import * as offsetCommitCodec from '../../protocol/generated/offset-commit.ts'
import * as offsetDeleteCodec from '../../protocol/generated/offset-delete.ts'
import * as offsetFetchCodec from '../../protocol/generated/offset-fetch.ts'
import * as syncGroupCodec from '../../protocol/generated/sync-group.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'
import type { BrokerServices, Handler, RequestContext } from '../handler.ts'
import { deleteGroups } from './delete-groups.ts'
import { describeGroups } from './describe-groups.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listGroups } from './list-groups.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { syncGroup } from './sync-group.ts'

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const open: GroupCoordinator[] = []

afterEach(() => {
  for (const groups of open.splice(0)) groups.close()
})

/** A broker of which only the groups are there; requests and answers go through their bytes. */
class World {
  readonly log = new MemoryCoordinatorLog()
  readonly groups: GroupCoordinator
  private readonly services: BrokerServices

  constructor() {
    this.groups = new GroupCoordinator({
      log: this.log,
      topics: {
        hasTopic: name => name === 't',
        topicName: id => (id === TOPIC_ID ? 't' : undefined),
        topicId: name => (name === 't' ? TOPIC_ID : undefined),
      },
      clock: { wallMs: () => 1_000, monotonicMs: () => 1_000 },
      timers: {
        // Time stands still: only what is due at once fires.
        set: (delayMs, callback) => {
          const timer = delayMs === 0 ? setImmediate(callback) : undefined
          return { cancel: () => clearImmediate(timer) }
        },
      },
      random: { below: () => 0, bytes: count => new Uint8Array(count) },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      config: {
        initialRebalanceDelayMs: 0,
        groupSizeMax: 10,
        newMemberJoinTimeoutMs: 300_000,
        offsetMetadataCharsMax: 4096,
        offsetsRetentionMs: 1_000_000,
        offsetsRetentionCheckIntervalMs: 600_000,
        groupsMax: 1_000,
        sessionTimeoutMinMs: 6_000,
        sessionTimeoutMaxMs: 1_800_000,
      },
    })
    open.push(this.groups)
    const parts: Partial<BrokerServices> = {
      groups: this.groups,
      advertisedEndpoint: () => ({ host: 'localhost', port: 9092 }),
    }
    this.services = { ...parts, config: { nodeId: 7 } } as unknown as BrokerServices
  }
  /** Encodes the request, lets the handler decode it, and decodes what the handler's answer encodes to. */
  async call<Init, Answer>(
    handler: Handler,
    version: number,
    request: Init,
    encodeRequest: (writer: Writer, body: Init, version: number) => void,
    decodeResponse: (reader: Reader, version: number) => Answer,
  ): Promise<Answer> {
    const writer = new Writer()
    encodeRequest(writer, request, version)
    const context = { apiVersion: version, clientId: 'client', remoteAddress: '10.0.0.1', listenerName: 'L' }
    const reader = new Reader(writer.finish())
    const body = await handler.start(reader, context as unknown as RequestContext, this.services)
    const answer = new Writer()
    handler.encode(answer, body, version)
    return decodeResponse(new Reader(answer.finish()), version)
  }

  join(version: number, change: joinGroupCodec.JoinGroupRequestInit = {}) {
    const request = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array([1]) }],
      ...change,
    }
    const { encodeJoinGroupRequest, decodeJoinGroupResponse } = joinGroupCodec
    return this.call(joinGroup, version, request, encodeJoinGroupRequest, decodeJoinGroupResponse)
  }

  sync(version: number, memberId: string, change: syncGroupCodec.SyncGroupRequestInit = {}) {
    const assignments = [{ memberId, assignment: new Uint8Array([9]) }]
    const request = { groupId: 'g', generationId: 1, memberId, assignments, ...change }
    const { encodeSyncGroupRequest, decodeSyncGroupResponse } = syncGroupCodec
    return this.call(syncGroup, version, request, encodeSyncGroupRequest, decodeSyncGroupResponse)
  }

  async heartbeat(version: number, memberId: string) {
    const request = { groupId: 'g', generationId: 1, memberId }
    const { encodeHeartbeatRequest, decodeHeartbeatResponse } = heartbeatCodec
    return (await this.call(heartbeat, version, request, encodeHeartbeatRequest, decodeHeartbeatResponse))
      .errorCode
  }

  leave(version: number, request: leaveGroupCodec.LeaveGroupRequestInit) {
    const { encodeLeaveGroupRequest, decodeLeaveGroupResponse } = leaveGroupCodec
    return this.call(leaveGroup, version, request, encodeLeaveGroupRequest, decodeLeaveGroupResponse)
  }

  find(version: number, request: findCoordinatorCodec.FindCoordinatorRequestInit) {
    const { encodeFindCoordinatorRequest, decodeFindCoordinatorResponse } = findCoordinatorCodec
    return this.call(
      findCoordinator,
      version,
      request,
      encodeFindCoordinatorRequest,
      decodeFindCoordinatorResponse,
    )
  }

  /** Commits offset 42 of partition 0; answers that partition's error. */
  async commit(version: number, change: offsetCommitCodec.OffsetCommitRequestInit = {}, name = 't') {
    const topicId = name === 't' ? TOPIC_ID : 'AAAAAAAAAAAAAAAAAAAAAg'
    const topic = version >= 10 ? { topicId } : { name }
    const partitions = [{ partitionIndex: 0, committedOffset: 42, committedMetadata: 'm' }]
    const request = { groupId: 'g', memberId: '', topics: [{ ...topic, partitions }], ...change }
    const { encodeOffsetCommitRequest, decodeOffsetCommitResponse } = offsetCommitCodec
    const answer = await this.call(
      offsetCommit,
      version,
      request,
      encodeOffsetCommitRequest,
      decodeOffsetCommitResponse,
    )
    return answer.topics[0]?.partitions[0]?.errorCode
  }

  fetch(version: number, request: offsetFetchCodec.OffsetFetchRequestInit) {
    const { encodeOffsetFetchRequest, decodeOffsetFetchResponse } = offsetFetchCodec
    return this.call(offsetFetch, version, request, encodeOffsetFetchRequest, decodeOffsetFetchResponse)
  }

  async describe(version: number, groupId: string, includeAuthorizedOperations = false) {
    const flag = version >= 3 ? { includeAuthorizedOperations } : {}
    const request = { groups: [groupId], ...flag }
    const { encodeDescribeGroupsRequest, decodeDescribeGroupsResponse } = describeGroupsCodec
    const answer = await this.call(
      describeGroups,
      version,
      request,
      encodeDescribeGroupsRequest,
      decodeDescribeGroupsResponse,
    )
    return answer.groups[0]
  }

  async list(version: number, request: listGroupsCodec.ListGroupsRequestInit = {}) {
    const { encodeListGroupsRequest, decodeListGroupsResponse } = listGroupsCodec
    return (await this.call(listGroups, version, request, encodeListGroupsRequest, decodeListGroupsResponse))
      .groups
  }

  async delete(version: number, ...groupsNames: string[]) {
    const { encodeDeleteGroupsRequest, decodeDeleteGroupsResponse } = deleteGroupsCodec
    const request = { groupsNames }
    const answer = await this.call(
      deleteGroups,
      version,
      request,
      encodeDeleteGroupsRequest,
      decodeDeleteGroupsResponse,
    )
    return answer.results.map(result => [result.groupId, result.errorCode])
  }

  deleteOffsets(name: string) {
    const request = { groupId: 'g', topics: [{ name, partitions: [{ partitionIndex: 0 }] }] }
    const { encodeOffsetDeleteRequest, decodeOffsetDeleteResponse } = offsetDeleteCodec
    return this.call(offsetDelete, 0, request, encodeOffsetDeleteRequest, decodeOffsetDeleteResponse)
  }

  /** A stable group of one; answers the member's id. */
  async stabilize(): Promise<string> {
    const { memberId } = await this.join(3)
    await this.sync(3, memberId)
    return memberId
  }
}

async function started(): Promise<World> {
  const world = new World()
  await world.groups.start()
  return world
}

const upTo = (highest: number) => Array.from({ length: highest + 1 }, (_, version) => version)

test('MD-12: the coordinator of a group is this broker, alone and in a batch', async () => {
  const world = await started()
  const here = { nodeId: 7, host: 'localhost', port: 9092, errorCode: 0 }
  expect(await world.find(0, { key: 'g' })).toMatchObject(here)
  expect(await world.find(3, { key: 'g', keyType: 0 })).toMatchObject({ ...here, errorMessage: 'NONE' })
  const batch = await world.find(4, { keyType: 0, coordinatorKeys: ['g', 'h'] })
  expect(batch.coordinators).toMatchObject([
    { key: 'g', ...here, errorMessage: '' },
    { key: 'h', ...here, errorMessage: '' },
  ])
})

test('MD-12: COORDINATOR_NOT_AVAILABLE while the topic cannot be made; other kinds of keys are refused', async () => {
  const world = await started()
  expect(await world.find(1, { key: 'x', keyType: 1 })).toMatchObject({
    errorCode: ErrorCode.INVALID_REQUEST,
  })
  world.log.isTopicThere = false
  world.log.createError = ErrorCode.INVALID_REPLICATION_FACTOR
  const answer = await world.find(2, { key: 'g', keyType: 0 })
  expect(answer).toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1, port: -1 })
})

test.each(upTo(9))('GRC-1: a group of one through JoinGroup %i', async version => {
  const world = await started()
  const asked = await world.join(version)
  expect(asked.errorCode).toBe(version >= 4 ? ErrorCode.MEMBER_ID_REQUIRED : ErrorCode.NONE)
  const joined = version >= 4 ? await world.join(version, { memberId: asked.memberId }) : asked
  expect(joined).toMatchObject({
    errorCode: 0,
    generationId: 1,
    protocolName: 'range',
    leader: joined.memberId,
  })
  expect(joined.members).toHaveLength(1)
  const syncVersion = Math.min(version, 4)
  const synced = await world.sync(syncVersion, joined.memberId)
  expect([...synced.assignment]).toEqual([9])
  for (const heartbeatVersion of upTo(4)) {
    expect(await world.heartbeat(heartbeatVersion, joined.memberId)).toBe(ErrorCode.NONE)
  }
  const member = world.groups.describeGroup('g').group?.members.get(joined.memberId)
  expect(member).toMatchObject({
    clientHost: '/10.0.0.1',
    rebalanceTimeoutMs: version === 0 ? 10_000 : 20_000,
  })
})

test('GRC-4: a refused JoinGroup has an empty protocol name below version 7, and null from there', async () => {
  const world = await started()
  expect((await world.join(6, { protocols: [] })).protocolName).toBe('')
  expect(await world.join(7, { protocols: [] })).toMatchObject({ protocolName: null, protocolType: null })
})

test('GRC-4: SyncGroup 5 without type and name is INCONSISTENT_GROUP_PROTOCOL', async () => {
  const world = await started()
  const memberId = await world.stabilize()
  expect((await world.sync(5, memberId)).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const named = await world.sync(5, memberId, { protocolType: 'consumer', protocolName: 'range' })
  expect(named).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
})

test('GRC-7: LeaveGroup answers at the top below version 3, and for each member from there', async () => {
  const world = await started()
  const memberId = await world.stabilize()
  const code = ErrorCode.UNKNOWN_MEMBER_ID
  expect((await world.leave(0, { groupId: 'g', memberId: 'nobody' })).errorCode).toBe(code)
  const members = [{ memberId, groupInstanceId: null }, { memberId: 'nobody' }]
  const answer = await world.leave(5, { groupId: 'g', members })
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  expect(answer.members.map(member => member.errorCode)).toEqual([ErrorCode.NONE, code])
  expect((await world.leave(2, { groupId: 'gone', memberId: 'm' })).errorCode).toBe(code)
})

test('GRC-9: an unknown group is Dead, an error only from version 6', async () => {
  const world = await started()
  for (const version of upTo(5)) {
    expect(await world.describe(version, 'x')).toMatchObject({
      errorCode: 0,
      groupState: 'Dead',
      members: [],
    })
  }
  const unknown = await world.describe(6, 'x')
  expect(unknown).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' })
})

test('GRC-8: a stable group shows its protocol, subscriptions and assignments', async () => {
  const world = await started()
  const memberId = await world.stabilize()
  const group = await world.describe(5, 'g', true)
  expect(group).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
  expect(group?.authorizedOperations).toBe(3400)
  expect(group?.members[0]).toMatchObject({ memberId, clientId: 'client', clientHost: '/10.0.0.1' })
  expect([...(group?.members[0]?.memberMetadata ?? [])]).toEqual([1])
  expect([...(group?.members[0]?.memberAssignment ?? [])]).toEqual([9])
})

test('GRC-9: groups are listed, filtered by state from version 4 and by type from 5', async () => {
  const world = await started()
  await world.stabilize()
  await world.commit(8, { groupId: 'simple' })
  const names = async (...call: Parameters<World['list']>) =>
    (await world.list(...call)).map(group => group.groupId)
  expect((await names(0)).sort()).toEqual(['g', 'simple'])
  expect(await names(4, { statesFilter: ['stable'] })).toEqual(['g'])
  expect(await names(5, { typesFilter: ['consumer'] })).toEqual([])
  expect(await world.list(5, { typesFilter: ['Classic'], statesFilter: ['Empty'] })).toMatchObject([
    { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' },
  ])
})

test('GRC-10: DeleteGroups answers each group', async () => {
  const world = await started()
  await world.stabilize()
  await world.commit(8, { groupId: 'simple' })
  expect(await world.delete(2, 'g', 'simple', 'none', 'simple')).toEqual([
    ['g', ErrorCode.NON_EMPTY_GROUP],
    ['simple', ErrorCode.NONE],
    ['none', ErrorCode.GROUP_ID_NOT_FOUND],
  ])
})

test.each(upTo(10))('OFS-1: OffsetCommit %i stores, and refuses topics that are not there', async version => {
  const world = await started()
  expect(await world.commit(version)).toBe(ErrorCode.NONE)
  const unknown = version >= 10 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  expect(await world.commit(version, {}, 'missing')).toBe(unknown)
  const { topics } = await world.fetch(2, { groupId: 'g', topics: null })
  expect(topics[0]?.partitions[0]).toMatchObject({ committedOffset: 42, metadata: 'm' })
})

test('OFS-1: a generation on an unknown group is 22, from version 9 on 69', async () => {
  const world = await started()
  const member = { groupId: 'new', memberId: 'm', generationIdOrMemberEpoch: 1 }
  expect(await world.commit(8, member)).toBe(ErrorCode.ILLEGAL_GENERATION)
  expect(await world.commit(9, member)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})

test.each(upTo(10))('OFS-2: OffsetFetch %i tells what is stored and what is missing', async version => {
  const world = await started()
  await world.commit(8)
  const partitionIndexes = [0, 1]
  const topic = version >= 10 ? { topicId: TOPIC_ID, partitionIndexes } : { name: 't', partitionIndexes }
  const request =
    version >= 8 ? { groups: [{ groupId: 'g', topics: [topic] }] } : { groupId: 'g', topics: [topic] }
  const answer = await world.fetch(version, request)
  const { topics } = version >= 8 ? (answer.groups[0] ?? { topics: [] }) : answer
  const missing = version === 0 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE
  expect(topics[0]?.partitions).toMatchObject([
    { partitionIndex: 0, committedOffset: 42, metadata: 'm', errorCode: ErrorCode.NONE },
    { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: missing },
  ])
})

test('OFS-2: OffsetFetch 10 names topics by id, and refuses ids that no topic has', async () => {
  const world = await started()
  await world.commit(8)
  const all = await world.fetch(10, { groups: [{ groupId: 'g', topics: null }] })
  expect(all.groups[0]?.topics).toMatchObject([{ topicId: TOPIC_ID, partitions: [{ committedOffset: 42 }] }])
  const unknownId = 'AAAAAAAAAAAAAAAAAAAAAg'
  const request = { groups: [{ groupId: 'g', topics: [{ topicId: unknownId, partitionIndexes: [3] }] }] }
  const refused = await world.fetch(10, request)
  const errorCode = ErrorCode.UNKNOWN_TOPIC_ID
  expect(refused.groups[0]?.topics).toMatchObject([
    { topicId: unknownId, partitions: [{ partitionIndex: 3, errorCode }] },
  ])
})

test('OFS-2: a refused group stands at each partition, at the top from version 2, at the group from 8', async () => {
  const world = await started()
  world.log.isTopicThere = false
  const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE
  const one = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }
  expect((await world.fetch(1, one)).topics[0]?.partitions).toMatchObject([
    { committedOffset: -1, errorCode },
  ])
  expect(await world.fetch(7, one)).toMatchObject({ errorCode, topics: [] })
  expect((await world.fetch(8, { groups: [one] })).groups).toMatchObject([
    { groupId: 'g', errorCode, topics: [] },
  ])
})

test('GRC-10: OffsetDelete removes offsets, and refuses topics that are not there', async () => {
  const world = await started()
  await world.commit(8)
  const unknown = await world.deleteOffsets('missing')
  expect(unknown.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const deleted = await world.deleteOffsets('t')
  expect(deleted).toMatchObject({ errorCode: 0, topics: [{ name: 't', partitions: [{ errorCode: 0 }] }] })
  expect((await world.fetch(2, { groupId: 'g', topics: null })).topics).toEqual([])
})
