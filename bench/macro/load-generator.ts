import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Cell } from './cell.ts'

const PROGRAM = 'build/bench/load'
const SAMPLE_MAX_MS = 180_000
/** For fetches: what is written to each partition that is read, so that reading does not stay in few pages. */
const FILL_BYTES_PER_CONNECTION = 64 * 1024 * 1024

/** What the load generator prints; cores are seconds of processor time per second. */
export interface Sample {
  readonly requestsPerS: number
  readonly recordsPerS: number
  readonly megabytesPerS: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
  readonly brokerCpuUsPerRequest: number
  readonly brokerCores: number
  readonly brokerResidentMiB: number
  readonly loadCores: number
  readonly otherCores: number
}

/** Where a sample is taken. */
export interface Endpoint {
  readonly port: number
  readonly pid: number
  readonly topic: string
}

export interface Duration {
  readonly warmUpS: number
  readonly measureS: number
}

export async function createTopic(at: Endpoint, partitions: number, config: string): Promise<void> {
  const options = config === '' ? [] : ['--config', config]
  await load(['create', ...where(at), '--partitions', String(partitions), ...options])
}

export async function deleteTopic(at: Endpoint): Promise<void> {
  await load(['delete', ...where(at)])
}

/** Fills the topic first if the cell reads. Throws when any answer was an error. */
export async function takeSample(at: Endpoint, cell: Cell, duration: Duration): Promise<Sample> {
  const times = ['--warm-up', String(duration.warmUpS), '--seconds', String(duration.measureS)]
  if (cell.kind === 'produce')
    return JSON.parse(await load(['produce', ...where(at), ...shape(cell), ...times]))
  const requests = Math.ceil(FILL_BYTES_PER_CONNECTION / (cell.recordsPerBatch * cell.recordBytes))
  await load(['produce', ...where(at), ...shape(cell), '--requests', String(requests)])
  const endOffset = String(requests * cell.recordsPerBatch)
  const reading = ['--fetch-bytes', String(cell.fetchBytes), '--end-offset', endOffset]
  return JSON.parse(await load(['fetch', ...where(at), ...shape(cell), ...times, ...reading]))
}

/** See touch-memory.h. */
export async function touchMemory(sizeMiB: number): Promise<void> {
  await load(['touch-memory', '--memory', String(sizeMiB)])
}

function where(at: Endpoint): string[] {
  return ['--port', String(at.port), '--topic', at.topic, '--pid', String(at.pid)]
}

function shape(cell: Cell): string[] {
  const pairs: [string, number][] = [
    ['--connections', cell.connections],
    ['--in-flight', cell.inFlightMax],
    ['--records', cell.recordsPerBatch],
    ['--record-bytes', cell.recordBytes],
    ['--partitions', cell.partitions],
    ['--partitions-per-request', cell.partitionsPerRequest],
    ['--rate', cell.requestsPerS],
  ]
  return pairs.flatMap(([name, value]) => [name, String(value)])
}

async function load(options: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PROGRAM, options, { timeout: SAMPLE_MAX_MS })
  return stdout
}
