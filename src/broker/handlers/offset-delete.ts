import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type OffsetDeleteRequest,
  type OffsetDeleteResponseInit,
  offsetDeleteCodec,
} from '../../protocol/generated/offset-delete.ts'
import { defineHandler } from '../handler.ts'

type RequestTopic = OffsetDeleteRequest['topics'][number]
type ResponseTopic = NonNullable<OffsetDeleteResponseInit['topics']>[number]

/** GRC-8, GRC-10 (KIP-496) */
export const offsetDelete = defineHandler<OffsetDeleteRequest, OffsetDeleteResponseInit>({
  codec: offsetDeleteCodec,
  versions: [0, 0],
  operations: ['DELETE GROUP', 'READ TOPIC'],
  async handle({ groupId, topics }, _context, services) {
    const view = services.groups.topics
    const isKnown = (name: string, partitionIndex: number) =>
      partitionIndex >= 0 && partitionIndex < view.partitionCount(name)
    const known = topics.map(({ name, partitions }) => ({
      name,
      partitionIndexes: partitions
        .map(({ partitionIndex }) => partitionIndex)
        .filter(index => isKnown(name, index)),
    }))
    const asked = known.filter(({ partitionIndexes }) => partitionIndexes.length > 0)
    const reply = await services.groups.deleteOffsets({ groupId, topics: asked })
    if (reply.errorCode !== ErrorCode.NONE) return { errorCode: reply.errorCode, topics: [] }
    const answered = reply.topics.map(({ name, partitions }) => ({ name, partitions: [...partitions] }))
    const unknown = topics
      .map(({ name, partitions }) => ({
        name,
        partitions: partitions.filter(({ partitionIndex }) => !isKnown(name, partitionIndex)),
      }))
      .filter(({ partitions }) => partitions.length > 0)
    return { errorCode: ErrorCode.NONE, topics: joined(answered, unknown.map(refuseUnknown)) }
  },
})

/** Partitions of one topic stand together. */
function joined(answered: readonly ResponseTopic[], refused: readonly ResponseTopic[]): ResponseTopic[] {
  const byName = new Map(answered.map(topic => [topic.name, topic]))
  for (const topic of refused) {
    const partitions = [...(byName.get(topic.name)?.partitions ?? []), ...(topic.partitions ?? [])]
    byName.set(topic.name, { ...topic, partitions })
  }
  return [...byName.values()]
}

function refuseUnknown({ name, partitions }: RequestTopic): ResponseTopic {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}
