import type { ErrorCode } from '../protocol/error-code.ts'

/** A record of `__consumer_offsets`; a null value is a tombstone. */
export interface KeyValue {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** The topic `__consumer_offsets` as the coordinator needs it; the broker fills this port. */
export interface CoordinatorLog {
  /** Partitions of the topic (`offsets.topic.num.partitions`, 50). */
  readonly shardCount: number
  /** The topic exists and its partitions are here. */
  isReady(): boolean
  /** Creates the topic on first use; NONE when it exists already. */
  ensureTopic(): Promise<ErrorCode>
  /**
   * Appends to partition `shard`, all records in one batch. `done` is called once, when they are committed (durable
   * and below the high watermark) or failed; calls of one shard complete in order. It may be called at once.
   */
  append(
    shard: number,
    records: readonly KeyValue[],
    nowMs: number,
    done: (errorCode: ErrorCode) => void,
  ): void
  /** Reads the partition from its start, in order; resolves at its end, rejects with StorageError. */
  replay(
    shard: number,
    each: (key: Uint8Array, value: Uint8Array | null, offset: number, timestampMs: number) => void,
  ): Promise<void>
}
