import type { Durability } from './cell.ts'
import type { TargetName } from './target.ts'

/** A figure that is not a sample of a cell: a start, some memory, a foreign client. */
export interface Fact {
  readonly name: string
  readonly unit: string
  readonly mode: Durability | 'both'
  readonly target: TargetName | 'cat'
  /** One for each time it was measured. */
  readonly values: readonly number[]
}

/** Gathers the same facts round by round; all are of one mode. */
export class Facts {
  readonly #mode: Fact['mode']
  readonly #values = new Map<string, { fact: Omit<Fact, 'values'>; values: number[] }>()

  constructor(mode: Fact['mode']) {
    this.#mode = mode
  }

  add(name: string, unit: string, target: Fact['target'], value: number): void {
    const key = JSON.stringify([name, unit, target])
    const known = this.#values.get(key)
    if (known === undefined)
      this.#values.set(key, { fact: { name, unit, mode: this.#mode, target }, values: [value] })
    else known.values.push(value)
  }

  all(): Fact[] {
    return [...this.#values.values()].map(({ fact, values }) => ({ ...fact, values }))
  }
}
