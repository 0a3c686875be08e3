import { ErrorCode } from '../../protocol/error-code.ts'
import type { HeartbeatReply, JoinGroupReply, SyncGroupReply } from './group-event.ts'
import { type GroupState, metadataFor, NO_BYTES } from './group-state.ts'

/** Generation of an answer that carries an error. */
const NO_GENERATION = -1

export function refuseJoin(replyTo: number, errorCode: ErrorCode, memberId: string): JoinGroupReply {
  return {
    type: 'JoinGroup',
    replyTo,
    errorCode,
    memberId,
    generationId: NO_GENERATION,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

/** The current generation, as `memberId` is told about it: the leader learns who the others are. */
export function acceptJoin(state: GroupState, replyTo: number, memberId: string): JoinGroupReply {
  return {
    type: 'JoinGroup',
    replyTo,
    errorCode: ErrorCode.NONE,
    memberId,
    generationId: state.generationId,
    protocolType: state.protocolType,
    protocolName: state.protocolName,
    leader: state.leaderId ?? '',
    skipAssignment: false,
    members: memberId === state.leaderId ? joinedMembers(state) : [],
  }
}

function joinedMembers(state: GroupState): JoinGroupReply['members'] {
  return Array.from(state.members.values(), member => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataFor(member, state.protocolName),
  }))
}

export function refuseSync(replyTo: number, errorCode: ErrorCode): SyncGroupReply {
  return {
    type: 'SyncGroup',
    replyTo,
    errorCode,
    protocolType: null,
    protocolName: null,
    assignment: NO_BYTES,
  }
}

export function acceptSync(state: GroupState, replyTo: number, assignment: Uint8Array): SyncGroupReply {
  const { protocolType, protocolName } = state
  return { type: 'SyncGroup', replyTo, errorCode: ErrorCode.NONE, protocolType, protocolName, assignment }
}

export function answerHeartbeat(replyTo: number, errorCode: ErrorCode): HeartbeatReply {
  return { type: 'Heartbeat', replyTo, errorCode }
}
