import { StorageError } from '../../base/storage-error.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type ListOffsetsPartition,
  type ListOffsetsPartitionResponseInit,
  type ListOffsetsRequest,
  type ListOffsetsResponseInit,
  type ListOffsetsTopicResponseInit,
  listOffsetsCodec,
} from '../../protocol/generated/list-offsets.ts'
import { MalformedBatchError } from '../../protocol/records/malformed-batch-error.ts'
import type { Partition } from '../../replication/partition.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'
import { repeatedKeys } from '../repeated-keys.ts'

/** Timestamps that ask for a place instead of a time. */
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
/** From which version on each of them is known (KIP-79, KIP-734, KIP-405, KIP-1005, KIP-1023). */
const MIN_VERSIONS: ReadonlyMap<number, number> = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])
const CONSUMER_REPLICA_ID = -1
const READ_COMMITTED = 1

type Found = Pick<ListOffsetsPartitionResponseInit, 'timestamp' | 'offset' | 'leaderEpoch'>

/** Encoded as -1, -1, -1: there is no such record. */
const NOTHING: Found = {}

/** LO-1, LO-3, LO-4. */
export const listOffsets = defineHandler<ListOffsetsRequest, ListOffsetsResponseInit>({
  codec: listOffsetsCodec,
  versions: [1, 11],
  operations: ['DESCRIBE TOPIC'],
  async handle(request, context, services) {
    const keys = request.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => partitionKey(name, partitionIndex)),
    )
    const repeated = repeatedKeys(keys, key => key)
    const answered = new Set<string>()
    const topics: ListOffsetsTopicResponseInit[] = []
    for (const { name, partitions } of request.topics) {
      const answers: ListOffsetsPartitionResponseInit[] = []
      for (const asked of partitions) {
        const { partitionIndex } = asked
        const key = partitionKey(name, partitionIndex)
        // LO-4: one that is asked for more than once is answered once.
        if (answered.has(key)) continue
        answered.add(key)
        const errorCode = problemOf(asked, repeated.has(key), context.apiVersion)
        if (errorCode === ErrorCode.NONE) answers.push(await answerFor(name, asked, request, services))
        else answers.push({ partitionIndex, errorCode })
      }
      if (answers.length > 0) topics.push({ name, partitions: answers })
    }
    return { topics }
  },
})

function partitionKey(topicName: string, partitionIndex: number): string {
  return `${partitionIndex} ${topicName}`
}

function problemOf({ timestamp }: ListOffsetsPartition, isRepeated: boolean, version: number): ErrorCode {
  if (isRepeated) return ErrorCode.INVALID_REQUEST
  return isKnown(timestamp, version) ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_VERSION
}

function isKnown(timestamp: number, version: number): boolean {
  return timestamp >= 0 || version >= (MIN_VERSIONS.get(timestamp) ?? Number.POSITIVE_INFINITY)
}

async function answerFor(
  topicName: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: ListOffsetsPartition,
  request: ListOffsetsRequest,
  services: BrokerServices,
): Promise<ListOffsetsPartitionResponseInit> {
  const partition = services.partitions.get(topicName, partitionIndex)
  if (partition === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  if (partition.isOffline) return { partitionIndex, errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
  const epochError = partition.checkLeaderEpoch(currentLeaderEpoch)
  if (epochError !== ErrorCode.NONE) return { partitionIndex, errorCode: epochError }
  try {
    const found = await find(partition, timestamp, lastFetchableOffset(partition, request))
    return { partitionIndex, errorCode: ErrorCode.NONE, ...found }
  } catch (error) {
    // The topic was deleted while a thread was looking.
    if (partition.isDeleted) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
    const errorCode = errorCodeOf(error)
    const fields = { topic: topicName, partition: partitionIndex, error: String(error) }
    services.logger.error(fields, 'an offset could not be looked up')
    return { partitionIndex, errorCode }
  }
}

function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof StorageError) return ErrorCode.KAFKA_STORAGE_ERROR
  if (error instanceof MalformedBatchError) return ErrorCode.CORRUPT_MESSAGE
  throw error
}

/** What lies behind it is hidden from the one who asks; a replica, or a tool that poses as one, sees the whole log. */
function lastFetchableOffset(
  partition: Partition,
  { replicaId, isolationLevel }: ListOffsetsRequest,
): number {
  if (replicaId !== CONSUMER_REPLICA_ID) return partition.logEndOffset
  return isolationLevel === READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark
}

async function find(partition: Partition, timestamp: number, endOffset: number): Promise<Found> {
  switch (timestamp) {
    case LATEST:
      return { offset: endOffset, leaderEpoch: partition.leaderEpoch }
    // Without tiered storage the whole log is local, and nothing is or will be uploaded.
    case EARLIEST:
    case EARLIEST_LOCAL: {
      const offset = partition.logStartOffset
      return { offset, leaderEpoch: partition.log?.epochs.epochAt(offset) ?? -1 }
    }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOTHING
  }
  const isMax = timestamp === MAX_TIMESTAMP
  const found = await (isMax ? partition.maxTimestampOffset() : partition.offsetForTimestamp(timestamp))
  if (found === null || found.offset >= endOffset) return NOTHING
  return { timestamp: found.timestampMs, offset: found.offset, leaderEpoch: found.leaderEpoch }
}
