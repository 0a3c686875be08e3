import type { CommittedOffset } from './committed-offset.ts'

export interface OffsetCommittedRecord {
  readonly type: 'OffsetCommitted'
  readonly volatile: false
  readonly groupId: string
  readonly topic: string
  readonly partitionIndex: number
  readonly committed: CommittedOffset
}

/** Written as a tombstone of the partition's key. */
export interface OffsetRemovedRecord {
  readonly type: 'OffsetRemoved'
  readonly volatile: false
  readonly groupId: string
  readonly topic: string
  readonly partitionIndex: number
}

export type OffsetRecord = OffsetCommittedRecord | OffsetRemovedRecord
