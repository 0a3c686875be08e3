import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupState } from '../classic-group/group-state.ts'
import {
  CONSUMER_PROTOCOL_TYPE,
  isSubscribedTo,
  subscribedTopics,
} from '../classic-group/subscribed-topics.ts'
import type { Decision } from '../state-machine.ts'
import type { OffsetDeleteEvent, OffsetDeleteReply, TopicErrors } from './offset-event.ts'
import type { OffsetRemovedRecord } from './offset-record.ts'
import type { OffsetTable } from './offset-table.ts'

/** Removes offsets of topics that no member of the group is subscribed to (KIP-496). */
export function decideOffsetDelete(
  event: OffsetDeleteEvent,
  group: Readonly<GroupState> | undefined,
  offsets: OffsetTable,
): Decision<OffsetRemovedRecord, OffsetDeleteReply> {
  const { groupId, replyTo } = event
  const errorCode = validate(group)
  if (group === undefined || errorCode !== ErrorCode.NONE) {
    return { records: [], replies: [{ type: 'OffsetDelete', replyTo, errorCode, topics: [] }], timers: [] }
  }
  const records: OffsetRemovedRecord[] = []
  const subscribed = subscribedTopics(group)
  const topics: TopicErrors[] = event.topics.map(({ name, partitionIndexes }) => {
    const isSubscribed = isSubscribedTo(group, subscribed, name)
    const partitions = partitionIndexes.map(partitionIndex => {
      if (!isSubscribed && offsets.get(groupId, name, partitionIndex) !== undefined) {
        records.push({ type: 'OffsetRemoved', volatile: false, groupId, topic: name, partitionIndex })
      }
      const code = isSubscribed ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
      return { partitionIndex, errorCode: code }
    })
    return { name, partitions }
  })
  return { records, replies: [{ type: 'OffsetDelete', replyTo, errorCode, topics }], timers: [] }
}

function validate(group: Readonly<GroupState> | undefined): ErrorCode {
  if (group === undefined || group.groupState === 'Dead') return ErrorCode.GROUP_ID_NOT_FOUND
  // The subscriptions of other protocols cannot be read, so nothing can be deleted under their members.
  const isReadable = group.groupState === 'Empty' || group.protocolType === CONSUMER_PROTOCOL_TYPE
  return isReadable ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP
}
