import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Disk, FileHandle, OpenMode } from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import { BatchFinder } from './batch-finder.ts'
import { DESCRIPTOR_SHORTAGES } from './passing-refusals.ts'

/** A segment, as the budget of descriptors sees it. */
export interface DescriptorHolder {
  /** The value of `SegmentFiles.pass` when its descriptor was last used. */
  readonly lastUsedPass: number
  /** The same for the last range of it that was given away; -1 for none. */
  readonly lastRangePass: number
  readonly hasUnsyncedBytes: boolean
  /** Gives its descriptor back; the next use opens the file again. */
  releaseFile(): void
}

/**
 * The descriptors of all segments, within a budget: when it is used up, those that were not used for longest are
 * closed. One that was given to the network in the pass under way stays open, so that the budget can be passed by what
 * a single pass sends. What a thread syncs and what a socket is still sending has a reference of its own (Disk.close).
 */
export class SegmentFiles {
  readonly disk: Disk
  readonly finder = new BatchFinder()
  readonly #clock: Clock
  readonly #openMax: number
  readonly #open = new Set<DescriptorHolder>()
  #pass = 0

  constructor(disk: Disk, clock: Clock, openMax: number) {
    assert(openMax > 0, 'there is room for a descriptor')
    this.disk = disk
    this.#clock = clock
    this.#openMax = openMax
  }

  /** Monotonic. */
  nowMs(): number {
    return this.#clock.monotonicMs()
  }

  /** Counts what the network has sent. */
  get pass(): number {
    return this.#pass
  }

  /** The transport has taken over all ranges that were given away: their descriptors may be closed. */
  endPass(): void {
    this.#pass += 1
  }

  open(holder: DescriptorHolder, path: string, mode: OpenMode): FileHandle {
    if (this.#open.size >= this.#openMax) this.#makeRoom()
    const file = this.#openWithinLimit(path, mode)
    this.#open.add(holder)
    return file
  }

  close(holder: DescriptorHolder, file: FileHandle): void {
    this.#open.delete(holder)
    this.disk.close(file)
  }

  /** Others may have taken what the budget counts on, such as threads that sync files closed here. */
  #openWithinLimit(path: string, mode: OpenMode): FileHandle {
    try {
      return this.disk.open(path, mode)
    } catch (error) {
      if (!(error instanceof StorageError && DESCRIPTOR_SHORTAGES.has(error.code))) throw error
      this.#makeRoom()
      return this.disk.open(path, mode)
    }
  }

  /** Several at once, so that the search is not made for each. */
  #makeRoom(): void {
    const idle = [...this.#open].filter(holder => holder.lastRangePass < this.#pass)
    idle.sort(byWorth)
    for (const holder of idle.slice(0, Math.ceil(this.#openMax / 8))) holder.releaseFile()
  }
}

/** Unsynced ones go last: the kernel tells a failed write-back to those who hold the file open. */
function byWorth(a: DescriptorHolder, b: DescriptorHolder): number {
  return Number(a.hasUnsyncedBytes) - Number(b.hasUnsyncedBytes) || a.lastUsedPass - b.lastUsedPass
}
