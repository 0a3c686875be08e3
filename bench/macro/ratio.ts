import type { Cell } from './cell.ts'
import type { Sample } from './load-generator.ts'
import type { CellResult } from './measure.ts'
import { type Summary, summarize } from './statistics.ts'
import type { TargetName } from './target.ts'

/** The figure a cell is about; above 1 in a ratio always means that Ottla does better. */
export interface Headline {
  readonly key: keyof Sample
  readonly isLessBetter: boolean
  readonly text: string
}

const CPU: Headline = { key: 'brokerCpuUsPerRequest', isLessBetter: true, text: 'CPU time' }
const LATENCY: Headline = { key: 'p50Us', isLessBetter: true, text: 'p50' }
const THROUGHPUT: Headline = { key: 'requestsPerS', isLessBetter: false, text: 'requests/s' }

/** At a rate latency counts, after fdatasync what the disk lets through, else the steadiest figure: processor time. */
export function headlineOf(cell: Cell): Headline {
  if (cell.requestsPerS > 0 || cell.connections * cell.inFlightMax === 1) return LATENCY
  return cell.durability === 'group' ? THROUGHPUT : CPU
}

/** Round by round; null when one of the two was not measured. */
export function ratioTo(result: CellResult, other: TargetName, headline: Headline): Summary | null {
  const ours = result.samples.get('Ottla') ?? []
  const theirs = result.samples.get(other) ?? []
  const count = Math.min(ours.length, theirs.length)
  if (count === 0) return null
  const { key, isLessBetter } = headline
  const ratios = ours.slice(0, count).map((sample, round) => {
    const own = sample[key] ?? 0
    const foreign = theirs[round]?.[key] ?? 0
    return isLessBetter ? foreign / own : own / foreign
  })
  return summarize(ratios)
}
