import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type InitProducerIdRequest,
  type InitProducerIdResponseInit,
  initProducerIdCodec,
} from '../../protocol/generated/init-producer-id.ts'
import { defineHandler } from '../handler.ts'

const NO_PRODUCER = { producerId: -1, producerEpoch: -1 }

/**
 * IDM-3: idempotent producers only. A transactional id is refused with a code that no client retries: it would
 * otherwise wait for its whole timeout. What an idempotent producer says about an earlier id is not looked at (IDM-1).
 */
export const initProducerId = defineHandler<InitProducerIdRequest, InitProducerIdResponseInit>({
  codec: initProducerIdCodec,
  versions: [0, 5],
  operations: ['IDEMPOTENT_WRITE CLUSTER'],
  async handle(request, _context, services) {
    const isHalf =
      (request.producerId === NO_PRODUCER.producerId) !==
      (request.producerEpoch === NO_PRODUCER.producerEpoch)
    if (request.transactionalId !== null || isHalf) {
      return { errorCode: ErrorCode.INVALID_REQUEST, ...NO_PRODUCER }
    }
    const result = await services.metadata.allocateProducerId()
    if (!result.ok) {
      // Retriable for every client, unlike the storage error behind it.
      return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, ...NO_PRODUCER }
    }
    return { errorCode: ErrorCode.NONE, producerId: result.producerId, producerEpoch: 0 }
  },
})
