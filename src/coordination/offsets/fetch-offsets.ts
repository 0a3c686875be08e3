import { ErrorCode } from '../../protocol/error-code.ts'
import type { CommittedOffset } from './committed-offset.ts'
import type { FetchedPartition, FetchedTopic, OffsetFetchEvent, OffsetFetchReply } from './offset-event.ts'
import type { OffsetTable } from './offset-table.ts'

const NO_OFFSET = -1
const NO_LEADER_EPOCH = -1

/** A partition without a commit is not an error: offset -1 (OFS-2). */
export function fetchOffsets(event: OffsetFetchEvent, offsets: OffsetTable): OffsetFetchReply {
  const topics =
    event.topics === null
      ? fetchAll(event.groupId, offsets)
      : event.topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map(index => fetched(index, offsets.get(event.groupId, name, index))),
        }))
  return { type: 'OffsetFetch', replyTo: event.replyTo, errorCode: ErrorCode.NONE, topics }
}

function fetchAll(groupId: string, offsets: OffsetTable): FetchedTopic[] {
  return Array.from(offsets.topicsOf(groupId), ([name, partitions]) => ({
    name,
    partitions: Array.from(partitions, ([partitionIndex, committed]) => fetched(partitionIndex, committed)),
  }))
}

function fetched(partitionIndex: number, committed: CommittedOffset | undefined): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? NO_OFFSET,
    committedLeaderEpoch: committed?.leaderEpoch ?? NO_LEADER_EPOCH,
    metadata: committed?.metadata ?? '',
  }
}
