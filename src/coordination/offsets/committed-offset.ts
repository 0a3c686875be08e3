/** What a group stored for one partition. */
export interface CommittedOffset {
  readonly offset: number
  /** -1 when the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** Only for commits that asked for a retention of their own (OffsetCommit 2-4); null for the broker's. */
  readonly expireTimestampMs: number | null
}
