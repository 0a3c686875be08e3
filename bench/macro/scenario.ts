import type { Fact } from './fact.ts'
import type { Progress } from './progress.ts'

/** How large a run is. */
export interface Sizes {
  readonly rounds: number
  /** Of cold data, for `cold-scan`. */
  readonly coldGigabytes: number
  /** Of `memory`, and of the cells `scale-...`. */
  readonly manyPartitions: number
  readonly manyConnections: number
  /** Each foreign client moves so many. */
  readonly clientRecords: number
}

/** Something to measure that is more than one load on one broker. */
export interface Scenario {
  readonly name: string
  readonly stepCount: (sizes: Sizes, hasKafka: boolean) => number
  run(sizes: Sizes, hasKafka: boolean, progress: Progress): Promise<Fact[]>
}
