import type { Clock, Timers } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Transport, TransportEvents, TransportOptions } from '../base/transport.ts'
import type { BatchNative } from '../storage/batch-native.ts'

/** The world around a broker: the machine's, or one in memory with a clock of its own. */
export interface Platform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly disk: Disk
  readonly batchNative: BatchNative
  createTransport(options: TransportOptions, events: TransportEvents): Transport
  /** Sockets that may be open at once, by the machine's limit of file descriptors. */
  readonly connectionsMax: number
  /** Segments that may be open at once, by the same. */
  readonly openSegmentsMax: number
  /** What this process, and the kernel for it, may use. */
  readonly memoryBytes: number
}
