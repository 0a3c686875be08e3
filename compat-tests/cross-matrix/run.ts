import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { Suite } from '../harness/suite.ts'
import { CLIENTS, type MatrixClient } from './clients.ts'
import { codecsOf } from './codecs-of.ts'
import { sampleRecords } from './sample-records.ts'
import { firstDifference, formatRecords, parseRecords } from './wire-record.ts'

/** Each stands at its number. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const DRIVER_MAX_MS = 80_000

/** A topic of one partition, that one client writes with one codec. */
interface Written {
  readonly topic: string
  readonly writer: string
  readonly codec: string
}

/** What a driver said of each topic: null, or what went wrong. */
type Report = ReadonlyMap<string, string | null>

const records = sampleRecords()
// A broker that is not ours keeps what earlier runs wrote.
const runId = Date.now().toString(36)
const everything: readonly Written[] = CLIENTS.flatMap(({ name }) =>
  CODECS.map(codec => ({ topic: `matrix-${runId}-${name}-${codec}`, writer: name, codec })),
)
/** By `topic reader`: null, or what is wrong with the cell. */
const cells = new Map<string, string | null>()
/** What runs the driver of a client, once it is installed. */
const commands = new Map<string, readonly string[]>()
const folder = mkdtempSync(join(tmpdir(), 'ottla-matrix-'))
const recordsPath = join(folder, 'records')

function commandOf({ name, install }: MatrixClient): readonly string[] {
  const command = commands.get(name) ?? install()
  commands.set(name, command)
  return command
}

async function runDriver(client: MatrixClient, args: readonly string[]): Promise<Report> {
  const [program, ...options] = commandOf(client)
  const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }
  return new Promise((resolve, reject) => {
    const settings = { env: environment, timeout: DRIVER_MAX_MS }
    execFile(program!, [...options, ...args], settings, (error, stdout, stderr) => {
      const lines = stdout.split('\n').filter(line => line.startsWith('{'))
      const report = lines.map(line => JSON.parse(line) as { topic: string; error: string | null })
      if (report.length === 0) reject(new Error(`the driver said nothing: ${error?.message ?? ''} ${stderr}`))
      resolve(new Map(report.map(({ topic, error: why }) => [topic, why])))
    })
  })
}

function judge(topic: string, directory: string, report: Report): string | null {
  const error = report.get(topic)
  if (error === undefined) return 'the driver did not come to it'
  return error ?? firstDifference(records, parseRecords(readFileSync(join(directory, topic), 'utf8')))
}

async function createTopics(bootstrap: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: everything.map(({ topic }) => ({ topic, numPartitions: 1 })) })
  await admin.disconnect()
}

async function writeAll(client: MatrixClient, bootstrap: string): Promise<void> {
  const own = everything.filter(({ writer }) => writer === client.name)
  const report = await runDriver(client, [
    'write',
    bootstrap,
    recordsPath,
    ...own.map(({ codec, topic }) => `${codec}=${topic}`),
  ])
  const wrong = own.flatMap(({ codec, topic }) => {
    const error = report.get(topic)
    return error === null ? [] : [`${codec}: ${error ?? 'the driver did not come to it'}`]
  })
  if (wrong.length > 0) throw new Error(wrong.join('; '))
}

async function readAll(client: MatrixClient, bootstrap: string): Promise<void> {
  const directory = mkdtempSync(join(folder, 'read-'))
  const topics = everything.map(({ topic }) => topic)
  const report = await runDriver(client, ['read', bootstrap, directory, ...topics])
  const wrong = everything.flatMap(({ topic, writer, codec }) => {
    const why = judge(topic, directory, report)
    cells.set(`${topic} ${client.name}`, why)
    return why === null ? [] : [`${writer} with ${codec}: ${why}`]
  })
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${topics.length} differ: ${wrong.join('; ')}`)
}

/**
 * There must be batches of the codec, or the matrix would say nothing of it. librdkafka leaves those uncompressed that
 * would grow.
 */
async function checkCodecs(bootstrap: string): Promise<void> {
  for (const { topic, codec } of everything) {
    const found = (await codecsOf(bootstrap, topic)).map(number => CODECS[number])
    const compressed = found.filter(name => name !== 'none')
    assert.deepEqual(compressed, codec === 'none' ? [] : [codec], `the batches of ${topic}`)
  }
}

function printTable(): void {
  const verdict = (why: string | null | undefined) => (why === undefined ? '-' : why === null ? 'ok' : 'FAIL')
  const names = CLIENTS.map(({ name }) => name)
  const rows = everything.map(({ topic, writer, codec }) => [
    writer,
    codec,
    ...names.map(reader => verdict(cells.get(`${topic} ${reader}`))),
  ])
  const table = [['written by', 'with', ...names], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length)))
  for (const row of table) console.log(row.map((text, column) => text.padEnd(widths[column]!)).join(' | '))
}

const suite = new Suite('cross-matrix')
suite.add('a topic for each client and codec', ({ bootstrap }) => {
  writeFileSync(recordsPath, formatRecords(records))
  return createTopics(bootstrap)
})
for (const client of CLIENTS) {
  suite.add(`${client.name} writes with each codec`, ({ bootstrap }) => writeAll(client, bootstrap))
}
for (const client of CLIENTS) {
  suite.add(`${client.name} reads what each has written`, ({ bootstrap }) => readAll(client, bootstrap))
}
suite.add('the batches have the codec that was asked for', ({ bootstrap }) => checkCodecs(bootstrap))
suite.add('every cell of the matrix', async () => {
  printTable()
  rmSync(folder, { recursive: true })
  const passed = [...cells.values()].filter(why => why === null).length
  const total = everything.length * CLIENTS.length
  console.log(`${passed} of ${total} cells: the same keys, values and headers in the same order`)
  if (passed < total) throw new Error(`${total - passed} of ${total} cells failed or could not run`)
})
await suite.run()
