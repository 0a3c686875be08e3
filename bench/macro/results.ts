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
  return { ...parsed, cells }
}
