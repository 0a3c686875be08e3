import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ACCEPTED_KEYS, BROKER_DEFINITIONS } from '../src/config/definitions/broker-definitions.ts'
import type { ConfigDefinition } from '../src/config/definitions/definition.ts'
import { TOPIC_DEFINITIONS } from '../src/config/definitions/topic-definitions.ts'

export const CONFIGURATION_PAGE = join(import.meta.dirname, '../docs/CONFIGURATION.md')

/** The page, from the definitions that parsing and DescribeConfigs use. */
export function printConfiguration(
  topicKeys: Iterable<ConfigDefinition>,
  brokerKeys: Iterable<ConfigDefinition>,
): string {
  const topic = byName(topicKeys)
  const broker = byName(brokerKeys)
  return [
    '# Settings',
    '',
    'Written by `npm run configuration-page` from the definitions in `src/config`. Do not edit.',
    '',
    'Names and meanings are those of Kafka; `ottla.` begins the names of our own. A topic key is set with the topic;',
    'its default is a broker key. A broker key stands in `server.properties`; "at once" are those that AlterConfigs',
    'changes while the broker runs, for new and existing topics.',
    '',
    '## Of a topic',
    '',
    '| key | default | legal | meaning |',
    '|---|---|---|---|',
    ...inForce(topic).map(key => row([code(key.name), defaultOf(key), legal(key), key.doc])),
    '',
    '## Of the broker',
    '',
    '| key | default | legal | changes | meaning |',
    '|---|---|---|---|---|',
    ...inForce(broker).map(key => {
      const changes = key.update === 'read-only' ? 'at the start' : 'at once'
      return row([code(key.name), defaultOf(key), legal(key), changes, key.doc])
    }),
    '',
    '## Without effect yet',
    '',
    'Known, checked and shown by DescribeConfigs, which says so too; nothing reads them. In `server.properties` they',
    'are a warning at the start.',
    '',
    `Of a topic: ${withoutEffect(topic)}.`,
    '',
    `Of the broker: ${withoutEffect(broker)}.`,
    '',
    `Taken from a Kafka server.properties without a word: ${[...ACCEPTED_KEYS].map(code).join(', ')}.`,
    '',
  ].join('\n')
}

function byName(keys: Iterable<ConfigDefinition>): ConfigDefinition[] {
  return [...keys].sort((one, other) => (one.name < other.name ? -1 : 1))
}

function inForce(keys: readonly ConfigDefinition[]): ConfigDefinition[] {
  return keys.filter(({ effect }) => effect !== 'none')
}

function withoutEffect(keys: readonly ConfigDefinition[]): string {
  return keys
    .filter(({ effect }) => effect === 'none')
    .map(({ name }) => code(name))
    .join(', ')
}

function defaultOf({ default: text }: ConfigDefinition): string {
  return text === null || text === '' ? '' : code(text)
}

function legal({ min, max, excluded, validValues }: ConfigDefinition): string {
  if (validValues !== undefined) return validValues.map(code).join(', ')
  if (min === undefined) return ''
  const range = max === undefined ? `at least ${min}` : `${min} to ${max}`
  return excluded === undefined ? range : `${range}, not ${excluded}`
}

function code(text: string): string {
  return `\`${text}\``
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function main(): void {
  const page = printConfiguration(TOPIC_DEFINITIONS.values(), BROKER_DEFINITIONS.values())
  if (!process.argv.includes('--check')) writeFileSync(CONFIGURATION_PAGE, page)
  else if (readFileSync(CONFIGURATION_PAGE, 'utf8') !== page) {
    console.error('docs/CONFIGURATION.md is old: npm run configuration-page')
    process.exitCode = 1
  }
}

if (process.argv[1] === import.meta.filename) main()
