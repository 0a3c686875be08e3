import { INTERNAL_TOPIC_MESSAGE, isInternalTopic } from '../../metadata/image/metadata-image.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponseInit,
  createPartitionsCodec,
} from '../../protocol/generated/create-partitions.ts'
import { defineHandler } from '../handler.ts'
import { repeatedKeys } from '../repeated-keys.ts'

/** ADM-2. A request without time for the change is refused before anything is looked at, as in KRaft (measured). */
export const createPartitions = defineHandler<CreatePartitionsRequest, CreatePartitionsResponseInit>({
  codec: createPartitionsCodec,
  versions: [0, 3],
  operations: ['ALTER TOPIC'],
  async handle(request, _context, services) {
    if (request.timeoutMs <= 0) {
      const errorCode = ErrorCode.REQUEST_TIMED_OUT
      return { results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: null })) }
    }
    const repeated = repeatedKeys(request.topics, ({ name }) => name)
    const topics = [...new Map(request.topics.map(topic => [topic.name, topic])).values()]
    const results = topics.map(async topic => {
      const { name } = topic
      if (repeated.has(name)) {
        return { name, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }
      }
      if (isInternalTopic(name)) {
        return { name, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: INTERNAL_TOPIC_MESSAGE }
      }
      const result = await services.metadata.createPartitions(topic, request.validateOnly)
      if (result.ok) return { name, errorCode: ErrorCode.NONE, errorMessage: null }
      return { name, errorCode: result.errorCode, errorMessage: result.errorMessage }
    })
    return { results: await Promise.all(results) }
  },
})
