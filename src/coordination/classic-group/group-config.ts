/** What the operator decides about classic groups; times in milliseconds. */
export interface GroupConfig {
  /** `group.initial.rebalance.delay.ms` */
  readonly initialRebalanceDelayMs: number
  /** `group.max.size` */
  readonly groupSizeMax: number
  /** How long a member that never had an answer may wait in JoinGroup; Kafka fixes five minutes. */
  readonly newMemberJoinTimeoutMs: number
}

export const GROUPS_PER_SHARD_MAX = 100_000

export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000

/** Ids handed out with MEMBER_ID_REQUIRED that one group remembers; above it joining is refused with error 81. */
export const PENDING_MEMBERS_MAX = 10_000
