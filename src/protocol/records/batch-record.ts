/** `key` is UTF-8 on the wire. A key may come more than once; the order is kept (KIP-82). */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** One record as a producer gives it. `timestampMs` is since 1970, or -1 for none. */
export interface BatchRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly timestampMs: number
}

/** A record as it stands in a log. Keys and values are views of the batch. */
export interface DecodedRecord extends BatchRecord {
  readonly offset: number
}
