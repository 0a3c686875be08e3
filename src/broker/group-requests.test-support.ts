import { afterEach } from 'vitest'
import { GroupCoordinator } from '../coordination/group-coordinator.ts'
import { MemoryCoordinatorLog } from '../coordination/memory-coordinator-log.test-support.ts'
import * as deleteGroupsCodec from '../protocol/generated/delete-groups.ts'
import * as describeGroupsCodec from '../protocol/generated/describe-groups.ts'
import * as findCoordinatorCodec from '../protocol/generated/find-coordinator.ts'
import * as heartbeatCodec from '../protocol/generated/heartbeat.ts'
import * as joinGroupCodec from '../protocol/generated/join-group.ts'
import * as leaveGroupCodec from '../protocol/generated/leave-group.ts'
import * as listGroupsCodec from '../protocol/generated/list-groups.ts'
import * as offsetCommitCodec from '../protocol/generated/offset-commit.ts'
import * as offsetDeleteCodec from '../protocol/generated/offset-delete.ts'
import * as offsetFetchCodec from '../protocol/generated/offset-fetch.ts'
import * as syncGroupCodec from '../protocol/generated/sync-group.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import type { BrokerServices, Handler, RequestContext } from './handler.ts'
import { deleteGroups } from './handlers/delete-groups.ts'
import { describeGroups } from './handlers/describe-groups.ts'
import { findCoordinator } from './handlers/find-coordinator.ts'
import { heartbeat } from './handlers/heartbeat.ts'
import { joinGroup } from './handlers/join-group.ts'
import { leaveGroup } from './handlers/leave-group.ts'
import { listGroups } from './handlers/list-groups.ts'
import { offsetCommit } from './handlers/offset-commit.ts'
import { offsetDelete } from './handlers/offset-delete.ts'
import { offsetFetch } from './handlers/offset-fetch.ts'
import { syncGroup } from './handlers/sync-group.ts'

/** Of topic `t`, the only one there is. */
export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const open: GroupCoordinator[] = []

afterEach(() => {
  for (const groups of open.splice(0)) groups.close()
})

/** A broker of which only the groups are there; requests and answers go through their bytes. */
export class GroupRequests {
  readonly log = new MemoryCoordinatorLog()
  #nextByte = 0
  readonly groups: GroupCoordinator
  readonly #services: BrokerServices

  constructor() {
    this.groups = new GroupCoordinator({
      log: this.log,
      topics: {
        partitionCount: name => (name === 't' ? 3 : 0),
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
      random: { below: () => 0, bytes: count => new Uint8Array(count).fill(this.#nextByte++) },
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
    this.#services = { ...parts, config: { nodeId: 7 } } as unknown as BrokerServices
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
    const body = await handler.start(reader, context as unknown as RequestContext, this.#services)
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

  async heartbeat(version: number, memberId: string, change: heartbeatCodec.HeartbeatRequestInit = {}) {
    const request = { groupId: 'g', generationId: 1, memberId, ...change }
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

  /** Answers the index and the error of each partition. */
  async commitAll(version: number, topics: offsetCommitCodec.OffsetCommitRequestInit['topics']) {
    const request = { groupId: 'g', memberId: '', ...(topics === undefined ? {} : { topics }) }
    const { encodeOffsetCommitRequest, decodeOffsetCommitResponse } = offsetCommitCodec
    const answer = await this.call(
      offsetCommit,
      version,
      request,
      encodeOffsetCommitRequest,
      decodeOffsetCommitResponse,
    )
    return answer.topics.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    )
  }

  fetch(version: number, request: offsetFetchCodec.OffsetFetchRequestInit) {
    const { encodeOffsetFetchRequest, decodeOffsetFetchResponse } = offsetFetchCodec
    return this.call(offsetFetch, version, request, encodeOffsetFetchRequest, decodeOffsetFetchResponse)
  }

  async describe(version: number, groupId: string, includeAuthorizedOperations = false) {
    return (await this.describeAll(version, [groupId], includeAuthorizedOperations))[0]
  }

  async describeAll(version: number, groups: readonly string[], includeAuthorizedOperations = false) {
    const flag = version >= 3 ? { includeAuthorizedOperations } : {}
    const request = { groups, ...flag }
    const { encodeDescribeGroupsRequest, decodeDescribeGroupsResponse } = describeGroupsCodec
    const answer = await this.call(
      describeGroups,
      version,
      request,
      encodeDescribeGroupsRequest,
      decodeDescribeGroupsResponse,
    )
    return answer.groups
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

  deleteOffsets(name: string, ...others: readonly number[]) {
    const partitions = [0, ...others].map(partitionIndex => ({ partitionIndex }))
    const request = { groupId: 'g', topics: [{ name, partitions }] }
    const { encodeOffsetDeleteRequest, decodeOffsetDeleteResponse } = offsetDeleteCodec
    return this.call(offsetDelete, 0, request, encodeOffsetDeleteRequest, decodeOffsetDeleteResponse)
  }

  /** A stable group of one; answers the member's id. */
  async stabilize(): Promise<string> {
    const { memberId } = await this.join(3)
    await this.sync(3, memberId)
    return memberId
  }

  static async started(): Promise<GroupRequests> {
    const world = new GroupRequests()
    await world.groups.start()
    return world
  }
}

/** Every version from 0 on. */
export function upTo(highest: number): number[] {
  return Array.from({ length: highest + 1 }, (_, version) => version)
}
