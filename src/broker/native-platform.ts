import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { Logger } from '../base/logger.ts'
import { scanFile } from '../native/batch-scan.ts'
import { createCodecs } from '../native/codecs.ts'
import { createCrc32c } from '../native/crc32c.ts'
import { NativeDisk } from '../native/disk.ts'
import { loadNativeBinding, type NativeBinding } from '../native/load.ts'
import { NativeTransport } from '../native/transport.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { SystemRandom } from '../platform/system-random.ts'
import { SystemTimers } from '../platform/system-timers.ts'
import { DECOMPRESSED_MAX_BYTES } from '../storage/append-validation.ts'
import type { BatchNative } from '../storage/batch-native.ts'
import type { Platform } from './platform.ts'

/** Descriptors that are left to small files, threads and the process itself; sockets and segments share the others. */
const DESCRIPTORS_KEPT = 512
const DESCRIPTORS_UNKNOWN = 1024
const DESCRIPTORS_EACH_MIN = 64

/** The platform of a broker on this machine: its disk, sockets, clocks and randomness. */
export function createNativePlatform(logger: Logger): Platform {
  const binding = loadNativeBinding()
  const descriptorsEach = Math.max(DESCRIPTORS_EACH_MIN, Math.floor((openFilesMax() - DESCRIPTORS_KEPT) / 2))
  return {
    clock: new SystemClock(),
    timers: new SystemTimers(),
    random: new SystemRandom(),
    logger,
    disk: new NativeDisk(binding),
    batchNative: createBatchNative(binding),
    createTransport: (options, events) => new NativeTransport(binding, options, events),
    connectionsMax: descriptorsEach,
    openSegmentsMax: descriptorsEach,
    memoryBytes: memoryBytes(),
  }
}

export function createBatchNative(binding: NativeBinding): BatchNative {
  const codecs = createCodecs(binding)
  return {
    check: binding.batchCheck,
    checkOnWorker: binding.batchCheckAsync,
    pack: (batch, { codec, level }, sizeMaxBytes) => {
      const packed = binding.batchPack(batch, codec, level, sizeMaxBytes, DECOMPRESSED_MAX_BYTES)
      return packed instanceof Uint8Array ? packed : null
    },
    packOnWorker: (batch, { codec, level }, sizeMaxBytes, done) =>
      binding.batchPackAsync(batch, codec, level, sizeMaxBytes, DECOMPRESSED_MAX_BYTES, (result, packed) =>
        done(result === 0 ? packed : null),
      ),
    findTimestampOnWorker: (bytes, timestampMs, fromOffset, done) =>
      binding.findTimestamp(bytes, timestampMs, fromOffset, DECOMPRESSED_MAX_BYTES, done),
    scanFile: (range, rows) => scanFile(binding, range, rows),
    crc32c: createCrc32c(binding),
    decompress: (codec, payload) => codecs.decompress(codec, payload, DECOMPRESSED_MAX_BYTES),
  }
}

/** A control group may allow less than there is; without one the number is 0 or beyond all memory. */
function memoryBytes(): number {
  const allowedBytes = process.constrainedMemory()
  return allowedBytes > 0 ? Math.min(allowedBytes, totalmem()) : totalmem()
}

function openFilesMax(): number {
  const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return match === null ? DESCRIPTORS_UNKNOWN : Number(match[1])
}
