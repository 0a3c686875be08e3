/** Source of ids. A simulation hands in a seeded one. */
export interface Random {
  /** A whole number, 0 ≤ n < `bound`; `bound` at most 2^32. */
  below(bound: number): number
  /** `count` random bytes. */
  bytes(count: number): Uint8Array
}
