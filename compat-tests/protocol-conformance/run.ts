import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  type FieldFacts,
  factsOf,
  fingerprintOf,
  type MessageFacts,
} from '../../src/protocol/message-facts.test-support.ts'
import { allMessages, type CodecUnderTest } from '../../tools/protocol-generator/all-messages.test-support.ts'
import { type ByteCheck, checkBytes } from './check-bytes.ts'
import { fetchKafkaJars } from './kafka-jars.ts'
import { type KafkaMessage, kafkaFacts, loadKafkaMessages, versionsOf } from './kafka-message.ts'

const OLD = '3.9.2'
const NEW = '4.4.0'
const FINGERPRINTS = join(import.meta.dirname, '../../src/protocol/fingerprints.json')

type Fingerprints = Record<string, Record<string, string>>

/** One version of one message, as the Kafka that decides it has it. */
interface Cell {
  readonly name: string
  readonly version: number
  readonly facts: MessageFacts
  readonly decidedBy: typeof OLD | typeof NEW
}

/** Where both releases know a field, 4.4 says whether it may be dropped; the bytes don't depend on it. */
function withIgnorableOf(fields: readonly FieldFacts[], newer: readonly FieldFacts[]): FieldFacts[] {
  return fields.map(field => {
    const other = newer.find(({ name }) => name === field.name)
    if (other === undefined) return field
    const inner = field.fields === null ? null : withIgnorableOf(field.fields, other.fields ?? [])
    return { ...field, ignorable: other.ignorable, fields: inner }
  })
}

/** Every field that any version of `message` has; of fields with one name, the newest. */
function everyField(message: KafkaMessage): FieldFacts[] {
  const found = new Map<string, FieldFacts>()
  const merge = (target: Map<string, FieldFacts>, fields: readonly FieldFacts[]) => {
    for (const field of fields) {
      const inner = new Map((target.get(field.name)?.fields ?? []).map(known => [known.name, known]))
      if (field.fields !== null) merge(inner, field.fields)
      target.set(field.name, { ...field, fields: field.fields === null ? null : [...inner.values()] })
    }
  }
  // Also versions that 4.4 no longer serves: its files still tell which of them had a field.
  const last = versionsOf(message).at(-1) ?? -1
  for (let version = 0; version <= last; version++) merge(found, kafkaFacts(message, version).fields)
  return [...found.values()]
}

function cellsOf(
  older: KafkaMessage | undefined,
  newer: KafkaMessage | undefined,
  isEarlyAccess: boolean,
): Cell[] {
  const { name } = (newer ?? older)!
  const cells = new Map<number, Cell>()
  if (older !== undefined) {
    const known = newer === undefined ? [] : everyField(newer)
    const versions = versionsOf(older)
    // Early access in 3.9 that 4.4 does not have any more.
    if (isEarlyAccess && newer !== undefined) versions.pop()
    for (const version of versions) {
      const { flexible, fields } = kafkaFacts(older, version)
      const facts = { flexible, fields: withIgnorableOf(fields, known) }
      cells.set(version, { name, version, facts, decidedBy: OLD })
    }
  }
  if (newer !== undefined) {
    for (const version of versionsOf(newer)) {
      cells.set(version, { name, version, facts: kafkaFacts(newer, version), decidedBy: NEW })
    }
  }
  return [...cells.values()].sort((a, b) => a.version - b.version)
}

function allCells(older: Map<string, KafkaMessage>, newer: Map<string, KafkaMessage>): Cell[] {
  const keys = new Set<number>()
  for (const message of [...older.values(), ...newer.values()]) {
    const served = message.type === 'request' && message.listeners?.includes('broker') === true
    if (served && versionsOf(message).length > 0) keys.add(message.apiKey!)
  }
  return [...keys]
    .sort((a, b) => a - b)
    .flatMap(key => ['request', 'response'].flatMap(type => cellsOfApi(older, newer, key, type)))
}

function cellsOfApi(
  older: Map<string, KafkaMessage>,
  newer: Map<string, KafkaMessage>,
  key: number,
  type: string,
): Cell[] {
  const find = (messages: Map<string, KafkaMessage>, wanted: string) =>
    [...messages.values()].find(message => message.apiKey === key && message.type === wanted)
  const isEarlyAccess = find(older, 'request')?.latestVersionUnstable === true
  return cellsOf(find(older, type), find(newer, type), isEarlyAccess)
}

/** One line per cell that differs. */
function compareFacts(cells: readonly Cell[], codecs: ReadonlyMap<string, CodecUnderTest>): string[] {
  const problems: string[] = []
  for (const { name, version, facts } of cells) {
    const codec = codecs.get(name)
    if (codec === undefined || !codec.versions.includes(version))
      problems.push(`${name} ${version}: no codec`)
    else if (!isDeepStrictEqual(factsOf(codec.message, version), facts)) {
      problems.push(`${name} ${version}: ours ${JSON.stringify(factsOf(codec.message, version))}`)
      problems.push(`${' '.repeat(name.length)}    Kafka's ${JSON.stringify(facts)}`)
    }
  }
  const expected = new Set(cells.map(({ name, version }) => `${name} ${version}`))
  for (const { message, versions } of codecs.values()) {
    if (message.apiKey === undefined) continue
    for (const version of versions) {
      if (!expected.has(`${message.name} ${version}`))
        problems.push(`${message.name} ${version}: not in Kafka`)
    }
  }
  return problems
}

function fingerprintsOf(cells: readonly Cell[]): Fingerprints {
  const fingerprints: Fingerprints = {}
  for (const { name, version, facts } of cells) {
    fingerprints[name] ??= {}
    fingerprints[name][String(version)] = fingerprintOf(facts)
  }
  return fingerprints
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-conformance-'))
  try {
    const [oldJars, newJars] = [fetchKafkaJars(OLD, directory), fetchKafkaJars(NEW, directory)]
    const cells = allCells(loadKafkaMessages(oldJars.messages), loadKafkaMessages(newJars.messages))
    const codecs = new Map((await allMessages()).map(codec => [codec.message.name, codec]))
    const problems = compareFacts(cells, codecs)
    if (process.argv.includes('--write')) {
      writeFileSync(FINGERPRINTS, `${JSON.stringify(fingerprintsOf(cells), null, 1)}\n`)
    }
    const checks: ByteCheck[] = [OLD, NEW].map(release => ({
      classPath: (release === OLD ? oldJars : newJars).classPath,
      cells: cells.filter(({ decidedBy }) => decidedBy === release),
    }))
    const byteProblems = checks.flatMap(check => checkBytes(check, codecs, directory))
    for (const problem of [...problems, ...byteProblems]) console.log(problem)
    const apis = new Set(cells.map(({ name }) => name.replace(/Re(quest|sponse)$/, ''))).size
    console.log(
      `${apis} APIs, ${cells.length} messages × versions; facts: ${problems.length} lines of difference`,
    )
    console.log(`bytes through Kafka's own classes: ${byteProblems.length} differences`)
    process.exitCode = problems.length + byteProblems.length === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

await main()
