import type { NetworkServerOptions } from './server.ts'

/** Of servers in tests: limits that nothing comes near; a test says what it is about. */
export const WIDE_OPTIONS: NetworkServerOptions = {
  frameSizeMaxBytes: 1_000_000,
  requestMemoryMaxBytes: 10_000_000,
  connectionsMax: 100,
  sendQueueHighWaterBytes: 1_000_000,
  slotsMax: 64,
  waitingFramesMax: 64,
  waitingBytesMax: 1_000_000,
  idleMs: 600_000,
  unfinishedFrameMs: 30_000,
  connectionsPerAddressMax: 100,
}
