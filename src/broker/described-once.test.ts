import { expect, test } from 'vitest'
import { describedOnce } from './described-once.ts'

test('what is asked for again is the same object, and made once', () => {
  const made: string[] = []
  const describe = describedOnce(
    (asked: { name: string }) => asked.name,
    ({ name }) => {
      made.push(name)
      return { name }
    },
  )
  const answers = ['a', 'b', 'a', 'a'].map(name => describe({ name }))
  expect(answers.map(({ name }) => name)).toEqual(['a', 'b', 'a', 'a'])
  expect(new Set(answers).size).toBe(2)
  expect(made).toEqual(['a', 'b'])
})
