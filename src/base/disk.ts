/** An open file. Freed by `close`, never by the garbage collector. */
export type FileHandle = number

/** How `open` opens: an existing file to read, an existing or new file to read and write, or a new empty one. */
export type OpenMode = 'read' | 'write' | 'create'

/**
 * The narrow door to the file system. TypeScript decides what is written and synced, and in which order; the
 * implementation only executes. Everything here is synchronous and throws StorageError; what may block for long
 * goes through a DiskQueue.
 */
export interface Disk {
  open(path: string, mode: OpenMode): FileHandle
  /** The descriptor stays open until the last range in flight to a socket has left. */
  close(file: FileHandle): void
  sizeBytes(file: FileHandle): number
  /** Writes all buffers one after another at `position`, into the page cache. All or an error. */
  pwritev(file: FileHandle, buffers: readonly Uint8Array[], position: number): void
  /** Reads up to `into.length` bytes; answers how many there were before the end of the file. */
  pread(file: FileHandle, into: Uint8Array, position: number): number
  /** As `pread`, but -1 where the bytes are not all in memory: never waits for the disk. */
  preadResident(file: FileHandle, into: Uint8Array, position: number): number
  /** True when all of the range, which is not empty, is in memory. Never waits; false where nobody can tell. */
  isResident(file: FileHandle, position: number, sizeBytes: number): boolean
  /** Cuts the file, or extends it with zeroes. */
  truncate(file: FileHandle, sizeBytes: number): void
  fdatasync(file: FileHandle): void
  syncDirectory(path: string): void
  rename(from: string, to: string): void
  unlink(path: string): void
  /** Creates the directory and its parents; no error when it exists. */
  makeDirectory(path: string): void
  removeDirectory(path: string): void
  /** Names of the entries, sorted; StorageError ENOENT when there is no such directory. */
  list(path: string): DirectoryEntry[]
  exists(path: string): boolean
  /** Exclusive lock of a file that is created if missing; answers null when any other holder has it. */
  tryLock(path: string): FileLock | null
  /** errno's name, as in StorageError: `ENOSPC`. */
  errorName(errno: number): string
  /** A new thread that does the slow calls in the order they are asked for. */
  createQueue(onCompletions: DiskCompletions): DiskQueue
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
  readonly sizeBytes: number
  /** When a file was last written to, by the wall clock; 0 for a directory. */
  readonly modifiedAtMs: number
}

export interface FileLock {
  release(): void
}

/**
 * Called once per batch of finished work. Row i is `[ticket, errno]` at `completions[2 * i]`; errno 0 is success.
 * The array is reused for the next batch.
 */
export type DiskCompletions = (completions: Int32Array, count: number) => void

/** One thread; calls are executed in order. A ticket is a whole number of the caller's, 0 ≤ ticket < 2^31. */
export interface DiskQueue {
  fdatasync(file: FileHandle, ticket: number): void
  /**
   * Takes the bytes of the range to the disk, and none of what a power cut would need to find them there: the page
   * cache holds them no more than it has to, and that is all. A failure counts as one of `fdatasync`.
   */
  writeOut(file: FileHandle, position: number, sizeBytes: number, ticket: number): void
  syncDirectory(path: string, ticket: number): void
  rename(from: string, to: string, ticket: number): void
  /** Creates (mode `create`) and closes again an empty file. */
  createFile(path: string, ticket: number): void
  makeDirectory(path: string, ticket: number): void
  unlink(path: string, ticket: number): void
  /** Removes a directory and the files in it. */
  removeTree(path: string, ticket: number): void
  /**
   * Writes `head`, and behind it ranges of files, a row `[file, position, sizeBytes]` of `ranges` for each, to
   * `position` of `file`, and syncs it. Bytes 4 to 8 of what is written become the CRC-32C, big-endian, of all behind.
   */
  gather(file: FileHandle, position: number, head: Uint8Array, ranges: Float64Array, ticket: number): void
  /** Reads a range into memory, or what there is of it before the end of the file. */
  warm(path: string, position: number, sizeBytes: number, ticket: number): void
  /** Ends the thread after what is queued; no completion is delivered after `close` has returned. */
  close(): void
}
