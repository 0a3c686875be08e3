import { assert } from '../../base/assert.ts'
import type { GroupProtocol, GroupState } from './group-state.ts'

/** A member may join when it has the group's type and shares a protocol that every member supports. */
export function supportsProtocols(
  state: GroupState,
  protocolType: string,
  protocols: readonly GroupProtocol[],
): boolean {
  if (state.groupState === 'Empty') return protocolType !== '' && protocols.length > 0
  if (state.protocolType !== protocolType) return false
  return namesSupportedByAll(state, protocols).size > 0
}

/**
 * Each member votes for the first of its protocols that all support; the most votes win, on a tie the protocol that
 * was voted for first. Asserts that there is one, which `supportsProtocols` has seen to.
 */
export function selectProtocol(state: GroupState): string {
  const [first] = state.members.values()
  const supported = namesSupportedByAll(state, first?.protocols ?? [])
  const votes = new Map<string, number>()
  for (const member of state.members.values()) {
    const choice = member.protocols.find(({ name }) => supported.has(name))
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let winner: string | null = null
  for (const [name, count] of votes) {
    if (winner === null || count > (votes.get(winner) ?? 0)) winner = name
  }
  assert(winner !== null, `the members of ${state.groupId} have no protocol in common`)
  return winner
}

/** Same names with the same bytes, in the same order: the member's subscription has not changed. */
export function equalProtocols(left: readonly GroupProtocol[], right: readonly GroupProtocol[]): boolean {
  return (
    left.length === right.length &&
    left.every((protocol, index) => {
      const other = right[index]
      return (
        other !== undefined && protocol.name === other.name && equalBytes(protocol.metadata, other.metadata)
      )
    })
  )
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

/** Those of `protocols` that every member supports; looks at each protocol of each member once. */
function namesSupportedByAll(state: GroupState, protocols: readonly GroupProtocol[]): ReadonlySet<string> {
  let names = new Set(protocols.map(({ name }) => name))
  for (const member of state.members.values()) {
    const common = new Set<string>()
    for (const { name } of member.protocols) if (names.has(name)) common.add(name)
    if (common.size === 0) return common
    names = common
  }
  return names
}
