import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupState } from './group-state.ts'

/** An instance id must be known and belong to the member (KIP-345), then the member itself must be known. */
export function validateMember(
  state: GroupState,
  memberId: string,
  groupInstanceId: string | null,
): ErrorCode {
  if (groupInstanceId !== null) {
    const owner = state.staticMembers.get(groupInstanceId)
    if (owner === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (owner !== memberId) return ErrorCode.FENCED_INSTANCE_ID
  }
  return state.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
}
