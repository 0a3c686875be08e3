import {
  type HeartbeatRequest,
  type HeartbeatResponseInit,
  heartbeatCodec,
} from '../../protocol/generated/heartbeat.ts'
import { defineHandler } from '../handler.ts'

/** GRC-5 */
export const heartbeat = defineHandler<HeartbeatRequest, HeartbeatResponseInit>({
  codec: heartbeatCodec,
  versions: [0, 4],
  operations: ['READ GROUP'],
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
