import { ErrorCode } from '../../protocol/error-code.ts'
import type { Decision, StateMachine } from '../state-machine.ts'
import { applyGroupRecord } from './apply-group-record.ts'
import { decideJoin } from './decide-join.ts'
import { decideLeave } from './decide-leave.ts'
import { decideSync } from './decide-sync.ts'
import type { GroupConfig } from './group-config.ts'
import { GroupDraft } from './group-draft.ts'
import type { GroupEvent, GroupReply, HeartbeatEvent } from './group-event.ts'
import type { GroupRecord } from './group-record.ts'
import { answerHeartbeat } from './group-replies.ts'
import { createGroupState, type GroupState } from './group-state.ts'
import { JOIN_TIMER, memberOfTimer, SYNC_TIMER, sessionTimer } from './group-timers.ts'
import {
  completeJoinIfAllJoined,
  onJoinTimer,
  onSyncTimer,
  prepareRebalance,
  removeMember,
} from './rebalance.ts'
import { validateMember } from './validate-member.ts'

type GroupDecision = Decision<GroupRecord, GroupReply>

/** One group of the classic protocol (the consumers before KIP-848, and Kafka Connect's workers). */
export class ClassicGroup implements StateMachine<GroupEvent, GroupRecord, GroupReply> {
  readonly #config: GroupConfig
  readonly #current: GroupState

  constructor(groupId: string, config: GroupConfig) {
    this.#config = config
    this.#current = createGroupState(groupId)
  }

  get state(): Readonly<GroupState> {
    return this.#current
  }

  decide(event: GroupEvent): GroupDecision {
    if (event.type === 'Heartbeat') return decideHeartbeat(this.#current, event)
    const draft = new GroupDraft(this.#current)
    switch (event.type) {
      case 'JoinGroup':
        decideJoin(draft, event, this.#config)
        break
      case 'SyncGroup':
        decideSync(draft, event)
        break
      case 'LeaveGroup':
        decideLeave(draft, event, this.#config)
        break
      case 'TimerFired':
        decideTimer(draft, event.key, event.nowMs, this.#config)
        break
      case 'Loaded':
        onLoaded(draft, event.nowMs, this.#config)
    }
    return draft.decision()
  }

  apply(record: GroupRecord): void {
    applyGroupRecord(this.#current, record)
  }
}

/** The one event that comes all the time: it makes no record, so no copy of the group either. */
function decideHeartbeat(state: GroupState, event: HeartbeatEvent): GroupDecision {
  const errorCode = validateHeartbeat(state, event)
  const member = state.members.get(event.memberId)
  const isAlive = errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS
  const timers =
    isAlive && member !== undefined
      ? [{ key: sessionTimer(event.memberId), delayMs: member.sessionTimeoutMs }]
      : []
  return { records: [], replies: [answerHeartbeat(event.replyTo, errorCode)], timers }
}

function validateHeartbeat(state: GroupState, event: HeartbeatEvent): ErrorCode {
  if (state.groupState === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  const errorCode = validateMember(state, event.memberId, event.groupInstanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (event.generationId !== state.generationId) return ErrorCode.ILLEGAL_GENERATION
  // Between JoinGroup and SyncGroup a heartbeat is as good as in Stable.
  return state.groupState === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

function decideTimer(draft: GroupDraft, key: string, nowMs: number, config: GroupConfig): void {
  if (key === JOIN_TIMER) {
    onJoinTimer(draft, config, nowMs)
    return
  }
  if (key === SYNC_TIMER) {
    onSyncTimer(draft, config, nowMs)
    return
  }
  const memberId = memberOfTimer(key)
  if (memberId !== null) expireSession(draft, memberId, nowMs, config)
}

function expireSession(draft: GroupDraft, memberId: string, nowMs: number, config: GroupConfig): void {
  const { state } = draft
  if (state.pendingMembers.has(memberId)) {
    draft.add({ type: 'PendingMemberRemoved', volatile: true, memberId })
    completeJoinIfAllJoined(draft, nowMs)
    return
  }
  const member = state.members.get(memberId)
  if (member === undefined) return
  const isWaiting = member.joinReplyTo !== null || member.syncReplyTo !== null
  // Who waits for our answer cannot send heartbeats; only a member without an id may be given up.
  if (isWaiting && !member.isNew) return
  removeMember(draft, memberId)
  if (state.groupState === 'PreparingRebalance') completeJoinIfAllJoined(draft, nowMs)
  else if (state.groupState !== 'Empty') prepareRebalance(draft, config, nowMs)
}

/** After a reload every member gets a whole session to find the new coordinator. */
function onLoaded(draft: GroupDraft, nowMs: number, config: GroupConfig): void {
  const { members } = draft.state
  for (const { memberId, sessionTimeoutMs } of members.values())
    draft.setTimer(sessionTimer(memberId), sessionTimeoutMs)
  // The limit was lowered: the members that rejoin last are turned away.
  if (members.size > config.groupSizeMax) prepareRebalance(draft, config, nowMs)
}
