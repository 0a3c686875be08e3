import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerProcess } from './broker-process.ts'
import { createTopic } from './load-generator.ts'
import { type Summary, summarize } from './statistics.ts'
import type { TargetName } from './target.ts'

const PARTITIONS = 1_000
/** A broker goes on with work after it listens. */
const CALM_MS = 2_000

export interface StartResult {
  readonly name: TargetName
  /** Without a topic. */
  readonly startMs: Summary
  readonly residentMiB: Summary
  /** With 1,000 partitions, after a clean stop. */
  readonly manyStartMs: Summary
  readonly manyResidentMiB: Summary
}

interface Start {
  readonly startMs: number
  readonly residentMiB: number
}

export async function measureStarts(
  name: TargetName,
  create: () => Promise<BrokerProcess>,
  rounds: number,
): Promise<StartResult> {
  const few: Start[] = []
  const many: Start[] = []
  const broker = await create()
  try {
    for (let round = 0; round < rounds; round += 1) few.push(await startOnce(broker))
    await fill(broker)
    for (let round = 0; round < rounds; round += 1) many.push(await startOnce(broker))
  } finally {
    await broker.stop()
    broker.remove()
  }
  return {
    name,
    startMs: summarize(few.map(start => start.startMs)),
    residentMiB: summarize(few.map(start => start.residentMiB)),
    manyStartMs: summarize(many.map(start => start.startMs)),
    manyResidentMiB: summarize(many.map(start => start.residentMiB)),
  }
}

async function startOnce(broker: BrokerProcess): Promise<Start> {
  const { pid, startMs } = await broker.start()
  await sleep(CALM_MS)
  const residentMiB = residentMiBOf(pid)
  await broker.stop()
  return { startMs, residentMiB }
}

async function fill(broker: BrokerProcess): Promise<void> {
  const { pid } = await broker.start()
  await createTopic({ port: broker.port, pid, topic: 'many' }, PARTITIONS, '')
  await broker.stop()
}

function residentMiBOf(pid: number): number {
  const row = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(row?.[1] ?? 0) / 1024
}
