import type { Timers } from '../../src/base/clock.ts'
import type { Random } from '../../src/base/random.ts'
import type { Connect } from './client-connection.ts'
import type { History } from './history.ts'

/** What every simulated client is given. */
export interface ClientEnvironment {
  readonly topic: string
  readonly partitionCount: number
  readonly timers: Timers
  readonly random: Random
  readonly history: History
  readonly connect: Connect
  readonly crc32c: (bytes: Uint8Array) => number
  /** Everything that happens goes into the trace, whose hash must be the same for the same seed. */
  readonly trace: (event: string) => void
}

export const NONE = 0
export const OFFSET_OUT_OF_RANGE = 1
export const UNKNOWN_TOPIC_OR_PARTITION = 3
export const TOPIC_ALREADY_EXISTS = 36
export const OUT_OF_ORDER_SEQUENCE_NUMBER = 45
export const DUPLICATE_SEQUENCE_NUMBER = 46
export const UNKNOWN_PRODUCER_ID = 59
