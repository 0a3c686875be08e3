import { assert } from '../../base/assert.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { type GroupConfig, PENDING_MEMBERS_MAX } from './group-config.ts'
import type { GroupDraft } from './group-draft.ts'
import type { JoinGroupEvent } from './group-event.ts'
import { equalProtocols, selectProtocol, supportsProtocols } from './group-protocols.ts'
import { acceptJoin, refuseJoin, refuseSync } from './group-replies.ts'
import { countAwaitingJoin, type GroupMember, type GroupState, NO_BYTES } from './group-state.ts'
import { SYNC_TIMER, sessionTimer } from './group-timers.ts'
import {
  completeJoinIfAllJoined,
  groupMetadataRecord,
  prepareRebalance,
  prepareRebalanceOrCompleteJoin,
  removeMember,
} from './rebalance.ts'
import { validateMember } from './validate-member.ts'

/** JoinGroup: a new member, one that was told its id, one that rejoins, or a static member that restarted. */
export function decideJoin(draft: GroupDraft, event: JoinGroupEvent, config: GroupConfig): void {
  const { memberId, replyTo } = event
  const errorCode = validateJoin(draft.state, event, config)
  if (errorCode === ErrorCode.GROUP_MAX_SIZE_REACHED) {
    if (memberId !== '') removeMember(draft, memberId)
    draft.reply(refuseJoin(replyTo, errorCode, ''))
  } else if (errorCode !== ErrorCode.NONE) draft.reply(refuseJoin(replyTo, errorCode, memberId))
  else if (memberId === '') joinNew(draft, event, config)
  else if (draft.state.pendingMembers.has(memberId)) addMember(draft, event, memberId, config)
  else rejoin(draft, event, config)
}

