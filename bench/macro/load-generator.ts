import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Cell } from './cell.ts'
import { writeCompressedBatch } from './compressed-batch.ts'

const PROGRAM = 'build/bench/load'
const RUN_MAX_MS = 600_000
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
  /** With a tail: the producer's part, while the others are those of its consumer. */
  readonly ackP50Us?: number
  readonly ackP99Us?: number
  readonly ackP999Us?: number
  readonly brokerCpuUsPerRequest: number
  readonly brokerCores: number
  readonly brokerResidentMiB: number
  readonly loadCores: number
  readonly otherCores: number
  /** What the host of a virtual machine gave to others while there was work to do here; not in older results. */
  readonly stolenCores?: number
}

/** Where a sample is taken. */
export interface Endpoint {
  readonly port: number
  readonly pid: number
  readonly topic: string
  /** Where the files of the topic are, at any depth. */
  readonly directory: string
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
  if (cell.kind !== 'fetch') return sampleOf([cell.kind, ...where(at), ...shape(cell), ...times(duration)])
  const endOffset = await fill(at, cell, FILL_BYTES_PER_CONNECTION)
  return sampleOf(['fetch', ...where(at), ...shape(cell), ...times(duration), '--end-offset', endOffset])
}

/** Writes so much to the partition of each connection; answers the offset of its end. */
export async function fill(at: Endpoint, cell: Cell, bytesPerConnection: number): Promise<string> {
  const requests = Math.ceil(bytesPerConnection / (cell.recordsPerBatch * cell.recordBytes))
  await load(['produce', ...where(at), ...shape(cell), '--requests', String(requests)])
  return String(requests * cell.recordsPerBatch)
}

/** Reads the partition of each connection once, from the start to that offset. */
export async function scanOnce(at: Endpoint, cell: Cell, endOffset: string): Promise<Sample> {
  return sampleOf(['fetch', ...where(at), ...shape(cell), '--end-offset', endOffset, '--once', '1'])
}

export async function takeSyncSample(at: Endpoint, cell: Cell, duration: Duration): Promise<Sample> {
  return sampleOf(['sync', '--directory', at.directory, ...shape(cell), ...times(duration)])
}

/** Of the broker, in MiB, while it holds so many connections, some seconds after the last one came. */
export async function residentMiBWithIdle(
  at: Endpoint,
  connections: number,
  seconds: number,
): Promise<number> {
  const options = ['--idle-connections', String(connections), '--seconds', String(seconds)]
  return JSON.parse(await load(['idle', ...where(at), ...options])).brokerResidentMiB
}

/** See drop-cache.h. */
export async function dropCache(directory: string): Promise<void> {
  await load(['drop-cache', '--directory', directory])
}

/** See touch-memory.h. */
export async function touchMemory(sizeMiB: number): Promise<void> {
  await load(['touch-memory', '--memory', String(sizeMiB)])
}

function where(at: Endpoint): string[] {
  return ['--port', String(at.port), '--topic', at.topic, '--pid', String(at.pid)]
}

function times(duration: Duration): string[] {
  return ['--warm-up', String(duration.warmUpS), '--seconds', String(duration.measureS)]
}

function shape(cell: Cell): string[] {
  const pairs: [string, number][] = [
    ['--connections', cell.connections],
    ['--in-flight', cell.inFlightMax],
    ['--records', cell.recordsPerBatch],
    ['--record-bytes', cell.recordBytes],
    ['--partitions', cell.partitions],
    ['--partitions-per-request', cell.partitionsPerRequest],
    ['--rotate', cell.isRotating ? 1 : 0],
    ['--idle-connections', cell.idleConnections],
    ['--fetch-bytes', cell.fetchBytes],
    ['--rate', cell.requestsPerS],
  ]
  const batch = cell.compression === 'none' ? [] : ['--batch-file', writeCompressedBatch(cell)]
  return [...pairs.flatMap(([name, value]) => [name, String(value)]), ...batch]
}

async function sampleOf(options: readonly string[]): Promise<Sample> {
  return JSON.parse(await load(options))
}

async function load(options: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PROGRAM, options, { timeout: RUN_MAX_MS })
  return stdout
}
