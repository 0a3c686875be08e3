import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type EpochEndOffsetInit,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponseInit,
  type OffsetForLeaderPartition,
  offsetForLeaderEpochCodec,
} from '../../protocol/generated/offset-for-leader-epoch.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** LO-5: where a leader epoch ended, by which readers notice that the log was cut (KIP-279, KIP-320). */
export const offsetForLeaderEpoch = defineHandler<
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponseInit
>({
  codec: offsetForLeaderEpochCodec,
  versions: [0, 4],
  operations: ['DESCRIBE TOPIC'],
  handle(request, _context, services) {
    const topics = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(partition => epochEnd(topic, partition, services)),
    }))
    return { topics }
  },
})

function epochEnd(
  topicName: string,
  { partition: partitionIndex, currentLeaderEpoch, leaderEpoch }: OffsetForLeaderPartition,
  services: BrokerServices,
): EpochEndOffsetInit {
  const refused = (errorCode: number) => ({ partition: partitionIndex, errorCode })
  const partition = services.partitions.get(topicName, partitionIndex)
  if (partition === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  if (partition.isOffline) return refused(ErrorCode.KAFKA_STORAGE_ERROR)
  const epochError = partition.checkLeaderEpoch(currentLeaderEpoch)
  if (epochError !== ErrorCode.NONE) return refused(epochError)
  const end = partition.epochEndOffset(leaderEpoch)
  return 'ok' in end ? refused(end.errorCode) : { partition: partitionIndex, ...end }
}
