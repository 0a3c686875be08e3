import type { Cell, Durability } from './cell.ts'
import type { Endpoint } from './load-generator.ts'

export type TargetName = 'Ottla' | 'Apache Kafka' | 'C++ limit'

/** Something that is measured, in one durability mode. */
export interface Target {
  readonly name: TargetName
  readonly durability: Durability
  /** A fresh, empty place for one sample. */
  begin(cell: Cell): Promise<Endpoint>
  end(at: Endpoint): Promise<void>
  close(): Promise<void>
}
