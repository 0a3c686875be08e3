import { expect, test } from 'vitest'
import { selectProtocol, supportsProtocols } from './group-protocols.ts'
import type { GroupState } from './group-state.ts'

/** A group in which each member supports the protocols named in one word, a letter each, the first the dearest. */
function groupOf(...members: readonly string[]): GroupState {
  const entries = members.map((names, index) => [`m${index}`, { protocols: protocolsOf(names) }] as const)
  return {
    groupId: 'g',
    phase: 'PreparingRebalance',
    protocolType: 'consumer',
    members: new Map(entries),
  } as unknown as GroupState
}

const protocolsOf = (names: string) => names.split('').map(name => ({ name, metadata: new Uint8Array(0) }))

test.each([
  ['one member decides', ['ab'], 'a'],
  ['the most votes win', ['abc', 'bca', 'bac'], 'b'],
  ['on a tie the protocol that was voted for first', ['ba', 'ab'], 'b'],
  ['a protocol that one member lacks gets no vote', ['xab', 'ab', 'bax'], 'a'],
  ['a protocol that comes twice has one vote', ['aab', 'bba', 'ba'], 'b'],
] as const)('GRC-4: %s', (_name, members, winner) => {
  expect(selectProtocol(groupOf(...members))).toBe(winner)
})

test.each([
  ['ca', true],
  ['ac', true],
  ['b', false],
  ['d', false],
  ['', false],
])('GRC-4: into a group of abc, bca and ac one with %j comes in: %s', (names, isIn) => {
  expect(supportsProtocols(groupOf('abc', 'bca', 'ac'), 'consumer', protocolsOf(names))).toBe(isIn)
})

test('GRC-4: another type of protocols is not the group s', () => {
  expect(supportsProtocols(groupOf('a'), 'connect', protocolsOf('a'))).toBe(false)
})

test('members with many protocols and none in common are told apart soon', () => {
  const many = (prefix: string) =>
    Array.from({ length: 1_000 }, (_, index) => ({ name: `${prefix}${index}`, metadata: new Uint8Array(0) }))
  const group = groupOf(...Array<string>(500).fill('a'))
  let looks = 0
  for (const member of group.members.values()) {
    const protocols = new Proxy([...many('p'), ...protocolsOf('a')], {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1
        return Reflect.get(target, key, target) as unknown
      },
    })
    Object.assign(member, { protocols })
  }
  expect(supportsProtocols(group, 'consumer', many('q'))).toBe(false)
  expect(supportsProtocols(group, 'consumer', [...many('q'), ...protocolsOf('a')])).toBe(true)
  expect(looks).toBeLessThan(2 * 500 * 1_010)
})
