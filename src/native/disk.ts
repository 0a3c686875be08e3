import {
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { assert } from '../base/assert.ts'
import type {
  DirectoryEntry,
  Disk,
  DiskCompletions,
  DiskQueue,
  FileHandle,
  FileLock,
  OpenMode,
} from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import { errorName } from './error-name.ts'
import type { NativeBinding } from './load.ts'

const OPEN_MODES: Readonly<Record<OpenMode, number>> = { read: 0, write: 1, create: 2 }

/** The machine's file system through the addon. A file whose sync failed once refuses writes and syncs for ever. */
export class NativeDisk implements Disk {
  readonly #binding: NativeBinding
  readonly #paths = new Map<FileHandle, string>()

  constructor(binding: NativeBinding) {
    this.#binding = binding
  }

  open(path: string, mode: OpenMode): FileHandle {
    const file = attempt(path, () => this.#binding.fileOpen(path, OPEN_MODES[mode]))
    this.#paths.set(file, path)
    return file
  }

  close(file: FileHandle): void {
    assert(this.#paths.delete(file), `file handle ${file} is not open`)
    this.#binding.fileClose(file)
  }

  sizeBytes(file: FileHandle): number {
    return attempt(this.#pathOf(file), () => this.#binding.fileSizeBytes(file))
  }

  pwritev(file: FileHandle, buffers: readonly Uint8Array[], position: number): void {
    const path = this.#pathOf(file)
    assertWhole(position)
    try {
      this.#binding.filePwritev(file, buffers, position)
    } catch (error) {
      throw asStorageError(error, path)
    }
  }

  pread(file: FileHandle, into: Uint8Array, position: number): number {
    const path = this.#pathOf(file)
    assertWhole(position)
    try {
      return this.#binding.filePread(file, into, position)
    } catch (error) {
      throw asStorageError(error, path)
    }
  }

  preadResident(file: FileHandle, into: Uint8Array, position: number): number {
    const path = this.#pathOf(file)
    assertWhole(position)
    try {
      return this.#binding.filePreadResident(file, into, position)
    } catch (error) {
      throw asStorageError(error, path)
    }
  }

  isResident(file: FileHandle, position: number, sizeBytes: number): boolean {
    assertWhole(position)
    assert(sizeBytes > 0, 'a range to ask for has bytes')
    return this.#binding.fileIsResident(file, position, sizeBytes)
  }

  truncate(file: FileHandle, sizeBytes: number): void {
    assertWhole(sizeBytes)
    attempt(this.#pathOf(file), () => this.#binding.fileTruncate(file, sizeBytes))
  }

  fdatasync(file: FileHandle): void {
    attempt(this.#pathOf(file), () => this.#binding.fileDatasync(file))
  }

  syncDirectory(path: string): void {
    attempt(path, () => this.#binding.directorySync(path))
  }

  rename(from: string, to: string): void {
    attempt(from, () => renameSync(from, to))
  }

  unlink(path: string): void {
    attempt(path, () => unlinkSync(path))
  }

  makeDirectory(path: string): void {
    attempt(path, () => makeDirectories(path))
  }

  removeDirectory(path: string): void {
    attempt(path, () => rmdirSync(path))
  }

  list(path: string): DirectoryEntry[] {
    const entries = attempt(path, () => readdirSync(path, { withFileTypes: true }))
    return entries.sort(byName).flatMap(entry => entryOf(path, entry))
  }

  exists(path: string): boolean {
    return existsSync(path)
  }

  tryLock(path: string): FileLock | null {
    const file = this.open(path, 'write')
    if (attempt(path, () => this.#binding.fileTryLock(file))) return new NativeLock(() => this.close(file))
    this.close(file)
    return null
  }

  errorName(errno: number): string {
    return errorName(errno)
  }

  createQueue(onCompletions: DiskCompletions): DiskQueue {
    return new NativeDiskQueue(this.#binding, onCompletions)
  }

  #pathOf(file: FileHandle): string {
    const path = this.#paths.get(file)
    assert(path !== undefined, 'the file is not open')
    return path
  }
}

class NativeLock implements FileLock {
  #release: (() => void) | undefined

  constructor(release: () => void) {
    this.#release = release
  }

  release(): void {
    this.#release?.()
    this.#release = undefined
  }
}

/** The numbers of `queueSubmit`. */
const QUEUE_OPERATION = {
  fdatasync: 0,
  syncDirectory: 1,
  rename: 2,
  createFile: 3,
  makeDirectory: 4,
  unlink: 5,
  removeTree: 6,
  warm: 8,
  writeOut: 9,
} as const

const NO_FILE = -1
const TICKET_BOUND = 2 ** 31
const COMPLETIONS_PER_CALL = 1024

class NativeDiskQueue implements DiskQueue {
  readonly #binding: NativeBinding
  readonly #queue: number

  constructor(binding: NativeBinding, onCompletions: DiskCompletions) {
    const completions = new Int32Array(2 * COMPLETIONS_PER_CALL)
    this.#binding = binding
    this.#queue = attempt('', () =>
      binding.queueOpen(completions, count => onCompletions(completions, count)),
    )
  }

  fdatasync(file: FileHandle, ticket: number): void {
    this.#submit(QUEUE_OPERATION.fdatasync, ticket, file, '', '', 0)
  }

  writeOut(file: FileHandle, position: number, sizeBytes: number, ticket: number): void {
    assertWhole(position)
    assertWhole(sizeBytes)
    this.#submit(QUEUE_OPERATION.writeOut, ticket, file, '', '', sizeBytes, position)
  }

  syncDirectory(path: string, ticket: number): void {
    this.#submit(QUEUE_OPERATION.syncDirectory, ticket, NO_FILE, path, '', 0)
  }

  rename(from: string, to: string, ticket: number): void {
    this.#submit(QUEUE_OPERATION.rename, ticket, NO_FILE, from, to, 0)
  }

  createFile(path: string, ticket: number): void {
    this.#submit(QUEUE_OPERATION.createFile, ticket, NO_FILE, path, '', 0)
  }

  makeDirectory(path: string, ticket: number): void {
    this.#submit(QUEUE_OPERATION.makeDirectory, ticket, NO_FILE, path, '', 0)
  }

  unlink(path: string, ticket: number): void {
    this.#submit(QUEUE_OPERATION.unlink, ticket, NO_FILE, path, '', 0)
  }

  removeTree(path: string, ticket: number): void {
    this.#submit(QUEUE_OPERATION.removeTree, ticket, NO_FILE, path, '', 0)
  }

  gather(file: FileHandle, position: number, head: Uint8Array, ranges: Float64Array, ticket: number): void {
    assertWhole(position)
    assertTicket(ticket)
    attempt('', () => this.#binding.queueGather(this.#queue, ticket, file, position, head, ranges))
  }

  warm(path: string, position: number, sizeBytes: number, ticket: number): void {
    assertWhole(position)
    assertWhole(sizeBytes)
    this.#submit(QUEUE_OPERATION.warm, ticket, NO_FILE, path, '', sizeBytes, position)
  }

  close(): void {
    this.#binding.queueClose(this.#queue)
  }

  #submit(
    operation: number,
    ticket: number,
    file: number,
    path: string,
    toPath: string,
    sizeBytes: number,
    position = 0,
  ): void {
    assertTicket(ticket)
    try {
      this.#binding.queueSubmit(this.#queue, operation, ticket, file, path, toPath, sizeBytes, position)
    } catch (error) {
      throw asStorageError(error, path)
    }
  }
}

function assertTicket(ticket: number): void {
  assert(Number.isInteger(ticket) && ticket >= 0 && ticket < TICKET_BOUND, 'a ticket is a whole number')
}

function assertWhole(value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a position or size is a whole number')
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : Number(one.name > other.name)
}

/** Nothing for an entry that was removed since the directory was read. Of a directory all is known without a look. */
function entryOf(directory: string, entry: Dirent): DirectoryEntry[] {
  const { name } = entry
  if (entry.isDirectory()) return [{ name, isDirectory: true, sizeBytes: 0, modifiedAtMs: 0 }]
  const status = statSync(`${directory}/${name}`, { throwIfNoEntry: false })
  if (status === undefined) return []
  const isFile = status.isFile()
  return [
    {
      name,
      isDirectory: status.isDirectory(),
      sizeBytes: isFile ? status.size : 0,
      modifiedAtMs: isFile ? Math.floor(status.mtimeMs) : 0,
    },
  ]
}

/**
 * Not mkdirSync's own `recursive`: it tries for ever where mkdir says ENOENT below a directory that there is, as in
 * /proc.
 */
function makeDirectories(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
    const isParentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isParentMissing || existsSync(dirname(path))) throw error
    makeDirectories(dirname(path))
    mkdirSync(path)
  }
}

function attempt<Result>(path: string, call: () => Result): Result {
  try {
    return call()
  } catch (error) {
    throw asStorageError(error, path)
  }
}

/** What the system refused becomes a StorageError; anything else is a mistake of ours and stays what it is. */
function asStorageError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  return new StorageError(String(error.code), String(error.syscall), path)
}
