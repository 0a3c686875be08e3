import {
  type JoinGroupRequest,
  type JoinGroupResponseInit,
  joinGroupCodec,
} from '../../protocol/generated/join-group.ts'
import { defineHandler } from '../handler.ts'

/** The rebalance timeout is a field of its own; before, the session timeout stood for both. */
const REBALANCE_TIMEOUT_VERSION = 1
/** KIP-394 */
const MEMBER_ID_REQUIRED_VERSION = 4
/** The protocol name may be null (KIP-559). */
const NULLABLE_PROTOCOL_VERSION = 7
/** KIP-814 */
const SKIP_ASSIGNMENT_VERSION = 9

/** GRC-1 to GRC-6. Answered when the group's next generation starts. */
export const joinGroup = defineHandler<JoinGroupRequest, JoinGroupResponseInit>({
  codec: joinGroupCodec,
  versions: [0, 9],
  operations: ['READ GROUP'],
  async handle(request, context, services) {
    const { apiVersion } = context
    const hasRebalanceTimeout = apiVersion >= REBALANCE_TIMEOUT_VERSION
    const reply = await services.groups.joinGroup({
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: context.clientId,
      clientHost: `/${context.remoteAddress}`,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: hasRebalanceTimeout ? request.rebalanceTimeoutMs : request.sessionTimeoutMs,
      protocolType: request.protocolType,
      protocols: request.protocols,
      requiresKnownMemberId: apiVersion >= MEMBER_ID_REQUIRED_VERSION,
      supportsSkippingAssignment: apiVersion >= SKIP_ASSIGNMENT_VERSION,
    })
    const { errorCode, generationId, protocolType, leader, skipAssignment, memberId, members } = reply
    const protocolName = reply.protocolName ?? (apiVersion < NULLABLE_PROTOCOL_VERSION ? '' : null)
    return { errorCode, generationId, protocolType, protocolName, leader, skipAssignment, memberId, members }
  },
})
