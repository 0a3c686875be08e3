import { expect, test } from 'vitest'
import { VirtualTime } from '../platform/virtual-time.ts'
import { Turn, type TurnMember } from './turn.ts'

const ANSWER_BYTES_MAX = 1_000
/** More than the requests between two looks at the clock. */
const MANY_REQUESTS = 20

interface Named extends TurnMember {
  readonly name: string
}

const named = (name: string): Named => ({ name, turn: 0, turnAnswerBytes: 0 })

function world() {
  const time = new VirtualTime()
  let nowMs = 0
  const next: string[][] = []
  const turn = new Turn<Named>(ANSWER_BYTES_MAX, {
    clock: { wallMs: () => 0, monotonicMs: () => nowMs },
    timers: time.timers,
    onNext: postponed => next.push(postponed.map(({ name }) => name)),
  })
  const spend = (ms: number) => {
    nowMs += ms
  }
  const ask = (member: Named) => Array.from({ length: MANY_REQUESTS }, () => turn.mayGoOn(member))
  const begin = () => turn.begin(nowMs)
  begin()
  return { time, turn, next, begin, spend, ask }
}

test('a turn that has taken long lets nobody go on; the next one names who wanted to, each once', () => {
  const { time, next, begin, spend, ask } = world()
  const [a, b] = [named('a'), named('b')]
  expect(ask(a)).not.toContain(false)
  spend(49)
  expect(ask(b)).not.toContain(false)
  spend(1)
  expect([ask(a).at(-1), ask(b).at(-1)]).toEqual([false, false])
  time.advance(0)
  expect(next).toEqual([['a', 'b']])
  spend(1_000)
  begin()
  expect(ask(a)).not.toContain(false)
  time.advance(0)
  expect(next).toHaveLength(1)
})

test('bytes of answers count for their own connection, and for one turn', () => {
  const { time, turn, next, begin } = world()
  const [greedy, other] = [named('greedy'), named('other')]
  turn.answered(greedy, ANSWER_BYTES_MAX - 1)
  expect(turn.mayGoOn(greedy)).toBe(true)
  turn.answered(greedy, 1)
  expect([turn.mayGoOn(greedy), turn.mayGoOn(other)]).toEqual([false, true])
  time.advance(0)
  expect(next).toEqual([['greedy']])
  begin()
  expect(turn.mayGoOn(greedy)).toBe(true)
  turn.answered(greedy, ANSWER_BYTES_MAX - 1)
  expect(turn.mayGoOn(greedy)).toBe(true)
})

test('a closed turn ends without a word', () => {
  const { time, turn, next } = world()
  const greedy = named('greedy')
  turn.answered(greedy, ANSWER_BYTES_MAX)
  turn.mayGoOn(greedy)
  turn.close()
  time.advance(10)
  expect(next).toEqual([])
})
