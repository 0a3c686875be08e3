import type { BrokerConfig } from '../config/broker-config.ts'
import type { NetworkServerOptions } from '../network/server.ts'

const UNFINISHED_FRAME_MS = 30_000
const SLOTS_PER_CONNECTION = 64
const WAITING_FRAMES_PER_CONNECTION = 64
const WAITING_BYTES_PER_CONNECTION = 8 * 1024 * 1024
const SEND_QUEUE_HIGH_WATER_BYTES = 4 * 1024 * 1024

/** What is configured, within what the machine can hold, and our own limits of one connection. */
export function networkOptions(config: BrokerConfig, connectionsMax: number): NetworkServerOptions {
  return {
    frameSizeMaxBytes: config.requestMaxBytes,
    requestMemoryMaxBytes: config.queuedRequestMaxBytes,
    connectionsMax: Math.min(config.connectionsMax, connectionsMax),
    sendQueueHighWaterBytes: SEND_QUEUE_HIGH_WATER_BYTES,
    idleMs: config.connectionsMaxIdleMs,
    unfinishedFrameMs: UNFINISHED_FRAME_MS,
    connectionsPerAddressMax: config.connectionsPerAddressMax,
    slotsMax: SLOTS_PER_CONNECTION,
    waitingFramesMax: WAITING_FRAMES_PER_CONNECTION,
    waitingBytesMax: WAITING_BYTES_PER_CONNECTION,
  }
}
