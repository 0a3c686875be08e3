import type { Fact } from './fact.ts'
import type { Sample } from './load-generator.ts'
import type { CellResult } from './measure.ts'
import { type Summary, summarize } from './statistics.ts'
import type { TargetName } from './target.ts'

/** Where figures come from: a cell's samples or a fact, of one program. */
export type Figure =
  | { readonly cell: string; readonly key: keyof Sample; readonly target: TargetName }
  | { readonly fact: string; readonly unit: string; readonly target: Fact['target'] }

/** What is promised about a figure: at least or at most so much, alone or beside another one. */
export interface Bar {
  readonly title: string
  readonly figure: Figure
  /** `ratio`: the figure divided by this one; `difference`: less this one. */
  readonly beside: { readonly how: 'ratio' | 'difference'; readonly figure: Figure } | null
  readonly limit: { readonly is: 'at least' | 'at most'; readonly value: number; readonly unit: string }
}

export interface Verdict {
  readonly bar: Bar
  /** Null when it was not measured. */
  readonly measured: Summary | null
  readonly isMet: boolean
}

export function judge(bar: Bar, cells: readonly CellResult[], facts: readonly Fact[]): Verdict {
  const values = valuesOf(bar.figure, cells, facts)
  const besides = bar.beside === null ? values.map(() => 1) : valuesOf(bar.beside.figure, cells, facts)
  const pairs = values.slice(0, besides.length)
  if (pairs.length === 0) return { bar, measured: null, isMet: false }
  const isDifference = bar.beside?.how === 'difference'
  const measured = summarize(pairs.map((value, round) => combined(value, besides[round] ?? 1, isDifference)))
  const { is, value } = bar.limit
  return { bar, measured, isMet: is === 'at least' ? measured.median >= value : measured.median <= value }
}

function combined(value: number, beside: number, isDifference: boolean): number {
  return isDifference ? value - beside : value / beside
}

/** Round by round, so that a busy minute of the machine is on both sides of a ratio. */
function valuesOf(figure: Figure, cells: readonly CellResult[], facts: readonly Fact[]): readonly number[] {
  if ('fact' in figure) {
    const { fact: name, unit, target } = figure
    return (
      facts.find(fact => fact.name === name && fact.unit === unit && fact.target === target)?.values ?? []
    )
  }
  const samples = cells.find(({ cell }) => cell.name === figure.cell)?.samples.get(figure.target) ?? []
  return samples.map(sample => sample[figure.key] ?? 0)
}
