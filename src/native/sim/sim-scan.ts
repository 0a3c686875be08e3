import type { Disk } from '../../base/disk.ts'
import { type ScanFile, type ScanRange, scanMemory } from '../batch-scan.ts'
import type { NativeBinding } from '../load.ts'
import type { Schedule } from './sim-disk-queue.ts'

/**
 * The scan of a file on a simulated disk: the addon's own, over bytes in memory, reported in a scheduled step. The
 * bytes are taken at once, because the handle may be closed before that step, which a worker's reference survives.
 */
export function createSimScan(disk: Disk, binding: NativeBinding, schedule: Schedule): ScanFile {
  return async (range, rows) => {
    const bytes = read(disk, range)
    await new Promise<void>(resolve => schedule(resolve))
    return scanMemory(binding, bytes, range.position, rows)
  }
}

function read(disk: Disk, { file, position, endPosition }: ScanRange): Uint8Array {
  const bytes = new Uint8Array(endPosition - position)
  return bytes.subarray(0, disk.pread(file, bytes, position))
}
