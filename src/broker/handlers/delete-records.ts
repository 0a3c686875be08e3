import { isInternalTopic } from '../../metadata/image/metadata-image.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DeleteRecordsPartition,
  type DeleteRecordsPartitionResultInit,
  type DeleteRecordsRequest,
  type DeleteRecordsResponseInit,
  deleteRecordsCodec,
} from '../../protocol/generated/delete-records.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** Asks for everything up to the high watermark. */
const TO_HIGH_WATERMARK = -1
const NO_OFFSET = -1

/** RET-2. */
export const deleteRecords = defineHandler<DeleteRecordsRequest, DeleteRecordsResponseInit>({
  codec: deleteRecordsCodec,
  versions: [0, 2],
  operations: ['DELETE TOPIC'],
  async handle(request, _context, services) {
    const topics = request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(partitions.map(partition => deleteBefore(name, partition, services))),
    }))
    return { topics: await Promise.all(topics) }
  },
})

async function deleteBefore(
  name: string,
  request: DeleteRecordsPartition,
  services: BrokerServices,
): Promise<DeleteRecordsPartitionResultInit> {
  const { partitionIndex, offset } = request
  const refused = (errorCode: ErrorCode) => ({ partitionIndex, lowWatermark: NO_OFFSET, errorCode })
  if (isInternalTopic(name)) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION)
  const partition = services.partitions.get(name, partitionIndex)
  if (partition === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const before = offset === TO_HIGH_WATERMARK ? partition.highWatermark : offset
  const result = await partition.deleteRecordsBefore(before)
  if (!result.ok) return refused(result.errorCode)
  return { partitionIndex, lowWatermark: result.lowWatermark, errorCode: ErrorCode.NONE }
}
