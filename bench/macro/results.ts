import type { Fact } from './fact.ts'
import type { Duration, Sample } from './load-generator.ts'
import type { Machine } from './machine.ts'
import type { CellResult } from './measure.ts'
import type { Sizes } from './scenario.ts'
import type { TargetName } from './target.ts'

export interface Results {
  readonly date: string
  readonly machine: Machine
  readonly sizes: Sizes
  readonly duration: Duration
  readonly cells: readonly CellResult[]
  readonly facts: readonly Fact[]
  /** Scenarios that were measured behind the rest. */
  readonly parts: readonly Part[]
}

export interface Part {
  readonly names: readonly string[]
  readonly date: string
  readonly commit: string
}

/** `whole` with the facts of `part`, a run of these scenarios alone. */
export function withPart(whole: Results, part: Results, names: readonly string[]): Results {
  const isAnew = (old: Fact) => part.facts.some(({ name, unit }) => name === old.name && unit === old.unit)
  const facts = [...whole.facts.filter(fact => !isAnew(fact)), ...part.facts]
  const others = whole.parts.filter(each => !each.names.every(name => names.includes(name)))
  const parts = [...others, { names, date: part.date, commit: part.machine.commit }]
  return { ...whole, sizes: { ...part.sizes, rounds: whole.sizes.rounds }, facts, parts }
}

/** What is committed beside the page: every sample, without the formatting. */
export function toJson(results: Results): string {
  const cells = results.cells.map(({ cell, samples }) => ({ cell, samples: Object.fromEntries(samples) }))
  return `${JSON.stringify({ ...results, cells }, null, 1)}\n`
}

/** Of a file that `toJson` wrote. */
export function fromJson(text: string): Results {
  const parsed = JSON.parse(text)
  const cells = parsed.cells.map(({ cell, samples }: { cell: CellResult['cell']; samples: object }) => ({
    cell,
    samples: new Map(Object.entries(samples) as [TargetName, Sample[]][]),
  }))
  return { parts: [], ...parsed, cells }
}
