import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Cell } from './cell.ts'
import { allCells, SMOKE_CELL_NAMES } from './cells.ts'
import { clients } from './clients/clients.ts'
import { coldScan } from './cold-scan.ts'
import type { Duration } from './load-generator.ts'
import { memory } from './memory.ts'
import type { Scenario, Sizes } from './scenario.ts'
import { starts } from './starts.ts'

const SCENARIOS: readonly Scenario[] = [starts, memory, coldScan, clients]
/** Short, so that a sample writes little more memory than was touched before it; see touch-memory.h. */
const USUAL = { rounds: '5', seconds: '1', 'warm-up': '0.25' }
const SMOKE = { rounds: '1', seconds: '0.4', 'warm-up': '0.1' }
const MANY_CONNECTIONS = 10_000
const USABLE_PART = 0.4
const TEXT = { type: 'string' } as const
const SWITCH = { type: 'boolean', default: false } as const

/** What is to be done. */
export interface Plan {
  readonly cells: readonly Cell[]
  readonly scenarios: readonly Scenario[]
  readonly sizes: Sizes
  readonly duration: Duration
  readonly isSmoke: boolean
  readonly wantsKafka: boolean
  /** From bench/results.json, without measuring. */
  readonly isOnlyWritten: boolean
  /** The scenarios whose facts go beside those of bench/results.json; null when that is not asked for. */
  readonly partOfPage: readonly string[] | null
  /** Where the page, its picture and the samples go; null: nowhere. */
  readonly out: { readonly docs: string; readonly json: string } | null
}

export function readPlan(): Plan {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      smoke: SWITCH,
      'without-kafka': SWITCH,
      'write-only': SWITCH,
      'into-page': SWITCH,
      rounds: TEXT,
      seconds: TEXT,
      'warm-up': TEXT,
      'cold-gigabytes': { ...TEXT, default: '10' },
      'many-partitions': { ...TEXT, default: '10000' },
      'many-connections': { ...TEXT, default: String(manyConnections()) },
      'client-records': { ...TEXT, default: '1000000' },
      out: TEXT,
    },
  })
  const usual = values.smoke ? SMOKE : USUAL
  const sizes = {
    rounds: Number(values.rounds ?? usual.rounds),
    coldGigabytes: Number(values['cold-gigabytes']),
    manyPartitions: Number(values['many-partitions']),
    manyConnections: Number(values['many-connections']),
    clientRecords: Number(values['client-records']),
  }
  const duration = {
    warmUpS: Number(values['warm-up'] ?? usual['warm-up']),
    measureS: Number(values.seconds ?? usual.seconds),
  }
  const names = values.smoke ? SMOKE_CELL_NAMES : positionals
  const wantsKafka = !values.smoke && !values['without-kafka']
  const isForPage = wantsKafka && sizes.rounds >= Number(USUAL.rounds)
  const partOfPage = values['into-page'] && isForPage ? scenariosOf(names) : null
  const isWhole = (names.length === 0 && isForPage) || partOfPage !== null
  const out = values.out === undefined ? usualOut(isWhole) : { docs: values.out, json: values.out }
  const rest = { isSmoke: values.smoke, wantsKafka, isOnlyWritten: values['write-only'], partOfPage, out }
  return { ...chosen(names, sizes), sizes, duration, ...rest }
}

/** Ten thousand, if this machine lets a process have them: a broker keeps half of its descriptors for files. */
function manyConnections(): number {
  const limit = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return Math.min(MANY_CONNECTIONS, Math.floor(Number(limit ?? MANY_CONNECTIONS) * USABLE_PART))
}

/** Cells are compared with others of the same round, so that they are measured together. */
function scenariosOf(names: readonly string[]): readonly string[] {
  const isOne = (name: string) => SCENARIOS.some(scenario => scenario.name === name)
  if (names.length > 0 && names.every(isOne)) return names
  throw new Error(`--into-page takes ${SCENARIOS.map(({ name }) => name).join(', ')}`)
}

/** The committed page holds either everything, measured at least as often as usual, or what it held before. */
function usualOut(isWhole: boolean): Plan['out'] {
  return isWhole ? { docs: 'docs', json: 'bench' } : null
}

function chosen(names: readonly string[], sizes: Sizes): Pick<Plan, 'cells' | 'scenarios'> {
  const cells = allCells(sizes)
  if (names.length === 0) return { cells, scenarios: SCENARIOS }
  const known = [...cells, ...SCENARIOS].map(({ name }) => name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined) throw new Error(`no such work: ${unknown}. There is ${known.join(', ')}`)
  const isChosen = ({ name }: { name: string }) => names.includes(name)
  return { cells: cells.filter(isChosen), scenarios: SCENARIOS.filter(isChosen) }
}
