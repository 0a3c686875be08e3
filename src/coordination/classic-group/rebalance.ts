import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupConfig } from './group-config.ts'
import type { GroupDraft } from './group-draft.ts'
import { selectProtocol } from './group-protocols.ts'
import type { GroupMetadataRecord } from './group-record.ts'
import { acceptJoin, refuseJoin, refuseSync } from './group-replies.ts'
import {
  type GroupState,
  haveAllMembersJoined,
  metadataFor,
  NO_BYTES,
  rebalanceTimeoutMs,
} from './group-state.ts'
import { JOIN_TIMER, SYNC_TIMER, sessionTimer } from './group-timers.ts'

/** Bounds the work for static members that ask for a rebalance timeout of 0. */
const JOIN_RETRY_MIN_MS = 100

/** Starts a rebalance, or, in one already, ends its join phase when the last awaited member is there. */
export function prepareRebalanceOrCompleteJoin(draft: GroupDraft, config: GroupConfig, nowMs: number): void {
  if (draft.state.groupState === 'PreparingRebalance') completeJoinIfAllJoined(draft, nowMs)
  else prepareRebalance(draft, config, nowMs)
}

export function completeJoinIfAllJoined(draft: GroupDraft, nowMs: number): void {
  const { state } = draft
  if (state.groupState !== 'PreparingRebalance' || state.previousGroupState === 'Empty') return
  if (haveAllMembersJoined(state)) completeJoin(draft, nowMs)
}

/** Sends everybody back to JoinGroup. A group that was empty waits for more members first. */
export function prepareRebalance(draft: GroupDraft, config: GroupConfig, nowMs: number): void {
  const { state } = draft
  if (state.groupState === 'CompletingRebalance') interruptSyncs(draft)
  draft.clearTimer(SYNC_TIMER)
  const delayMs = config.initialRebalanceDelayMs
  const isInitial = state.groupState === 'Empty'
  const initialRemainingMs = isInitial ? Math.max(rebalanceTimeoutMs(state) - delayMs, 0) : 0
  draft.add({ type: 'RebalanceStarted', volatile: true, nowMs, initialRemainingMs })
  if (isInitial) draft.setTimer(JOIN_TIMER, delayMs)
  else if (haveAllMembersJoined(state)) completeJoin(draft, nowMs)
  else draft.setTimer(JOIN_TIMER, rebalanceTimeoutMs(state))
}

function interruptSyncs(draft: GroupDraft): void {
  for (const member of draft.state.members.values()) {
    if (member.syncReplyTo === null) continue
    draft.reply(refuseSync(member.syncReplyTo, ErrorCode.REBALANCE_IN_PROGRESS))
    draft.setTimer(sessionTimer(member.memberId), member.sessionTimeoutMs)
  }
}

/** The join timer fired: more patience while an initial rebalance still grows, else the next generation. */
export function onJoinTimer(draft: GroupDraft, config: GroupConfig, nowMs: number): void {
  const { state } = draft
  if (state.groupState !== 'PreparingRebalance') return
  const isInitial = state.previousGroupState === 'Empty'
  if (!isInitial || !state.newMemberAdded || state.initialRemainingMs === 0) {
    completeJoin(draft, nowMs)
    return
  }
  const delayMs = Math.min(config.initialRebalanceDelayMs, state.initialRemainingMs)
  const initialRemainingMs = state.initialRemainingMs - delayMs
  draft.add({ type: 'InitialDelayExtended', volatile: true, initialRemainingMs })
  draft.setTimer(JOIN_TIMER, delayMs)
}

