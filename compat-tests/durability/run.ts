import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { BrokerUnderTest } from '../harness/broker-under-test.ts'
import { installConfluentKafka } from '../harness/python-clients.ts'
import { PerformanceLoad } from './performance-load.ts'

const RECORDS = Number(process.env.RECORDS ?? 10_000_000)
const KILLS = 5
const PARTITIONS = 6
const TOPIC = 'ledger'
const HERE = 'compat-tests/durability'
/** Of one line of acknowledgements, `partition offset number`, at the end of the run: how far the writer is. */
const LINE_BYTES = 4 + String(Math.ceil(RECORDS / PARTITIONS)).length + String(RECORDS - 1).length
const CATCH_UP_MAX_MS = 300_000
/** Longer than a member's session and a rebalance. */
const QUIET_MS = 20_000

const sleep = (delayMs: number): Promise<void> => new Promise(resolve => setTimeout(resolve, delayMs))

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0
}

/** Kills the broker when the writer is at 1/6, 2/6 … of its way. */
async function killOnTheWay(
  broker: BrokerUnderTest,
  acknowledgements: string,
  writer: ChildProcess,
): Promise<number> {
  let kills = 0
  while (kills < KILLS && writer.exitCode === null) {
    await sleep(100)
    if (sizeOf(acknowledgements) < ((kills + 1) / (KILLS + 1)) * RECORDS * LINE_BYTES) continue
    await broker.killAndRestart()
    kills += 1
    console.log(
      `killed and started again at about ${Math.round(sizeOf(acknowledgements) / LINE_BYTES)} records`,
    )
  }
  return kills
}

/** Waits until the group has been given nothing new for a while, or gives up; the judge says what is missing. */
async function catchUp(memberLogs: readonly string[]): Promise<void> {
  const deadlineMs = Date.now() + CATCH_UP_MAX_MS
  const sizeBytes = () => memberLogs.reduce((sum, path) => sum + sizeOf(path), 0)
  let before = -1
  while (Date.now() < deadlineMs && sizeBytes() !== before) {
    before = sizeBytes()
    await sleep(QUIET_MS)
  }
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

async function prove(python: string, folder: string): Promise<boolean> {
  const broker = await BrokerUnderTest.start()
  const admin = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] })
  await admin.disconnect()
  const acknowledgements = join(folder, 'acknowledged')
  const memberLogs = ['member-0', 'member-1'].map(name => join(folder, name))
  const run = (script: string, args: readonly string[]) =>
    spawn(python, [join(HERE, script), broker.bootstrap, TOPIC, ...args], { stdio: 'inherit' })
  const members = memberLogs.map(path => run('member.py', ['readers', path]))
  const load = new PerformanceLoad(broker.bootstrap)
  const startedAtMs = Date.now()
  const writer = run('writer.py', [String(RECORDS), acknowledgements])
  const ended = once(writer, 'exit')
  const kills = await killOnTheWay(broker, acknowledgements, writer)
  const [code] = await ended
  console.log(
    `the writer ended with ${code} after ${Math.round((Date.now() - startedAtMs) / 1000)} s and ${kills} kills`,
  )
  const isLoadFine = await load.end()
  await catchUp(memberLogs)
  for (const member of members) await end(member)
  const args = [
    join(HERE, 'judge.py'),
    broker.bootstrap,
    TOPIC,
    String(PARTITIONS),
    String(RECORDS),
    acknowledgements,
  ]
  const { status } = spawnSync(python, [...args, ...memberLogs], { stdio: 'inherit' })
  await broker.stop()
  return code === 0 && kills === KILLS && isLoadFine && status === 0
}

if (process.env.BOOTSTRAP !== undefined) {
  console.log('NOT RUN durability: the proof kills its broker, so it takes its own; unset BOOTSTRAP')
  process.exit(1)
}
const folder = mkdtempSync(join(tmpdir(), 'ottla-ledger-'))
const isProven = await prove(installConfluentKafka(), folder)
rmSync(folder, { recursive: true })
console.log(isProven ? 'PASS durability' : 'FAIL durability')
process.exit(isProven ? 0 : 1)
