/** One request as it came, without its size prefix: `bytes[start, end)`. */
export interface Frame {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** The slab that `bytes` is; -1 for a copy, which stays as long as it is referenced. */
  readonly slabIndex: number
  /** When it came, monotonic: it may have to wait for its turn. */
  readonly arrivedMs: number
}

export function frameSizeBytes({ start, end }: Frame): number {
  return end - start
}

/** The first field of every request header; -1 when the frame has none. */
export function apiKeyOf({ bytes, start, end }: Frame): number {
  return end - start < 2 ? -1 : ((bytes[start]! << 24) >> 16) | bytes[start + 1]!
}
