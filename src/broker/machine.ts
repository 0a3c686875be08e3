import { readFileSync } from 'node:fs'
import type { Logger } from '../base/logger.ts'
import { createCodecs } from '../native/codecs.ts'
import { createCrc32c } from '../native/crc32c.ts'
import { NativeDisk } from '../native/disk.ts'
import { loadNativeBinding, type NativeBinding } from '../native/load.ts'
import { NativeTransport } from '../native/transport.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { SystemRandom } from '../platform/system-random.ts'
import { SystemTimers } from '../platform/system-timers.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import type { Platform } from './platform.ts'

/** Of one batch, when the broker itself reads its records. */
const DECOMPRESSED_MAX_BYTES = 64 * 1024 * 1024
/** Descriptors that are left to segments, indexes and the process itself. */
const DESCRIPTORS_KEPT = 512
const DESCRIPTORS_UNKNOWN = 1024

/** The platform of a broker on this machine: its disk, sockets, clocks and randomness. */
export function createMachine(logger: Logger): Platform {
  const binding = loadNativeBinding()
  return {
    clock: new SystemClock(),
    timers: new SystemTimers(),
    random: new SystemRandom(),
    logger,
    disk: new NativeDisk(binding),
    batchNative: createBatchNative(binding),
    createTransport: (options, events) => new NativeTransport(binding, options, events),
    connectionsMax: Math.max(64, Math.floor((openFilesMax() - DESCRIPTORS_KEPT) / 2)),
  }
}

export function createBatchNative(binding: NativeBinding): BatchNative {
  const codecs = createCodecs(binding)
  return {
    check: binding.batchCheck,
    checkOnWorker: binding.batchCheckAsync,
    scan: binding.scanBytes,
    crc32c: createCrc32c(binding),
    decompress: (codec, payload) => codecs.decompress(codec, payload, DECOMPRESSED_MAX_BYTES),
  }
}

function openFilesMax(): number {
  const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return match === null ? DESCRIPTORS_UNKNOWN : Number(match[1])
}
