import { assert } from '../../base/assert.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupDraft } from './group-draft.ts'
import type { SyncGroupEvent } from './group-event.ts'
import { acceptSync, refuseSync } from './group-replies.ts'
import type { GroupState } from './group-state.ts'
import { SYNC_TIMER, sessionTimer } from './group-timers.ts'
import { groupMetadataRecord } from './rebalance.ts'
import { validateMember } from './validate-member.ts'

/** SyncGroup: followers wait for the assignment, the leader brings it. */
export function decideSync(draft: GroupDraft, event: SyncGroupEvent): void {
  const { state } = draft
  const errorCode = validateSync(state, event)
  if (errorCode !== ErrorCode.NONE) {
    draft.reply(refuseSync(event.replyTo, errorCode))
    return
  }
  const member = state.members.get(event.memberId)
  assert(member !== undefined, 'a validated member is in the group')
  if (state.groupState === 'Stable') {
    markSynced(draft, event.memberId, null)
    draft.reply(acceptSync(state, event.replyTo, member.assignment))
    return
  }
  // Given up by its client, which has sent another one.
  if (member.syncReplyTo !== null)
    draft.reply(refuseSync(member.syncReplyTo, ErrorCode.REBALANCE_IN_PROGRESS))
  markSynced(draft, event.memberId, event.replyTo)
  if (event.memberId === state.leaderId) assign(draft, event)
}

function validateSync(state: GroupState, event: SyncGroupEvent): ErrorCode {
  if (state.groupState === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  const errorCode = validateMember(state, event.memberId, event.groupInstanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (event.generationId !== state.generationId) return ErrorCode.ILLEGAL_GENERATION
  if (differs(event.protocolType, state.protocolType) || differs(event.protocolName, state.protocolName)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  }
  return state.groupState === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** Names are compared only when both sides have one (KIP-559). */
function differs(sent: string | null, known: string | null): boolean {
  return sent !== null && known !== null && sent !== known
}

function markSynced(draft: GroupDraft, memberId: string, syncReplyTo: number | null): void {
  draft.add({ type: 'MemberSynced', volatile: true, memberId, syncReplyTo })
  if (draft.state.pendingSyncMembers.size === 0) draft.clearTimer(SYNC_TIMER)
}

function assign(draft: GroupDraft, event: SyncGroupEvent): void {
  const { state } = draft
  const waiting = [...state.members.values()]
  draft.add(groupMetadataRecord(state, memberId => event.assignments.get(memberId), event.nowMs))
  for (const { memberId, syncReplyTo, sessionTimeoutMs } of waiting) {
    const assignment = state.members.get(memberId)?.assignment
    if (syncReplyTo === null || assignment === undefined) continue
    draft.reply(acceptSync(state, syncReplyTo, assignment))
    draft.setTimer(sessionTimer(memberId), sessionTimeoutMs)
  }
}
