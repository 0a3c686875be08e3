import type { BrokerConfig } from '../config/broker-config.ts'

/** Linux slows writers down once 15 % of the memory that is free or cache is dirty; others write too. */
const UNFLUSHED_SHARE_OF_MEMORY = 1 / 20
/** A disk of 100 MB/s takes ten seconds for it, and a stop waits for that. */
const UNFLUSHED_MAX_BYTES = 1024 * 1024 * 1024
/** Part of the request memory: what others ask for finds the rest. */
const HELD_SHARE_OF_REQUESTS = 1 / 2

export interface WriteLimits {
  /** Written bytes of one log directory that its disk has not taken, above which producers wait. */
  readonly unflushedMaxBytes: number
  /**
   * Bytes of all batches that wait so, and of what else their connections have sent. More than that are the last one
   * that was let in and what its connection sent with it: a frame, and what one wake-up brings.
   */
  readonly heldMaxBytes: number
}

/** How far producers may be ahead of the disk. */
export function writeLimits(config: BrokerConfig, memoryBytes: number): WriteLimits {
  const forAll = Math.min(memoryBytes * UNFLUSHED_SHARE_OF_MEMORY, UNFLUSHED_MAX_BYTES)
  return {
    unflushedMaxBytes: config.unflushedMaxBytes ?? Math.ceil(forAll / config.logDirs.length),
    heldMaxBytes: Math.ceil(config.queuedRequestMaxBytes * HELD_SHARE_OF_REQUESTS),
  }
}
