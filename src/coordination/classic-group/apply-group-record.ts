import { assert } from '../../base/assert.ts'
import type { GroupMetadataRecord, GroupRecord, PersistedMember } from './group-record.ts'
import { type ClassicGroupState, type GroupMember, type GroupState, NO_BYTES } from './group-state.ts'

type RecordOf<Type extends GroupRecord['type']> = Extract<GroupRecord, { type: Type }>

/** The only code that changes a group; total over every sequence of records that `decide` produces. */
export function applyGroupRecord(state: GroupState, record: GroupRecord): void {
  switch (record.type) {
    case 'PendingMemberAdded':
      state.pendingMembers.add(record.memberId)
      return
    case 'PendingMemberRemoved':
      state.pendingMembers.delete(record.memberId)
      return
    case 'MemberAdded':
      addMember(state, record)
      return
    case 'MemberUpdated':
      updateMember(state, record)
      return
    case 'MemberRemoved':
      removeMember(state, record.memberId)
      return
    case 'StaticMemberReplaced':
      replaceStaticMember(state, record)
      return
    case 'RebalanceStarted':
      startRebalance(state, record)
      return
    case 'InitialDelayExtended':
      state.newMemberAdded = false
      state.initialRemainingMs = record.initialRemainingMs
      return
    case 'LeaderElected':
      state.leaderId = record.memberId
      return
    case 'GenerationStarted':
      startGeneration(state, record)
      return
    case 'MemberSynced':
      state.pendingSyncMembers.delete(record.memberId)
      changeMember(state, record.memberId, { syncReplyTo: record.syncReplyTo })
      return
    case 'GroupMetadata':
      applyGroupMetadata(state, record)
      return
    case 'GroupDeleted':
      enter(state, 'Dead')
  }
}

function enter(state: GroupState, groupState: ClassicGroupState): void {
  state.previousGroupState = state.groupState
  state.groupState = groupState
}

function changeMember(state: GroupState, memberId: string, change: Partial<GroupMember>): void {
  const member = state.members.get(memberId)
  assert(member !== undefined, `a record names ${memberId}, which is not a member`)
  state.members.set(memberId, { ...member, ...change })
}

function addMember(state: GroupState, record: RecordOf<'MemberAdded'>): void {
  const { member } = record
  if (state.members.size === 0) state.protocolType = record.protocolType
  if (state.groupState === 'PreparingRebalance' && state.previousGroupState === 'Empty')
    state.newMemberAdded = true
  state.leaderId ??= member.memberId
  state.members.set(member.memberId, member)
  if (member.groupInstanceId !== null) state.staticMembers.set(member.groupInstanceId, member.memberId)
  state.pendingMembers.delete(member.memberId)
}

function updateMember(state: GroupState, record: RecordOf<'MemberUpdated'>): void {
  const { protocols, sessionTimeoutMs, rebalanceTimeoutMs, joinReplyTo } = record
  changeMember(state, record.memberId, { protocols, sessionTimeoutMs, rebalanceTimeoutMs, joinReplyTo })
}

function removeMember(state: GroupState, memberId: string): void {
  const instanceId = state.members.get(memberId)?.groupInstanceId ?? null
  state.members.delete(memberId)
  if (instanceId !== null) state.staticMembers.delete(instanceId)
  state.pendingMembers.delete(memberId)
  state.pendingSyncMembers.delete(memberId)
  if (state.leaderId === memberId) state.leaderId = state.members.keys().next().value ?? null
}

function replaceStaticMember(state: GroupState, record: RecordOf<'StaticMemberReplaced'>): void {
  const { oldMemberId, newMemberId } = record
  const old = state.members.get(oldMemberId)
  assert(old !== undefined && old.groupInstanceId !== null, `${oldMemberId} is not a static member`)
  state.members.delete(oldMemberId)
  state.members.set(newMemberId, {
    ...old,
    memberId: newMemberId,
    isNew: false,
    joinReplyTo: null,
    syncReplyTo: null,
  })
  state.staticMembers.set(old.groupInstanceId, newMemberId)
  state.pendingSyncMembers.delete(oldMemberId)
  if (state.leaderId === oldMemberId) state.leaderId = newMemberId
}

function startRebalance(state: GroupState, record: RecordOf<'RebalanceStarted'>): void {
  if (state.groupState === 'CompletingRebalance') {
    for (const id of state.members.keys())
      changeMember(state, id, { assignment: NO_BYTES, syncReplyTo: null })
  }
  state.pendingSyncMembers.clear()
  state.newMemberAdded = false
  state.initialRemainingMs = record.initialRemainingMs
  state.currentStateTimestampMs = record.nowMs
  enter(state, 'PreparingRebalance')
}

function startGeneration(state: GroupState, record: RecordOf<'GenerationStarted'>): void {
  for (const id of state.members.keys()) changeMember(state, id, { joinReplyTo: null, isNew: false })
  state.pendingSyncMembers = new Set(state.members.keys())
  state.generationId = record.generationId
  state.protocolName = record.protocolName
  state.currentStateTimestampMs = record.nowMs
  enter(state, 'CompletingRebalance')
}

function applyGroupMetadata(state: GroupState, record: GroupMetadataRecord): void {
  const members = new Map<string, GroupMember>()
  state.staticMembers = new Map()
  for (const persisted of record.members) {
    members.set(persisted.memberId, restoreMember(persisted, record.protocolName, state.members))
    if (persisted.groupInstanceId !== null)
      state.staticMembers.set(persisted.groupInstanceId, persisted.memberId)
  }
  state.members = members
  for (const id of state.pendingSyncMembers) if (!members.has(id)) state.pendingSyncMembers.delete(id)
  state.protocolType = record.protocolType
  state.generationId = record.generationId
  state.protocolName = record.protocolName
  state.leaderId = record.leaderId
  state.currentStateTimestampMs = record.currentStateTimestampMs
  state.persisted = true
  enter(state, members.size === 0 ? 'Empty' : 'Stable')
}

/** A live member keeps every protocol it offers; one read from the log offers the chosen one. */
function restoreMember(
  persisted: PersistedMember,
  protocolName: string | null,
  live: ReadonlyMap<string, GroupMember>,
): GroupMember {
  const { subscription, ...fields } = persisted
  const known = live.get(persisted.memberId)
  const protocols = known?.protocols ?? [{ name: protocolName ?? '', metadata: subscription }]
  return { ...fields, protocols, isNew: false, joinReplyTo: null, syncReplyTo: null }
}
