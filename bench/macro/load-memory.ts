import type { Fact } from './fact.ts'
import type { CellResult } from './measure.ts'

/** The most resident memory that Ottla had in any cell, round by round; thousands of idle things count elsewhere. */
export function memoryUnderLoad(cells: readonly CellResult[]): Fact[] {
  const loads = cells.filter(({ cell }) => !cell.isApart).map(({ samples }) => samples.get('Ottla') ?? [])
  const rounds = Math.max(0, ...loads.map(samples => samples.length))
  if (rounds === 0) return []
  const values = Array.from({ length: rounds }, (_, round) =>
    Math.max(...loads.map(samples => samples[round]?.brokerResidentMiB ?? 0)),
  )
  return [{ name: 'memory: under load', unit: 'MiB', mode: 'both', target: 'Ottla', values }]
}
