import { expect, test } from 'vitest'
import { LookupTurns } from './lookup-turns.ts'

test('one look in sixteen waits until others had their turn', () => {
  const delays: number[] = []
  const turns = new LookupTurns(delayMs => delays.push(delayMs))
  const waits = Array.from({ length: 33 }, () => turns.next() !== null)
  expect(waits.flatMap((isWaiting, index) => (isWaiting ? [index] : []))).toEqual([15, 31])
  expect(delays).toEqual([0, 0])
})
