/**
 * When an answer to acks=all is sent. `os`: once the bytes are in the page cache, which a power cut loses. `group`:
 * after an fdatasync; with Apache Kafka that is `flush.messages=1`.
 */
export type Durability = 'os' | 'group'

/** One measurement, done the same way with every broker. */
export interface Cell {
  readonly name: string
  readonly kind: 'produce' | 'fetch'
  readonly durability: Durability
  readonly connections: number
  readonly inFlightMax: number
  readonly recordsPerBatch: number
  readonly recordBytes: number
  readonly partitions: number
  readonly partitionsPerRequest: number
  /** Of a Fetch answer, at most. */
  readonly fetchBytes: number
  /** Of all connections; 0: as many as are answered. */
  readonly requestsPerS: number
}

type CellOptions = Partial<Cell> & Pick<Cell, 'name'>

function cell(options: CellOptions): Cell {
  const usual = {
    kind: 'produce',
    durability: 'os',
    connections: 4,
    inFlightMax: 5,
    recordsPerBatch: 1,
  } as const
  const sizes = { recordBytes: 1000, partitions: 16, partitionsPerRequest: 1, fetchBytes: 0, requestsPerS: 0 }
  return { ...usual, ...sizes, ...options }
}

const FETCH_16K = { kind: 'fetch', inFlightMax: 1, recordsPerBatch: 16, fetchBytes: 16 * 1024 } as const
const FETCH_128K = { kind: 'fetch', inFlightMax: 1, recordsPerBatch: 128, fetchBytes: 128 * 1024 } as const
const FETCH_1M = { ...FETCH_128K, fetchBytes: 1024 * 1024 }
const SMALL = { connections: 16, recordBytes: 100 }
const MANY = { connections: 4, partitions: 100, partitionsPerRequest: 100 }
const GROUP = { durability: 'group' } as const

export const CELLS: readonly Cell[] = [
  cell({ name: 'produce-1x100', ...SMALL }),
  cell({ name: 'produce-10x100', ...SMALL, recordsPerBatch: 10 }),
  cell({ name: 'produce-16k', recordsPerBatch: 16 }),
  cell({ name: 'produce-128k', recordsPerBatch: 128 }),
  cell({ name: 'produce-1000x100', recordsPerBatch: 1000, recordBytes: 100 }),
  cell({ name: 'produce-100-partitions', ...MANY }),
  cell({ name: 'fetch-16k', ...FETCH_16K }),
  cell({ name: 'fetch-128k', ...FETCH_128K }),
  cell({ name: 'fetch-1m', ...FETCH_1M }),
  cell({ name: 'tail-latency', ...SMALL, recordsPerBatch: 10, requestsPerS: 10_000 }),
  cell({ name: 'group-1x100-alone', ...GROUP, connections: 1, inFlightMax: 1, recordBytes: 100 }),
  cell({ name: 'group-1x1000', ...GROUP, connections: 16 }),
  cell({ name: 'group-16k', ...GROUP, connections: 16, recordsPerBatch: 16 }),
  cell({ name: 'group-tail-latency', ...GROUP, ...SMALL, recordsPerBatch: 10, requestsPerS: 2_000 }),
]

export const SMOKE_CELL_NAMES: readonly string[] = ['produce-1x100', 'fetch-16k', 'group-1x1000']

export function describeCell(each: Cell): string {
  const batch = `${each.recordsPerBatch} x ${each.recordBytes} B`
  const connections = each.connections === 1 ? '1 connection' : `${each.connections} connections`
  if (each.kind === 'fetch') return `fetch, at most ${each.fetchBytes / 1024} KiB an answer, ${connections}`
  const partitions =
    each.partitionsPerRequest === 1 ? '' : ` to each of ${each.partitionsPerRequest} partitions`
  const load = each.requestsPerS === 0 ? `${each.inFlightMax} in flight` : `${each.requestsPerS} requests/s`
  return `produce ${batch}${partitions}, ${connections}, ${load}`
}
