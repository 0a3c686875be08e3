import { ApiKey } from '../../protocol/api-key.ts'
import {
  decodeHeartbeatRequest,
  encodeHeartbeatResponse,
  type HeartbeatRequest,
  type HeartbeatResponseInit,
} from '../../protocol/generated/heartbeat.ts'
import { defineHandler } from '../handler.ts'

/** GRC-5 */
export const heartbeat = defineHandler<HeartbeatRequest, HeartbeatResponseInit>({
  apiKey: ApiKey.Heartbeat,
  versions: [0, 4],
  operations: ['READ GROUP'],
  decode: decodeHeartbeatRequest,
  encode: encodeHeartbeatResponse,
  async handle({ groupId, memberId, groupInstanceId, generationId }, _context, services) {
    const { errorCode } = await services.groups.heartbeat({
      groupId,
      memberId,
      groupInstanceId,
      generationId,
    })
    return { errorCode }
  },
})
