import type { GroupState } from '../classic-group/group-state.ts'
import {
  CONSUMER_PROTOCOL_TYPE,
  isSubscribedTo,
  subscribedTopics,
} from '../classic-group/subscribed-topics.ts'
import type { CommittedOffset } from './committed-offset.ts'
import type { OffsetRemovedRecord } from './offset-record.ts'
import type { OffsetTable } from './offset-table.ts'

/**
 * Offsets of the group whose retention is over (KIP-211): counted from when the group became empty; for a group
 * with members or without a protocol from the commit itself, and never for topics its members are subscribed to.
 */
export function expiredOffsets(
  group: Readonly<GroupState>,
  offsets: OffsetTable,
  retentionMs: number,
  nowMs: number,
): OffsetRemovedRecord[] {
  const startOf = retentionStart(group)
  if (startOf === null) return []
  const records: OffsetRemovedRecord[] = []
  const subscribed = subscribedTopics(group)
  const { groupId } = group
  for (const [topic, partitions] of offsets.topicsOf(groupId)) {
    if (isSubscribedTo(group, subscribed, topic)) continue
    for (const [partitionIndex, committed] of partitions) {
      const expiresAtMs = committed.expireTimestampMs ?? startOf(committed) + retentionMs
      if (nowMs < expiresAtMs) continue
      records.push({ type: 'OffsetRemoved', volatile: false, groupId, topic, partitionIndex })
    }
  }
  return records
}

/** null while nothing may expire: members are there, and who reads what is not known. */
function retentionStart(group: Readonly<GroupState>): ((committed: CommittedOffset) => number) | null {
  const sinceCommit = (committed: CommittedOffset) => committed.commitTimestampMs
  if (group.protocolType === null) return sinceCommit
  if (group.groupState === 'Empty') {
    const { currentStateTimestampMs } = group
    return currentStateTimestampMs === null ? sinceCommit : () => currentStateTimestampMs
  }
  const isReadable = group.protocolType === CONSUMER_PROTOCOL_TYPE && subscribedTopics(group) !== null
  return group.groupState === 'Stable' && isReadable ? sinceCommit : null
}
