import type { ErrorCode } from '../../protocol/error-code.ts'

export interface OffsetCommitEvent {
  readonly type: 'OffsetCommit'
  readonly groupId: string
  readonly replyTo: number
  readonly nowMs: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Negative for a client that is no member of a group. */
  readonly generationId: number
  /** OffsetCommit 9 and above: an unknown group is GROUP_ID_NOT_FOUND, before that ILLEGAL_GENERATION. */
  readonly knowsGroupIdNotFound: boolean
  /** Versions 2-4; -1 for the broker's own retention. */
  readonly retentionTimeMs: number
  readonly topics: readonly CommitTopic[]
}

export interface CommitTopic {
  readonly name: string
  readonly partitions: readonly CommitPartition[]
}

export interface CommitPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
  /** Version 1 only; -1 for the time of the request. */
  readonly commitTimestampMs: number
}

export interface OffsetFetchEvent {
  readonly type: 'OffsetFetch'
  readonly groupId: string
  readonly replyTo: number
  /** null asks for every offset of the group. */
  readonly topics: readonly PartitionsOfTopic[] | null
}

export interface OffsetDeleteEvent {
  readonly type: 'OffsetDelete'
  readonly groupId: string
  readonly replyTo: number
  readonly topics: readonly PartitionsOfTopic[]
}

export interface PartitionsOfTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

/** Error codes in the shape of the request. */
export interface TopicErrors {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: ErrorCode }[]
}

export interface OffsetCommitReply {
  readonly type: 'OffsetCommit'
  readonly replyTo: number
  /** Refusal of the whole group; then there are no topics. */
  readonly errorCode: ErrorCode
  readonly topics: readonly TopicErrors[]
}

export interface OffsetDeleteReply {
  readonly type: 'OffsetDelete'
  readonly replyTo: number
  readonly errorCode: ErrorCode
  readonly topics: readonly TopicErrors[]
}

export interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly FetchedPartition[]
}

export interface FetchedPartition {
  readonly partitionIndex: number
  /** -1 for none. */
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
}

export interface OffsetFetchReply {
  readonly type: 'OffsetFetch'
  readonly replyTo: number
  readonly errorCode: ErrorCode
  readonly topics: readonly FetchedTopic[]
}
