import { isInternalTopic } from '../../metadata/image/metadata-image.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type PartitionProduceData,
  type ProduceRequest,
  type ProduceResponseInit,
  produceCodec,
  type TopicProduceData,
} from '../../protocol/generated/produce.ts'
import { Partition } from '../../replication/partition.ts'
import { type BrokerServices, DEFERRED, defineHandler, type RequestContext } from '../handler.ts'
import { PendingProduce } from '../pending-produce.ts'
import { problemOfRecords } from '../produce-records.ts'

const BY_ID_VERSION = 13
/** The one client that may write to internal topics (PRO-4). */
const INTERNAL_WRITER = '__admin_client'

/** PRO-1 to PRO-6. Kafka's clients look for version 0 (KAFKA-18659); what was dropped is not served all the same. */
export const produce = defineHandler<ProduceRequest, ProduceResponseInit>({
  codec: produceCodec,
  versions: [3, 13],
  advertisedMinVersion: 0,
  overlap: true,
  operations: ['WRITE TOPIC'],
  handle(request, context, services) {
    const pending = new PendingProduce(request, context)
    const refusal = refusalOf(request)
    for (const topic of request.topicData) {
      pending.beginTopic(topic.name, topic.topicId)
      const name = topicNameOf(topic, context, services)
      for (const data of topic.partitionData) {
        if (refusal !== ErrorCode.NONE) pending.refuse(data.index, refusal)
        else appendTo(name, data, pending, { context, services })
      }
    }
    pending.endOfRequest()
    return DEFERRED
  },
})

function refusalOf({ acks, transactionalId }: ProduceRequest): ErrorCode {
  if (acks !== 0 && acks !== 1 && acks !== -1) return ErrorCode.INVALID_REQUIRED_ACKS
  // Without a transaction coordinator no transaction can be open (TXN-5).
  return transactionalId === null ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE
}

/** Null for an id that no topic has. */
function topicNameOf(
  topic: TopicProduceData,
  context: RequestContext,
  services: BrokerServices,
): string | null {
  if (context.apiVersion < BY_ID_VERSION) return topic.name
  return services.metadata.image.topicById(topic.topicId)?.name ?? null
}

function appendTo(
  topicName: string | null,
  { index, records }: PartitionProduceData,
  pending: PendingProduce,
  { context, services }: { readonly context: RequestContext; readonly services: BrokerServices },
): void {
  const found = findPartition(topicName, index, { context, services })
  if (!(found instanceof Partition)) {
    pending.refuse(index, found)
    return
  }
  if (records === null) {
    pending.refuse(index, ErrorCode.INVALID_RECORD)
    return
  }
  const problem = problemOfRecords(records, context.apiVersion)
  if (problem === null) pending.offer(index, found, records)
  else pending.refuseBatch(index, problem)
}

function findPartition(
  topicName: string | null,
  index: number,
  { context, services }: { readonly context: RequestContext; readonly services: BrokerServices },
): Partition | ErrorCode {
  if (topicName === null) return ErrorCode.UNKNOWN_TOPIC_ID
  const partition = services.partitions.get(topicName, index)
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const isForeign = isInternalTopic(topicName) && context.clientId !== INTERNAL_WRITER
  return isForeign ? ErrorCode.INVALID_TOPIC_EXCEPTION : partition
}
