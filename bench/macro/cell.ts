import type { TargetName } from './target.ts'

/**
 * When an answer to acks=all is sent. `os`: once the bytes are in the page cache, which a power cut loses. `group`:
 * after an fdatasync; with Apache Kafka that is `flush.messages=1`.
 */
export type Durability = 'os' | 'group'

/**
 * `tail`: each producer has a consumer that waits for its records, and latency counts from when a record was due to be
 * produced until it is there. `session`: one consumer with a Fetch session over all partitions, one record at a time.
 */
export type Kind = 'produce' | 'fetch' | 'tail' | 'session'

/** How the batches are compressed; compressed ones hold lines of a log, the others letters at random. */
export type Compression = 'none' | 'lz4' | 'zstd'

/** One measurement, done the same way with every broker. */
export interface Cell {
  readonly name: string
  readonly kind: Kind
  readonly durability: Durability
  readonly connections: number
  readonly inFlightMax: number
  readonly recordsPerBatch: number
  readonly recordBytes: number
  readonly compression: Compression
  readonly partitions: number
  readonly partitionsPerRequest: number
  /** Each request of a connection goes to the partition behind that of the one before. */
  readonly isRotating: boolean
  /** Of a Fetch answer, at most. */
  readonly fetchBytes: number
  /** Of all connections; 0: as many as are answered. */
  readonly requestsPerS: number
  /** Partitions and connections that are there and do nothing. */
  readonly idlePartitions: number
  readonly idleConnections: number
  /** In a process of its own, so that what it leaves in memory burdens no other. */
  readonly isApart: boolean
  /** Who is measured besides Ottla. */
  readonly beside: readonly TargetName[]
}

type CellOptions = Partial<Cell> & Pick<Cell, 'name'>

export function cell(options: CellOptions): Cell {
  return {
    kind: 'produce',
    durability: 'os',
    connections: 4,
    inFlightMax: 5,
    recordsPerBatch: 1,
    recordBytes: 1000,
    compression: 'none',
    partitions: 16,
    partitionsPerRequest: 1,
    isRotating: false,
    fetchBytes: 0,
    requestsPerS: 0,
    idlePartitions: 0,
    idleConnections: 0,
    isApart: false,
    beside: ['Apache Kafka', 'C++ limit'],
    ...options,
  }
}

export function describeCell(each: Cell): string {
  const batch = `${each.recordsPerBatch} x ${each.recordBytes} B`
  const connections = each.connections === 1 ? '1 connection' : `${each.connections} connections`
  if (each.kind === 'fetch') return `fetch, at most ${each.fetchBytes / 1024} KiB an answer, ${connections}`
  if (each.kind === 'session')
    return `1 of ${each.partitions} partitions of a fetch session changes at a time`
  const load = each.requestsPerS === 0 ? `${each.inFlightMax} in flight` : `${each.requestsPerS} requests/s`
  const what = each.kind === 'tail' ? 'from due to consumed,' : 'produce'
  return `${what} ${batch}${describeTarget(each)}, ${connections}, ${load}${describeIdle(each)}`
}

function describeTarget(each: Cell): string {
  const compression = each.compression === 'none' ? '' : ` of log lines, ${each.compression}`
  if (each.isRotating) return `${compression} to ${each.partitions} partitions evenly`
  if (each.partitionsPerRequest === 1) return compression
  return `${compression} to each of ${each.partitionsPerRequest} partitions`
}

function describeIdle(each: Cell): string {
  const partitions = each.idlePartitions === 0 ? '' : `, ${each.idlePartitions} idle partitions`
  return each.idleConnections === 0 ? partitions : `${partitions}, ${each.idleConnections} idle connections`
}
