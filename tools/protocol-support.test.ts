import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HANDLERS } from '../src/broker/handlers.ts'
import { API_CODECS } from '../src/protocol/generated/index.ts'
import { printSupport, SUPPORT_PAGE } from './protocol-support.ts'

const BROKER = join(import.meta.dirname, '../src/broker')

test('the committed page says what is served', () => {
  expect(readFileSync(SUPPORT_PAGE, 'utf8')).toBe(printSupport(HANDLERS, API_CODECS.values()))
})

test('an API without a handler is named as not served', () => {
  const apis = [{ apiKey: 18, name: 'ApiVersions', minVersion: 0, maxVersion: 5 }]
  expect(printSupport([], apis)).toContain('- ApiVersions (18)')
  expect(printSupport(HANDLERS, apis)).toContain('| 18 | ApiVersions | 0-5 | 0-5 | 0-5 | nothing |')
})

test('every API is served once, in versions that its codec knows', () => {
  expect(new Set(HANDLERS.map(({ apiKey }) => apiKey)).size).toBe(HANDLERS.length)
  for (const { apiKey, versions } of HANDLERS) {
    const codec = API_CODECS.get(apiKey)
    expect(codec, `API ${apiKey}`).toBeDefined()
    expect(versions[0], codec!.name).toBeGreaterThanOrEqual(codec!.minVersion)
    expect(versions[1], codec!.name).toBeLessThanOrEqual(codec!.maxVersion)
  }
})

test('every file of a handler is in the table', () => {
  const table = readFileSync(join(BROKER, 'handlers.ts'), 'utf8')
  const names = readdirSync(join(BROKER, 'handlers')).filter(
    name => name.endsWith('.ts') && !name.includes('.test'),
  )
  const handlers = names.filter(name =>
    readFileSync(join(BROKER, 'handlers', name), 'utf8').includes('defineHandler'),
  )
  expect(handlers.length).toBe(HANDLERS.length)
  for (const name of handlers) expect(table).toContain(`'./handlers/${name}'`)
})
