import { randomFillSync, randomInt } from 'node:crypto'
import type { Random } from '../base/random.ts'

/** Randomness that nobody can foretell. */
export class SystemRandom implements Random {
  below(bound: number): number {
    return randomInt(bound)
  }

  bytes(count: number): Uint8Array {
    return randomFillSync(new Uint8Array(count))
  }
}
