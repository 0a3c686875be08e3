import { type Cell, cell } from './cell.ts'
import type { Sizes } from './scenario.ts'

const FETCH_16K = { kind: 'fetch', inFlightMax: 1, recordsPerBatch: 16, fetchBytes: 16 * 1024 } as const
const FETCH_128K = { kind: 'fetch', inFlightMax: 1, recordsPerBatch: 128, fetchBytes: 128 * 1024 } as const
const FETCH_1M = { ...FETCH_128K, fetchBytes: 1024 * 1024 }
const SMALL = { connections: 16, recordBytes: 100 }
const MANY = { connections: 4, partitions: 100, partitionsPerRequest: 100 }
const EVENLY_100 = { connections: 64, partitions: 100, isRotating: true }
const EVENLY_1000 = { connections: 64, partitions: 1_000, isRotating: true }
const GROUP = { durability: 'group' } as const
/** The limit program checks no record and holds no Fetch back. */
const ONLY_KAFKA = { beside: ['Apache Kafka'] } as const
const COMPRESSED = { recordsPerBatch: 16, ...ONLY_KAFKA }
const TAIL = { kind: 'tail', ...SMALL, fetchBytes: 1024 * 1024, ...ONLY_KAFKA } as const
const SESSION = { kind: 'session', connections: 1, inFlightMax: 1, recordBytes: 100, ...ONLY_KAFKA } as const
const APART = { ...SMALL, isApart: true, beside: [] } as const

/** How many partitions and connections the cells `scale-...` have. */
export type Scale = Pick<Sizes, 'manyPartitions' | 'manyConnections'>

export function allCells(scale: Scale): readonly Cell[] {
  return [...osCells(), ...groupCells(), ...scaleCells(scale)]
}

function osCells(): Cell[] {
  return [
    cell({ name: 'produce-1x100', ...SMALL }),
    cell({ name: 'produce-10x100', ...SMALL, recordsPerBatch: 10 }),
    cell({ name: 'produce-16k', recordsPerBatch: 16 }),
    cell({ name: 'produce-128k', recordsPerBatch: 128 }),
    cell({ name: 'produce-1000x100', recordsPerBatch: 1000, recordBytes: 100 }),
    cell({ name: 'produce-100-partitions', ...MANY }),
    cell({ name: 'produce-1x1000', connections: 16 }),
    cell({ name: 'produce-16k-16-connections', connections: 16, recordsPerBatch: 16 }),
    cell({ name: 'produce-evenly-100', ...EVENLY_100 }),
    cell({ name: 'produce-evenly-1000', ...EVENLY_1000 }),
    cell({ name: 'produce-1000-connections', connections: 1_000, inFlightMax: 1, recordBytes: 100 }),
    cell({ name: 'produce-lz4', compression: 'lz4', ...COMPRESSED }),
    cell({ name: 'produce-zstd', compression: 'zstd', ...COMPRESSED }),
    cell({ name: 'fetch-16k', ...FETCH_16K }),
    cell({ name: 'fetch-128k', ...FETCH_128K }),
    cell({ name: 'fetch-1m', ...FETCH_1M }),
    cell({ name: 'session-10', ...SESSION, partitions: 10 }),
    cell({ name: 'session-1000', ...SESSION, partitions: 1_000 }),
    cell({ name: 'produce-latency', ...SMALL, recordsPerBatch: 10, requestsPerS: 10_000 }),
    cell({ name: 'tail-1x100', ...TAIL, requestsPerS: 10_000 }),
  ]
}

function groupCells(): Cell[] {
  return [
    cell({
      name: 'group-1x100-alone',
      ...GROUP,
      connections: 1,
      inFlightMax: 1,
      recordBytes: 100,
      beside: ['Apache Kafka', 'C++ limit', 'fdatasync alone'],
    }),
    cell({ name: 'group-1x1000', ...GROUP, connections: 16 }),
    cell({ name: 'group-16k', ...GROUP, connections: 16, recordsPerBatch: 16 }),
    cell({ name: 'group-evenly-100', ...GROUP, ...EVENLY_100 }),
    cell({ name: 'group-evenly-1000', ...GROUP, ...EVENLY_1000 }),
    cell({ name: 'group-produce-latency', ...GROUP, ...SMALL, recordsPerBatch: 10, requestsPerS: 2_000 }),
    cell({ name: 'group-tail-1x100', ...GROUP, ...TAIL, requestsPerS: 2_000 }),
  ]
}

function scaleCells({ manyPartitions, manyConnections }: Scale): Cell[] {
  return [
    cell({ name: 'scale-base', ...APART }),
    cell({ name: 'scale-partitions', ...APART, idlePartitions: manyPartitions - 16 }),
    cell({ name: 'scale-partitions-written', ...APART, partitions: manyPartitions, isRotating: true }),
    cell({ name: 'scale-connections', ...APART, idleConnections: manyConnections }),
  ]
}

export const SMOKE_CELL_NAMES: readonly string[] = [
  'produce-1x100',
  'fetch-16k',
  'tail-1x100',
  'group-1x1000',
]
