import { assert } from './assert.ts'
import type { Disk, DiskQueue, FileHandle } from './disk.ts'
import { StorageError } from './storage-error.ts'

/** Checkpoints, snapshots and properties; a checkpoint of 100,000 partitions takes a third of it. */
export const SMALL_FILE_MAX_BYTES = 16 * 1024 * 1024

const TEMPORARY_SUFFIX = '.tmp'

/** All bytes of the file, or null when there is none. StorageError EFBIG above SMALL_FILE_MAX_BYTES. */
export function readSmallFile(disk: Disk, path: string): Uint8Array | null {
  const file = openExisting(disk, path)
  if (file === null) return null
  try {
    const sizeBytes = disk.sizeBytes(file)
    if (sizeBytes > SMALL_FILE_MAX_BYTES) throw new StorageError('EFBIG', 'read', path)
    const bytes = new Uint8Array(sizeBytes)
    return bytes.subarray(0, disk.pread(file, bytes, 0))
  } finally {
    disk.close(file)
  }
}

/**
 * Replaces the file in one step: after a crash it has the old bytes or the new ones, and the new ones once this has
 * returned. The way there: a temporary file, its data synced, renamed over the old, the directory synced (KAFKA-3968,
 * KAFKA-9892: without both syncs a crash leaves an empty or a missing file). Blocks for two syncs.
 */
export function writeSmallFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = writeTemporary(disk, path, bytes)
  try {
    disk.fdatasync(file)
  } finally {
    disk.close(file)
  }
  disk.rename(path + TEMPORARY_SUFFIX, path)
  disk.syncDirectory(directoryOf(path))
}

/**
 * The same with the slow steps on a queue's thread. The owner gives each of its writes a ticket and hands every
 * completion of that ticket to `advance`, until it answers other than `pending`. One write per path at a time.
 */
export class SmallFileWrite {
  readonly #disk: Disk
  readonly #queue: DiskQueue
  readonly #path: string
  readonly #ticket: number
  readonly #file: FileHandle
  #step: 'fdatasync' | 'rename' | 'fsync' = 'fdatasync'
  #isOver = false

  constructor(disk: Disk, queue: DiskQueue, path: string, bytes: Uint8Array, ticket: number) {
    this.#disk = disk
    this.#queue = queue
    this.#path = path
    this.#ticket = ticket
    this.#file = writeTemporary(disk, path, bytes)
    queue.fdatasync(this.#file, ticket)
  }

  /** The call that is under way, or was the last. */
  get syscall(): string {
    return this.#step
  }

  /** `errno` is the completion's; the next step is only asked for when the one before succeeded. */
  advance(errno: number): 'pending' | 'done' | 'failed' {
    assert(!this.#isOver, `${this.#path} has been written`)
    if (this.#step === 'fdatasync') this.#disk.close(this.#file)
    if (errno !== 0) {
      this.#isOver = true
      return 'failed'
    }
    if (this.#step === 'fdatasync') {
      this.#step = 'rename'
      this.#queue.rename(this.#path + TEMPORARY_SUFFIX, this.#path, this.#ticket)
      return 'pending'
    }
    if (this.#step === 'rename') {
      this.#step = 'fsync'
      this.#queue.syncDirectory(directoryOf(this.#path), this.#ticket)
      return 'pending'
    }
    this.#isOver = true
    return 'done'
  }
}

function openExisting(disk: Disk, path: string): FileHandle | null {
  try {
    return disk.open(path, 'read')
  } catch (error) {
    if (error instanceof StorageError && error.code === 'ENOENT') return null
    throw error
  }
}

function writeTemporary(disk: Disk, path: string, bytes: Uint8Array): FileHandle {
  assert(bytes.length <= SMALL_FILE_MAX_BYTES, `${path} would get too large`)
  const file = disk.open(path + TEMPORARY_SUFFIX, 'write')
  try {
    disk.truncate(file, 0)
    disk.pwritev(file, [bytes], 0)
    return file
  } catch (error) {
    disk.close(file)
    throw error
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/')
  if (slash === 0) return '/'
  return slash < 0 ? '.' : path.slice(0, slash)
}
