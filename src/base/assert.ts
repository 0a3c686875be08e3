/** A broken invariant: a mistake of ours, never of a peer. Nothing catches it; the process ends and recovers. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Ends the caller when `condition` is false. Always on, in production too. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
