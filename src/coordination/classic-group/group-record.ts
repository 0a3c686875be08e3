import type { GroupMember, GroupProtocol } from './group-state.ts'

/** One member as `__consumer_offsets` holds it (GroupMetadataValue version 3). */
export interface PersistedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

/** The whole group at the start of a generation; the only state that outlives a restart. */
export interface GroupMetadataRecord {
  readonly type: 'GroupMetadata'
  readonly volatile: false
  readonly protocolType: string | null
  readonly generationId: number
  readonly protocolName: string | null
  readonly leaderId: string | null
  readonly currentStateTimestampMs: number | null
  readonly members: readonly PersistedMember[]
}

/** Written as a tombstone of the group's key, unless the log never heard of the group. */
export interface GroupDeletedRecord {
  readonly type: 'GroupDeleted'
  readonly volatile: boolean
}

/** Members that come and go before a generation is settled; lost at a restart, as in Kafka. */
export type VolatileGroupRecord = { readonly volatile: true } & (
  | { readonly type: 'PendingMemberAdded'; readonly memberId: string }
  | { readonly type: 'PendingMemberRemoved'; readonly memberId: string }
  | { readonly type: 'MemberAdded'; readonly member: GroupMember; readonly protocolType: string }
  | {
      readonly type: 'MemberUpdated'
      readonly memberId: string
      readonly protocols: readonly GroupProtocol[]
      readonly sessionTimeoutMs: number
      readonly rebalanceTimeoutMs: number
      readonly joinReplyTo: number | null
    }
  | { readonly type: 'MemberRemoved'; readonly memberId: string }
  | { readonly type: 'StaticMemberReplaced'; readonly oldMemberId: string; readonly newMemberId: string }
  | { readonly type: 'RebalanceStarted'; readonly nowMs: number; readonly initialRemainingMs: number }
  | { readonly type: 'InitialDelayExtended'; readonly initialRemainingMs: number }
  | { readonly type: 'LeaderElected'; readonly memberId: string }
  | {
      readonly type: 'GenerationStarted'
      readonly generationId: number
      readonly protocolName: string
      readonly nowMs: number
    }
  | { readonly type: 'MemberSynced'; readonly memberId: string; readonly syncReplyTo: number | null }
)

export type GroupRecord = GroupMetadataRecord | GroupDeletedRecord | VolatileGroupRecord
