import type { ErrorCode } from '../../protocol/error-code.ts'
import type { GroupProtocol } from './group-state.ts'

export interface JoinGroupEvent {
  readonly type: 'JoinGroup'
  readonly replyTo: number
  readonly nowMs: number
  /** '' for a member that has no id yet. */
  readonly memberId: string
  /** An unused id, drawn by the runtime in case one is needed. */
  readonly newMemberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly GroupProtocol[]
  /** JoinGroup 4 and above (KIP-394). */
  readonly requiresKnownMemberId: boolean
  /** JoinGroup 9 and above (KIP-814). */
  readonly supportsSkippingAssignment: boolean
}

export interface SyncGroupEvent {
  readonly type: 'SyncGroup'
  readonly replyTo: number
  readonly nowMs: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
  /** null below SyncGroup 5, which did not send them (KIP-559). */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** memberId → assignment; only the leader's counts. */
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

export interface HeartbeatEvent {
  readonly type: 'Heartbeat'
  readonly replyTo: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

export interface LeaveGroupEvent {
  readonly type: 'LeaveGroup'
  readonly replyTo: number
  readonly nowMs: number
  readonly members: readonly LeavingMember[]
}

export interface LeavingMember {
  /** '' when an administrator removes a static member by its instance id. */
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export type GroupEvent =
  | JoinGroupEvent
  | SyncGroupEvent
  | HeartbeatEvent
  | LeaveGroupEvent
  | { readonly type: 'TimerFired'; readonly key: string; readonly nowMs: number }
  /** The log has been read to its end; sessions start anew. */
  | { readonly type: 'Loaded'; readonly nowMs: number }

/** What the leader is told about a member. */
export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Uint8Array
}

export interface JoinGroupReply {
  readonly type: 'JoinGroup'
  readonly replyTo: number
  readonly errorCode: ErrorCode
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly members: readonly JoinedMember[]
}

export interface SyncGroupReply {
  readonly type: 'SyncGroup'
  readonly replyTo: number
  readonly errorCode: ErrorCode
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export interface HeartbeatReply {
  readonly type: 'Heartbeat'
  readonly replyTo: number
  readonly errorCode: ErrorCode
}

export interface LeaveGroupReply {
  readonly type: 'LeaveGroup'
  readonly replyTo: number
  /** Refusal of the whole request; then there are no members. */
  readonly errorCode: ErrorCode
  readonly members: readonly (LeavingMember & { readonly errorCode: ErrorCode })[]
}

export type GroupReply = JoinGroupReply | SyncGroupReply | HeartbeatReply | LeaveGroupReply