/** Ends the join groupState: dynamic members that did not come back are dropped, the rest get a generation. */
function completeJoin(draft: GroupDraft, nowMs: number): void {
  const { state } = draft
  draft.clearTimer(JOIN_TIMER)
  for (const member of Array.from(state.members.values())) {
    if (member.joinReplyTo !== null || member.groupInstanceId !== null) continue
    draft.add({ type: 'MemberRemoved', volatile: true, memberId: member.memberId })
    draft.clearTimer(sessionTimer(member.memberId))
  }
  if (state.members.size === 0) {
    becomeEmpty(draft, nowMs)
    return
  }
  if (electJoinedLeader(draft)) {
    startGeneration(draft, nowMs)
    return
  }
  // Only static members are left and none has rejoined: their sessions decide.
  draft.setTimer(JOIN_TIMER, Math.max(rebalanceTimeoutMs(state), JOIN_RETRY_MIN_MS))
}

function becomeEmpty(draft: GroupDraft, nowMs: number): void {
  draft.add({
    type: 'GroupMetadata',
    volatile: false,
    protocolType: draft.state.protocolType,
    generationId: draft.state.generationId + 1,
    protocolName: null,
    leaderId: null,
    currentStateTimestampMs: nowMs,
    members: [],
  })
}

function electJoinedLeader(draft: GroupDraft): boolean {
  const { members, leaderId } = draft.state
  const leader = leaderId === null ? undefined : members.get(leaderId)
  if (leader !== undefined && leader.joinReplyTo !== null) return true
  for (const member of members.values()) {
    if (member.joinReplyTo === null) continue
    draft.add({ type: 'LeaderElected', volatile: true, memberId: member.memberId })
    return true
  }
  return false
}

function startGeneration(draft: GroupDraft, nowMs: number): void {
  const { state } = draft
  const waiting = [...state.members.values()]
  const protocolName = selectProtocol(state)
  const generationId = state.generationId + 1
  draft.add({ type: 'GenerationStarted', volatile: true, generationId, protocolName, nowMs })
  for (const { memberId, joinReplyTo, sessionTimeoutMs } of waiting) {
    if (joinReplyTo !== null) draft.reply(acceptJoin(state, joinReplyTo, memberId))
    draft.setTimer(sessionTimer(memberId), sessionTimeoutMs)
  }
  draft.setTimer(SYNC_TIMER, rebalanceTimeoutMs(state))
}

/** Members that took their generation and never asked for the assignment are dropped (KAFKA-9752). */
export function onSyncTimer(draft: GroupDraft, config: GroupConfig, nowMs: number): void {
  const { state } = draft
  if (state.groupState !== 'CompletingRebalance' && state.groupState !== 'Stable') return
  if (state.pendingSyncMembers.size === 0) return
  for (const memberId of [...state.pendingSyncMembers]) removeMember(draft, memberId)
  prepareRebalance(draft, config, nowMs)
}

/** Takes a member out and answers what it has parked, so that a client that still lives joins again. */
export function removeMember(draft: GroupDraft, memberId: string): void {
  const member = draft.state.members.get(memberId)
  draft.clearTimer(sessionTimer(memberId))
  draft.add({ type: 'MemberRemoved', volatile: true, memberId })
  if (member === undefined) return
  if (member.joinReplyTo !== null)
    draft.reply(refuseJoin(member.joinReplyTo, ErrorCode.UNKNOWN_MEMBER_ID, ''))
  if (member.syncReplyTo !== null) draft.reply(refuseSync(member.syncReplyTo, ErrorCode.UNKNOWN_MEMBER_ID))
}

/** The group as it goes to the log, with the assignment of each member; empty for those without one. */
export function groupMetadataRecord(
  state: GroupState,
  assignmentOf: (memberId: string) => Uint8Array | undefined,
  currentStateTimestampMs: number | null,
): GroupMetadataRecord {
  return {
    type: 'GroupMetadata',
    volatile: false,
    protocolType: state.protocolType,
    generationId: state.generationId,
    protocolName: state.protocolName,
    leaderId: state.leaderId,
    currentStateTimestampMs,
    members: Array.from(state.members.values(), member => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataFor(member, state.protocolName),
      assignment: assignmentOf(member.memberId) ?? NO_BYTES,
    })),
  }
}
