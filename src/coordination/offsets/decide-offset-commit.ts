import { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupState } from '../classic-group/group-state.ts'
import { sessionTimer } from '../classic-group/group-timers.ts'
import { validateMember } from '../classic-group/validate-member.ts'
import type { Decision, TimerChange } from '../state-machine.ts'
import type { CommitPartition, OffsetCommitEvent, OffsetCommitReply, TopicErrors } from './offset-event.ts'
import type { OffsetCommittedRecord } from './offset-record.ts'

/** What the int16 length of a string in the log can hold of characters of three bytes, whatever is configured. */
const LOG_STRING_CHARS_MAX = 10_000
const OWN_RETENTION = -1
const TIME_OF_REQUEST = -1

/** Stores offsets for a member of the group, or for anyone while the group has no members. */
export function decideOffsetCommit(
  event: OffsetCommitEvent,
  group: Readonly<GroupState> | undefined,
  metadataCharsMax: number,
): Decision<OffsetCommittedRecord, OffsetCommitReply> {
  const { replyTo } = event
  const errorCode = group === undefined ? validateWithoutGroup(event) : validateInGroup(event, group)
  if (errorCode !== ErrorCode.NONE) {
    return { records: [], replies: [{ type: 'OffsetCommit', replyTo, errorCode, topics: [] }], timers: [] }
  }
  const charsMax = Math.min(metadataCharsMax, LOG_STRING_CHARS_MAX)
  const records: OffsetCommittedRecord[] = []
  const topics: TopicErrors[] = event.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(partition => {
      const isTooLarge = (partition.committedMetadata?.length ?? 0) > charsMax
      if (!isTooLarge) records.push(committedRecord(event, name, partition))
      return {
        partitionIndex: partition.partitionIndex,
        errorCode: isTooLarge ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE,
      }
    }),
  }))
  const timers = group === undefined ? [] : keepSession(event, group)
  return { records, replies: [{ type: 'OffsetCommit', replyTo, errorCode, topics }], timers }
}

function validateWithoutGroup(event: OffsetCommitEvent): ErrorCode {
  if (event.generationId < 0) return ErrorCode.NONE
  return event.knowsGroupIdNotFound ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
}

function validateInGroup(event: OffsetCommitEvent, group: Readonly<GroupState>): ErrorCode {
  const { memberId, groupInstanceId, generationId } = event
  if (group.groupState === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  if (generationId < 0 && group.groupState === 'Empty') return ErrorCode.NONE
  // Neither member nor generation: such commits are for groups without members.
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID
  const errorCode = validateMember(group, memberId, groupInstanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  return group.groupState === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** A commit of a member is a sign of life. */
function keepSession(event: OffsetCommitEvent, group: Readonly<GroupState>): TimerChange[] {
  const member = group.members.get(event.memberId)
  if (member === undefined) return []
  return [{ key: sessionTimer(member.memberId), delayMs: member.sessionTimeoutMs }]
}

function committedRecord(
  event: OffsetCommitEvent,
  topic: string,
  partition: CommitPartition,
): OffsetCommittedRecord {
  const { nowMs, retentionTimeMs } = event
  const { commitTimestampMs } = partition
  return {
    type: 'OffsetCommitted',
    volatile: false,
    groupId: event.groupId,
    topic,
    partitionIndex: partition.partitionIndex,
    committed: {
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata ?? '',
      commitTimestampMs: commitTimestampMs === TIME_OF_REQUEST ? nowMs : commitTimestampMs,
      expireTimestampMs: retentionTimeMs === OWN_RETENTION ? null : clampTimestamp(nowMs + retentionTimeMs),
    },
  }
}

/** A retention of Long.MAX must stay a number the log can hold. */
function clampTimestamp(timestampMs: number): number {
  return Math.min(timestampMs, Number.MAX_SAFE_INTEGER)
}
