import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Handler } from '../src/broker/handler.ts'
import { HANDLERS } from '../src/broker/handlers.ts'
import { API_CODECS } from '../src/protocol/generated/index.ts'

export const SUPPORT_PAGE = join(import.meta.dirname, '../docs/PROTOCOL-SUPPORT.md')

/** What a reader of the table has to know of one API. */
interface Api {
  readonly apiKey: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

/** The page, from the table that the dispatcher and ApiVersions use. */
export function printSupport(handlers: readonly Handler[], apis: Iterable<Api>): string {
  const served = new Map(handlers.map(handler => [handler.apiKey, handler]))
  const sorted = [...apis].sort((one, other) => one.apiKey - other.apiKey)
  const missing = sorted.filter(({ apiKey }) => !served.has(apiKey))
  return [
    '# Which requests are served',
    '',
    'Written by `npm run protocol-support` from the table of handlers. Do not edit.',
    '',
    `${served.size} of the ${sorted.length} requests that a Kafka broker answers are served. "Known" are the versions`,
    'of Kafka up to 4.4 and, for the classic APIs, those before 4.0.',
    '',
    '| key | API | served | advertised | known | needs |',
    '|---:|---|---|---|---|---|',
    ...sorted.flatMap(api => {
      const handler = served.get(api.apiKey)
      return handler === undefined ? [] : [row(api, handler)]
    }),
    '',
    '## Not served yet',
    '',
    'A request for one of these ends its connection, as in Kafka.',
    '',
    ...missing.map(({ apiKey, name }) => `- ${name} (${apiKey})`),
    '',
  ].join('\n')
}

function row(api: Api, { versions: [first, last], advertisedMinVersion, operations }: Handler): string {
  const cells = [
    api.apiKey,
    api.name,
    range(first, last),
    range(advertisedMinVersion, last),
    range(api.minVersion, api.maxVersion),
    operations.length === 0 ? 'nothing' : operations.join(', '),
  ]
  return `| ${cells.join(' | ')} |`
}

function range(first: number, last: number): string {
  return first === last ? `${first}` : `${first}-${last}`
}

function main(): void {
  const page = printSupport(HANDLERS, API_CODECS.values())
  mkdirSync(join(SUPPORT_PAGE, '..'), { recursive: true })
  if (!process.argv.includes('--check')) writeFileSync(SUPPORT_PAGE, page)
  else if (readFileSync(SUPPORT_PAGE, 'utf8') !== page) {
    console.error('docs/PROTOCOL-SUPPORT.md is old: npm run protocol-support')
    process.exitCode = 1
  }
}

if (process.argv[1] === import.meta.filename) main()
