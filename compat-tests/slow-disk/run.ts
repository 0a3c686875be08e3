import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { BrokerUnderTest } from '../harness/broker-under-test.ts'
import { Bystander } from './bystander.ts'

const MODES = ['group', 'os'] as const
const TOPIC = 'pushed'
const PARTITIONS = 4
const UNFLUSHED_MAX_BYTES = 64 * 1024 * 1024
/** A wake-up's bytes beyond the bound, and what was acknowledged before the measurement began. */
const SLACK_BYTES = 32 * 1024 * 1024
const HERE = 'compat-tests/slow-disk'
const LIBRARY = 'build/compat-tests/slow-sync.so'
const STALL_MS = 5000
const FAST_BYTES_PER_MS = 100_000
const SLOW_BYTES_PER_MS = 20_000
const SETTLING_MS = 1000
const STALL_PHASE_MS = 6500
const SLOW_PHASE_MS = 8000
const SAMPLE_MS = 5
const P99_MAX_MS = 100

const sleep = (delayMs: number): Promise<void> => new Promise(resolve => setTimeout(resolve, delayMs))

/** What a pusher has been told so far. */
interface Pushed {
  acknowledgedBytes: number
  refusedCount: number
}

function compileLibrary(): void {
  mkdirSync('build/compat-tests', { recursive: true })
  const flags = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror']
  execFileSync('gcc', [...flags, '-o', LIBRARY, `${HERE}/slow-sync.c`, '-ldl', '-pthread'])
}

async function createTopic(bootstrap: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] })
  await admin.disconnect()
}

function startPusher(port: number): { child: ChildProcess; pushed: Pushed } {
  const program = ['--import', 'tsx', `${HERE}/pusher.ts`, String(port), TOPIC]
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] })
  const pushed = { acknowledgedBytes: 0, refusedCount: 0 }
  child.stdout.on('data', (bytes: Buffer) => {
    const [acknowledgedBytes = 0, refusedCount = 0] = bytes
      .toString()
      .trim()
      .split('\n')
      .at(-1)!
      .split(' ')
      .map(Number)
    pushed.acknowledgedBytes = acknowledgedBytes
    pushed.refusedCount = refusedCount
  })
  return { child, pushed }
}

/**
 * Milliseconds of one request after another, for so long. One that takes long counts for those as well that would have
 * been sent meanwhile and would have waited with it.
 */
async function sample(durationMs: number, ask: () => Promise<number>): Promise<number[]> {
  const times: number[] = []
  for (const endMs = performance.now() + durationMs; performance.now() < endMs; await sleep(SAMPLE_MS)) {
    const startMs = performance.now()
    const errorCode = await ask()
    if (errorCode !== 0) throw new Error(`a bystander was refused with ${errorCode}`)
    const tookMs = performance.now() - startMs
    times.push(tookMs)
    for (let leftMs = tookMs - SAMPLE_MS; leftMs > 0; leftMs -= SAMPLE_MS) times.push(leftMs)
  }
  return times.sort((a, b) => a - b)
}

function at(times: readonly number[], share: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))]!
}

/** What others see for so long, and the pusher; it is fine when they hardly notice, and nothing was refused. */
async function measure(title: string, durationMs: number, port: number, pushed: Pushed) {
  const [asking, reading] = await Promise.all([Bystander.connect(port), Bystander.connect(port)])
  const before = { ...pushed }
  const [metadata, fetch] = await Promise.all([
    sample(durationMs, () => asking.metadata(TOPIC)),
    sample(durationMs, () => reading.fetch(TOPIC, 0)),
  ])
  asking.close()
  reading.close()
  const pushedBytes = pushed.acknowledgedBytes - before.acknowledgedBytes
  const figures = [
    ['Metadata', metadata],
    ['Fetch', fetch],
  ] as const
  const texts = figures.map(
    ([name, times]) =>
      `${name} p50 ${at(times, 0.5).toFixed(1)} p99 ${at(times, 0.99).toFixed(1)} max ${at(times, 1).toFixed(1)} ms`,
  )
  const refused = pushed.refusedCount - before.refusedCount
  console.log(
    `${title}: ${texts.join(', ')}; pushed ${(pushedBytes / durationMs / 1000).toFixed(1)} MB/s, ${refused} refused`,
  )
  const isQuick = figures.every(([, times]) => at(times, 0.99) <= P99_MAX_MS)
  return { isFine: isQuick && refused === 0, pushedBytes }
}

async function prove(durability: (typeof MODES)[number], folder: string): Promise<boolean> {
  const set = (name: string, value: number) => writeFileSync(join(folder, name), String(value))
  set('bytes-per-ms', FAST_BYTES_PER_MS)
  const broker = await BrokerUnderTest.start({
    overrides: [`ottla.durability=${durability}`, `ottla.unflushed.max.bytes=${UNFLUSHED_MAX_BYTES}`],
    environment: { LD_PRELOAD: join(process.cwd(), LIBRARY), SLOW_SYNC_FOLDER: folder },
  })
  const { port } = broker
  await createTopic(broker.bootstrap)
  const { child, pushed } = startPusher(port)
  try {
    await sleep(SETTLING_MS)
    set('stall-ms', STALL_MS)
    const stalled = await measure(`${durability}, one sync of ${STALL_MS} ms`, STALL_PHASE_MS, port, pushed)
    if (existsSync(join(folder, 'stall-ms'))) throw new Error('there was no sync that could be made to stall')
    set('bytes-per-ms', SLOW_BYTES_PER_MS)
    await sleep(SETTLING_MS)
    const slowed = await measure(
      `${durability}, ${SLOW_BYTES_PER_MS / 1000} MB/s`,
      SLOW_PHASE_MS,
      port,
      pushed,
    )
    const diskBytes = SLOW_BYTES_PER_MS * SLOW_PHASE_MS
    const isHeld = slowed.pushedBytes < diskBytes + UNFLUSHED_MAX_BYTES + SLACK_BYTES
    const isBusy = slowed.pushedBytes > diskBytes / 2
    if (!isHeld) console.log(`${durability}: producers were not held back`)
    if (!isBusy) console.log(`${durability}: the disk was not kept busy`)
    return stalled.isFine && slowed.isFine && isHeld && isBusy
  } finally {
    child.kill('SIGKILL')
    rmSync(join(folder, 'bytes-per-ms'))
    await broker.stop()
  }
}

if (process.env.BOOTSTRAP !== undefined) {
  console.log('NOT RUN slow-disk: the proof slows the disk of its own broker; unset BOOTSTRAP')
  process.exit(1)
}
compileLibrary()
const folder = mkdtempSync(join(tmpdir(), 'ottla-slow-'))
let isProven = true
for (const durability of MODES) isProven = (await prove(durability, folder)) && isProven
rmSync(folder, { recursive: true })
console.log(isProven ? 'PASS slow-disk' : 'FAIL slow-disk')
process.exit(isProven ? 0 : 1)
