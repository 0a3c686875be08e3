import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupConfig } from './group-config.ts'
import type { GroupDraft } from './group-draft.ts'
import type { LeaveGroupEvent, LeavingMember } from './group-event.ts'
import { completeJoinIfAllJoined, prepareRebalanceOrCompleteJoin, removeMember } from './rebalance.ts'
import { validateMember } from './validate-member.ts'

/** LeaveGroup: each member is answered on its own; one rebalance follows for all that left. */
export function decideLeave(draft: GroupDraft, event: LeaveGroupEvent, config: GroupConfig): void {
  const members = event.members.map(member => ({ ...member, errorCode: leave(draft, member) }))
  draft.reply({ type: 'LeaveGroup', replyTo: event.replyTo, errorCode: ErrorCode.NONE, members })
  const { groupState } = draft.state
  if (members.every(member => member.errorCode !== ErrorCode.NONE)) return
  if (groupState === 'PreparingRebalance') completeJoinIfAllJoined(draft, event.nowMs)
  else if (groupState !== 'Empty') prepareRebalanceOrCompleteJoin(draft, config, event.nowMs)
}

function leave(draft: GroupDraft, { memberId, groupInstanceId }: LeavingMember): ErrorCode {
  const { state } = draft
  if (state.groupState === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  const staticMemberId = groupInstanceId === null ? undefined : state.staticMembers.get(groupInstanceId)
  // An administrator knows the instance id only.
  const leavingId = memberId === '' ? staticMemberId : memberId
  if (leavingId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (!state.pendingMembers.has(leavingId)) {
    const errorCode = validateMember(state, leavingId, groupInstanceId)
    if (errorCode !== ErrorCode.NONE) return errorCode
  }
  removeMember(draft, leavingId)
  return ErrorCode.NONE
}
