import type { Cell, Durability } from './cell.ts'
import type { Duration, Endpoint, Sample } from './load-generator.ts'

export type TargetName = 'Ottla' | 'Apache Kafka' | 'C++ limit' | 'fdatasync alone'

/** Something that is measured, in one durability mode. */
export interface Target {
  readonly name: TargetName
  readonly durability: Durability
  readonly isApart: boolean
  /** A fresh, empty place for one sample. */
  begin(cell: Cell): Promise<Endpoint>
  sample(at: Endpoint, cell: Cell, duration: Duration): Promise<Sample>
  end(at: Endpoint): Promise<void>
  close(): Promise<void>
}

export function takesPart(target: Target, cell: Cell): boolean {
  if (target.durability !== cell.durability || target.isApart !== cell.isApart) return false
  return target.name === 'Ottla' || cell.beside.includes(target.name)
}
