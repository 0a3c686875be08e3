import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type LeaveGroupRequest,
  type LeaveGroupResponseInit,
  leaveGroupCodec,
} from '../../protocol/generated/leave-group.ts'
import { defineHandler } from '../handler.ts'

/** Several members in one request (KIP-345). */
const BATCH_VERSION = 3

/** GRC-7 */
export const leaveGroup = defineHandler<LeaveGroupRequest, LeaveGroupResponseInit>({
  codec: leaveGroupCodec,
  versions: [0, 5],
  operations: ['READ GROUP'],
  async handle(request, context, services) {
    const { groupId } = request
    const isBatch = context.apiVersion >= BATCH_VERSION
    const members = isBatch ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
    const reply = await services.groups.leaveGroup({
      groupId,
      members: members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId })),
    })
    if (isBatch || reply.errorCode !== ErrorCode.NONE) {
      return { errorCode: reply.errorCode, members: isBatch ? [...reply.members] : [] }
    }
    return { errorCode: reply.members[0]?.errorCode ?? ErrorCode.NONE }
  },
})