function validateJoin(state: GroupState, event: JoinGroupEvent, config: GroupConfig): ErrorCode {
  const { memberId, groupInstanceId } = event
  if (!hasRoomFor(state, memberId, config)) return ErrorCode.GROUP_MAX_SIZE_REACHED
  if (state.groupState === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  if (!supportsProtocols(state, event.protocolType, event.protocols))
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  if (memberId === '') return ErrorCode.NONE
  // Ids of static members are never pending.
  if (state.pendingMembers.has(memberId) && groupInstanceId === null) return ErrorCode.NONE
  return validateMember(state, memberId, groupInstanceId)
}

/**
 * While members rejoin, those that wait are counted instead of all, so that a group above a limit that was lowered
 * loses the members that come last.
 */
function hasRoomFor(state: GroupState, memberId: string, config: GroupConfig): boolean {
  if (state.groupState === 'Empty' || state.groupState === 'Dead') return true
  const member = state.members.get(memberId)
  if (state.groupState !== 'PreparingRebalance')
    return member !== undefined || state.members.size < config.groupSizeMax
  const isWaiting = member !== undefined && member.joinReplyTo !== null
  return isWaiting || countAwaitingJoin(state) < config.groupSizeMax
}

function joinNew(draft: GroupDraft, event: JoinGroupEvent, config: GroupConfig): void {
  const { groupInstanceId, newMemberId } = event
  const staticMemberId = groupInstanceId === null ? undefined : draft.state.staticMembers.get(groupInstanceId)
  const isAcceptedAtOnce = groupInstanceId !== null || !event.requiresKnownMemberId
  if (staticMemberId !== undefined) replaceStaticMember(draft, event, staticMemberId, config)
  else if (isAcceptedAtOnce) addMember(draft, event, newMemberId, config)
  else handOutMemberId(draft, event)
}

function handOutMemberId(draft: GroupDraft, event: JoinGroupEvent): void {
  const { newMemberId, replyTo } = event
  if (draft.state.pendingMembers.size >= PENDING_MEMBERS_MAX) {
    draft.reply(refuseJoin(replyTo, ErrorCode.GROUP_MAX_SIZE_REACHED, ''))
    return
  }
  draft.add({ type: 'PendingMemberAdded', volatile: true, memberId: newMemberId })
  draft.setTimer(sessionTimer(newMemberId), event.sessionTimeoutMs)
  draft.reply(refuseJoin(replyTo, ErrorCode.MEMBER_ID_REQUIRED, newMemberId))
}

function addMember(draft: GroupDraft, event: JoinGroupEvent, memberId: string, config: GroupConfig): void {
  const member: GroupMember = {
    memberId,
    groupInstanceId: event.groupInstanceId,
    clientId: event.clientId,
    clientHost: event.clientHost,
    sessionTimeoutMs: event.sessionTimeoutMs,
    rebalanceTimeoutMs: event.rebalanceTimeoutMs,
    protocols: event.protocols,
    assignment: NO_BYTES,
    isNew: true,
    joinReplyTo: event.replyTo,
    syncReplyTo: null,
  }
  draft.add({ type: 'MemberAdded', volatile: true, member, protocolType: event.protocolType })
  // It has no id to send heartbeats with, and a muted connection shows no disconnect.
  draft.setTimer(sessionTimer(memberId), config.newMemberJoinTimeoutMs)
  prepareRebalanceOrCompleteJoin(draft, config, event.nowMs)
}

function rejoin(draft: GroupDraft, event: JoinGroupEvent, config: GroupConfig): void {
  const { state } = draft
  const { memberId, replyTo } = event
  const member = state.members.get(memberId)
  assert(member !== undefined, 'a validated member is in the group')
  const isUnchanged = equalProtocols(member.protocols, event.protocols)
  // It may have missed the answer to its JoinGroup. In Stable the leader's JoinGroup asks for a new assignment.
  const isRepeat =
    state.groupState === 'CompletingRebalance' ||
    (state.groupState === 'Stable' && memberId !== state.leaderId)
  if (isUnchanged && isRepeat) {
    draft.reply(acceptJoin(state, replyTo, memberId))
    return
  }
  updateMember(draft, event, member, replyTo)
  prepareRebalanceOrCompleteJoin(draft, config, event.nowMs)
}

function updateMember(
  draft: GroupDraft,
  event: JoinGroupEvent,
  member: GroupMember,
  joinReplyTo: number | null,
): void {
  const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = event
  // The request that waited for this member was given up by its client; answer it rather than forget it.
  if (member.joinReplyTo !== null) {
    draft.reply(refuseJoin(member.joinReplyTo, ErrorCode.REBALANCE_IN_PROGRESS, member.memberId))
  }
  const { memberId } = member
  const type = 'MemberUpdated'
  draft.add({ type, volatile: true, memberId, protocols, sessionTimeoutMs, rebalanceTimeoutMs, joinReplyTo })
}

/** A static member restarted without its member id: it takes the place of its former self, which is fenced. */
function replaceStaticMember(
  draft: GroupDraft,
  event: JoinGroupEvent,
  oldMemberId: string,
  config: GroupConfig,
): void {
  const { state } = draft
  const { newMemberId, nowMs } = event
  const oldLeaderId = state.leaderId
  fence(draft, oldMemberId)
  draft.add({ type: 'StaticMemberReplaced', volatile: true, oldMemberId, newMemberId })
  const member = state.members.get(newMemberId)
  assert(member !== undefined, 'a replaced static member is in the group')
  draft.setTimer(sessionTimer(newMemberId), event.sessionTimeoutMs)
  if (state.groupState === 'PreparingRebalance') {
    updateMember(draft, event, member, event.replyTo)
    completeJoinIfAllJoined(draft, nowMs)
    return
  }
  updateMember(draft, event, member, null)
  if (state.groupState === 'Stable' && selectProtocol(state) === state.protocolName) {
    keepGeneration(draft, event, oldLeaderId)
    return
  }
  // The leader may already be assigning partitions to the old member id, so all have to join again.
  updateMember(draft, event, member, event.replyTo)
  prepareRebalance(draft, config, nowMs)
}

function fence(draft: GroupDraft, memberId: string): void {
  const member = draft.state.members.get(memberId)
  assert(member !== undefined, 'a fenced member is in the group')
  draft.clearTimer(sessionTimer(memberId))
  const errorCode = ErrorCode.FENCED_INSTANCE_ID
  if (member.joinReplyTo !== null) draft.reply(refuseJoin(member.joinReplyTo, errorCode, memberId))
  if (member.syncReplyTo !== null) draft.reply(refuseSync(member.syncReplyTo, errorCode))
}

/** The restart changes no choice of protocol: the member id is stored, and nobody else notices (KIP-345). */
function keepGeneration(draft: GroupDraft, event: JoinGroupEvent, oldLeaderId: string | null): void {
  const { state } = draft
  const { newMemberId, replyTo } = event
  const assignmentOf = (memberId: string) => state.members.get(memberId)?.assignment
  draft.add(groupMetadataRecord(state, assignmentOf, state.currentStateTimestampMs))
  if (state.pendingSyncMembers.size === 0) draft.clearTimer(SYNC_TIMER)
  const reply = acceptJoin(state, replyTo, newMemberId)
  if (event.supportsSkippingAssignment) {
    draft.reply({ ...reply, skipAssignment: newMemberId === state.leaderId })
    return
  }
  // Before KIP-814 a leader that restarts must not think that it leads, or it would assign once more.
  draft.reply({ ...reply, leader: oldLeaderId ?? '', members: [] })
}
