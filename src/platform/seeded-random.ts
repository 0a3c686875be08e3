import type { Random } from '../base/random.ts'

const UINT32_BOUND = 2 ** 32

/**
 * The same numbers for the same seed, on every machine: the generator sfc32 (Chris Doty-Humphrey's PractRand), whose
 * cycle is at least 2^32 long for every seed. Never for secrets.
 */
export class SeededRandom implements Random {
  #a = 0x9e3779b9
  #b = 0x243f6a88
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#c = seed | 0
    this.#a ^= Math.floor(seed / UINT32_BOUND) | 0
    // The first dozen numbers of near seeds are alike.
    for (let i = 0; i < 12; i++) this.#next()
  }

  below(bound: number): number {
    return Math.floor((this.#next() / UINT32_BOUND) * bound)
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#next() & 0xff)
  }

  /** A generator of its own, so that one part's appetite doesn't change what the others get. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next())
  }

  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }
}
