import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  decodeOffsetDeleteRequest,
  encodeOffsetDeleteResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponseInit,
} from '../../protocol/generated/offset-delete.ts'
import { defineHandler } from '../handler.ts'

type RequestTopic = OffsetDeleteRequest['topics'][number]
type ResponseTopic = NonNullable<OffsetDeleteResponseInit['topics']>[number]

/** GRC-8, GRC-10 (KIP-496) */
export const offsetDelete = defineHandler<OffsetDeleteRequest, OffsetDeleteResponseInit>({
  apiKey: ApiKey.OffsetDelete,
  versions: [0, 0],
  operations: ['DELETE GROUP', 'READ TOPIC'],
  decode: decodeOffsetDeleteRequest,
  encode: encodeOffsetDeleteResponse,
  async handle({ groupId, topics }, _context, services) {
    const isKnown = (topic: RequestTopic) => services.groups.topics.hasTopic(topic.name)
    const known = topics.filter(isKnown).map(({ name, partitions }) => ({
      name,
      partitionIndexes: partitions.map(({ partitionIndex }) => partitionIndex),
    }))
    const reply = await services.groups.deleteOffsets({ groupId, topics: known })
    if (reply.errorCode !== ErrorCode.NONE) return { errorCode: reply.errorCode, topics: [] }
    const answered = reply.topics.map(({ name, partitions }) => ({ name, partitions: [...partitions] }))
    const unknown = topics.filter(topic => !isKnown(topic)).map(refuseUnknown)
    return { errorCode: ErrorCode.NONE, topics: [...answered, ...unknown] }
  },
})

function refuseUnknown({ name, partitions }: RequestTopic): ResponseTopic {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}
