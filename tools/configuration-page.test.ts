import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BROKER_DEFINITIONS } from '../src/config/definitions/broker-definitions.ts'
import { TOPIC_DEFINITIONS } from '../src/config/definitions/topic-definitions.ts'
import { CONFIGURATION_PAGE, printConfiguration } from './configuration-page.ts'

test('the committed page says what can be set', () => {
  const page = printConfiguration(TOPIC_DEFINITIONS.values(), BROKER_DEFINITIONS.values())
  expect(readFileSync(CONFIGURATION_PAGE, 'utf8')).toBe(page)
})

test('a key without effect is named as such, and stands in no table', () => {
  const key = { name: 'a.key', type: 3, default: '1', doc: 'Something.' } as const
  expect(printConfiguration([key], [])).toContain('| `a.key` | `1` |  | Something. |')
  const page = printConfiguration([{ ...key, effect: 'none' }], [])
  expect(page).toContain('Of a topic: `a.key`.')
  expect(page).not.toContain('| `a.key`')
})
