/** Kafka's names of ClassicGroupState, as DescribeGroups and ListGroups show them. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

/** One assignment strategy a member offers, with the opaque metadata (its subscription) for it. */
export interface GroupProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

/** Immutable: a change replaces the member in its group's map, which keeps copies of a group shallow. */
export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** In the member's order of preference. After a reload only the chosen one is known. */
  readonly protocols: readonly GroupProtocol[]
  readonly assignment: Uint8Array
  /** A member that never got an answer to JoinGroup; its session may expire while it waits (KIP-394). */
  readonly isNew: boolean
  /** The parked JoinGroup request, null for none. */
  readonly joinReplyTo: number | null
  /** The parked SyncGroup request, null for none. */
  readonly syncReplyTo: number | null
}

export interface GroupState {
  readonly groupId: string
  groupState: ClassicGroupState
  /** The state before this one; a rebalance that started from Empty waits for its delay, whoever has joined. */
  previousGroupState: ClassicGroupState
  generationId: number
  /** null for a group that only stores offsets. */
  protocolType: string | null
  protocolName: string | null
  leaderId: string | null
  /** When the state was entered, wall clock; null when the log does not say (records before version 2). */
  currentStateTimestampMs: number | null
  /** In the order of joining. */
  members: Map<string, GroupMember>
  /** groupInstanceId → memberId (KIP-345). */
  staticMembers: Map<string, string>
  /** Member ids that were handed out with MEMBER_ID_REQUIRED and have not come back. */
  pendingMembers: Set<string>
  /** Members that got a generation and have not sent their SyncGroup. */
  pendingSyncMembers: Set<string>
  /** Someone joined during the initial rebalance delay, which is then extended. */
  newMemberAdded: boolean
  /** How much longer the initial rebalance delay may be extended. */
  initialRemainingMs: number
  /** The log holds a record of this group. */
  persisted: boolean
}

export const NO_BYTES = new Uint8Array(0)

export function createGroupState(groupId: string): GroupState {
  return {
    groupId,
    groupState: 'Empty',
    previousGroupState: 'Dead',
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    currentStateTimestampMs: null,
    members: new Map(),
    staticMembers: new Map(),
    pendingMembers: new Set(),
    pendingSyncMembers: new Set(),
    newMemberAdded: false,
    initialRemainingMs: 0,
    persisted: false,
  }
}

export function copyGroupState(state: GroupState): GroupState {
  return {
    ...state,
    members: new Map(state.members),
    staticMembers: new Map(state.staticMembers),
    pendingMembers: new Set(state.pendingMembers),
    pendingSyncMembers: new Set(state.pendingSyncMembers),
  }
}

/** The longest rebalance timeout of all members, 0 for an empty group. */
export function rebalanceTimeoutMs(state: GroupState): number {
  let longestMs = 0
  for (const member of state.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
  return longestMs
}

/** Every member waits for the next generation, and nobody holds an id it has not used. */
export function haveAllMembersJoined(state: GroupState): boolean {
  if (state.pendingMembers.size > 0) return false
  for (const member of state.members.values()) if (member.joinReplyTo === null) return false
  return true
}

export function countAwaitingJoin(state: GroupState): number {
  let count = 0
  for (const member of state.members.values()) if (member.joinReplyTo !== null) count++
  return count
}

/** The metadata a member gave for protocol `name`; empty when it gave none. */
export function metadataFor(member: GroupMember, name: string | null): Uint8Array {
  return member.protocols.find(protocol => protocol.name === name)?.metadata ?? NO_BYTES
}
