import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type SyncGroupRequest,
  type SyncGroupResponseInit,
  syncGroupCodec,
} from '../../protocol/generated/sync-group.ts'
import { defineHandler } from '../handler.ts'

/** The protocol's type and name are part of the request, and must be there (KIP-559). */
const PROTOCOL_VERSION = 5

/** GRC-1, GRC-4. Answered when the leader has brought the assignment and it is in the log. */
export const syncGroup = defineHandler<SyncGroupRequest, SyncGroupResponseInit>({
  codec: syncGroupCodec,
  versions: [0, 5],
  operations: ['READ GROUP'],
  async handle(request, context, services) {
    const { protocolType, protocolName } = request
    if (context.apiVersion >= PROTOCOL_VERSION && (protocolType === null || protocolName === null)) {
      return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL, assignment: new Uint8Array(0) }
    }
    const reply = await services.groups.syncGroup({
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      generationId: request.generationId,
      protocolType,
      protocolName,
      assignments: new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment])),
    })
    const { errorCode, assignment } = reply
    return { errorCode, protocolType: reply.protocolType, protocolName: reply.protocolName, assignment }
  },
})
