import { constants } from 'node:os'
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
import type { Random } from '../base/random.ts'
import { StorageError } from '../base/storage-error.ts'
import { errorName } from './error-name.ts'
import { SimDirectory } from './sim/sim-directory.ts'
import { type Schedule, type SimCall, SimDiskQueue, type SimQueueTarget } from './sim/sim-disk-queue.ts'
import { SimFile } from './sim/sim-file.ts'
import { gatherBytes } from './sim/sim-gather.ts'
import { SimSpeed } from './sim/sim-speed.ts'

/** The calls that can be told to fail. */
export type SimOperation =
  | 'open'
  | 'pwritev'
  | 'pread'
  | 'warm'
  | 'truncate'
  | 'fdatasync'
  | 'sync_file_range'
  | 'syncDirectory'
  | 'rename'
  | 'unlink'
  | 'makeDirectory'
  | 'removeDirectory'

export interface SimDiskOptions {
  /** When the calls of a queue are executed and reported. */
  readonly schedule: Schedule
  /** Bytes of file contents above which writes fail with ENOSPC; no limit when absent. */
  readonly capacityBytes?: number
  /** The clock that dates the files; time stands still when absent. */
  readonly wallMs?: () => number
}

interface OpenFile {
  readonly file: SimFile
  readonly path: string
  readonly writable: boolean
}

interface PlannedFault {
  readonly operation: SimOperation
  readonly code: string
  readonly pathPart: string
  callsBefore: number
}

/**
 * A file system in memory that knows what a power cut may leave: contents and names reach "the platter" only through
 * `fdatasync` and `syncDirectory`, each for its own file or directory. `crash` answers one of the states that are
 * possible then. Renames between directories are refused (EXDEV): nothing of ours needs one.
 */
export class SimDisk implements Disk {
  /** Of the syncs that queues do; those of the caller's own thread take no time. */
  readonly speed = new SimSpeed()
  readonly #schedule: Schedule
  readonly #wallMs: () => number
  readonly #root: SimDirectory
  readonly #openFiles = new Map<FileHandle, OpenFile>()
  readonly #locks = new Set<string>()
  readonly #faults: PlannedFault[] = []
  #capacityBytes: number
  #nextHandle = 0
  #dead = false
  /** Paths of reads that found bytes on the disk only, so that their caller would have waited for it. */
  readonly waitingReads: string[] = []

  constructor(options: SimDiskOptions, root: SimDirectory = new SimDirectory()) {
    this.#schedule = options.schedule
    this.#wallMs = options.wallMs ?? (() => 0)
    this.#capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
    this.#root = root
  }

  /**
   * Power cut: this disk refuses everything from now on (EIO, no completion is delivered), and the answer is what
   * the machine finds when it is switched on again.
   */
  crash(random: Random, schedule: Schedule = this.#schedule): SimDisk {
    this.#dead = true
    const options = { schedule, capacityBytes: this.#capacityBytes, wallMs: this.#wallMs }
    return new SimDisk(options, this.#root.crash(random))
  }

  /** The next call of `operation` on a path that contains `pathPart` fails, after `callsBefore` that pass. */
  failNext(operation: SimOperation, code: string, pathPart = '', callsBefore = 0): void {
    this.#faults.push({ operation, code, pathPart, callsBefore })
  }

  /** The machine needs its memory for something else: what the files below `path` hold is on the disk only. */
  dropCaches(path: string): void {
    const node = this.#lookUp(namesOf(path))
    assert(typeof node !== 'string', `no such file or directory: ${path}`)
    if (node instanceof SimDirectory) for (const name of node.names()) this.dropCaches(`${path}/${name}`)
    else node.pages.drop(node.sizeBytes)
  }

  setCapacityBytes(capacityBytes: number): void {
    this.#capacityBytes = capacityBytes
  }

  /** Written bytes of a file that are in memory only; 0 when there is no such file. */
  dirtyBytes(path: string): number {
    const node = this.#lookUp(namesOf(path))
    return node instanceof SimFile ? node.dirtyBytes : 0
  }

  /** Number of handles that are not closed, to find leaks. */
  get openFileCount(): number {
    return this.#openFiles.size
  }

  open(path: string, mode: OpenMode): FileHandle {
    this.#enter('open', path)
    const { directory, name } = this.#parent(path, 'open')
    const existing = directory.get(name)
    if (existing !== undefined && mode === 'create') throw new StorageError('EEXIST', 'open', path)
    if (existing?.isDirectory) throw new StorageError('EISDIR', 'open', path)
    if (existing === undefined && mode === 'read') throw new StorageError('ENOENT', 'open', path)
    const file = existing ?? new SimFile(this.#wallMs)
    if (existing === undefined) directory.link(name, file)
    const handle = this.#nextHandle++
    this.#openFiles.set(handle, { file, path, writable: mode !== 'read' })
    return handle
  }

  close(file: FileHandle): void {
    assert(this.#openFiles.delete(file), `file handle ${file} is not open`)
  }

  sizeBytes(file: FileHandle): number {
    return this.#file(file).file.sizeBytes
  }

  pwritev(file: FileHandle, buffers: readonly Uint8Array[], position: number): void {
    this.#write(this.#writable(file, 'pwritev'), buffers, position)
  }

  pread(file: FileHandle, into: Uint8Array, position: number): number {
    const { file: source, path } = this.#file(file)
    this.#enter('pread', path)
    const sizeBytes = source.read(into, position)
    if (!source.pages.has(position, sizeBytes)) this.waitingReads.push(path)
    source.pages.add(position, sizeBytes)
    return sizeBytes
  }

  preadResident(file: FileHandle, into: Uint8Array, position: number): number {
    const { file: source } = this.#file(file)
    if (!source.pages.has(position, Math.min(into.length, source.sizeBytes - position))) return -1
    return this.pread(file, into, position)
  }

  isResident(file: FileHandle, position: number, sizeBytes: number): boolean {
    assert(sizeBytes > 0, 'a range to ask for has bytes')
    const { file: source, path } = this.#file(file)
    this.#assertAlive('isResident', path)
    return source.pages.has(position, sizeBytes)
  }

  truncate(file: FileHandle, sizeBytes: number): void {
    this.#writable(file, 'truncate').file.truncate(sizeBytes)
  }

  fdatasync(file: FileHandle): void {
    this.#sync(this.#file(file))
  }

  syncDirectory(path: string): void {
    this.#enter('syncDirectory', path)
    this.#directory(path, 'syncDirectory').sync()
  }

  rename(from: string, to: string): void {
    this.#enter('rename', from)
    const source = this.#parent(from, 'rename')
    const target = this.#parent(to, 'rename')
    const moved = source.directory.get(source.name)
    const replaced = target.directory.get(target.name)
    if (moved === undefined) throw new StorageError('ENOENT', 'rename', from)
    if (source.directory !== target.directory) throw new StorageError('EXDEV', 'rename', from)
    if (replaced !== undefined && replaced !== moved) {
      if (replaced instanceof SimDirectory && replaced.names().length > 0) {
        throw new StorageError('ENOTEMPTY', 'rename', to)
      }
      if (replaced.isDirectory !== moved.isDirectory) {
        throw new StorageError(replaced.isDirectory ? 'EISDIR' : 'ENOTDIR', 'rename', to)
      }
    }
    if (source.name !== target.name) source.directory.rename(source.name, target.name)
  }

  unlink(path: string): void {
    this.#enter('unlink', path)
    const { directory, name } = this.#parent(path, 'unlink')
    const node = directory.get(name)
    if (node === undefined) throw new StorageError('ENOENT', 'unlink', path)
    if (node.isDirectory) throw new StorageError('EISDIR', 'unlink', path)
    directory.unlink(name)
  }

  makeDirectory(path: string): void {
    this.#enter('makeDirectory', path)
    let directory = this.#root
    const names = namesOf(path)
    for (const [depth, name] of names.entries()) {
      let next = directory.get(name)
      if (next === undefined) {
        next = new SimDirectory()
        directory.link(name, next)
      }
      if (!(next instanceof SimDirectory)) {
        throw new StorageError(depth === names.length - 1 ? 'EEXIST' : 'ENOTDIR', 'makeDirectory', path)
      }
      directory = next
    }
  }

  removeDirectory(path: string): void {
    this.#enter('removeDirectory', path)
    if (this.#directory(path, 'removeDirectory').names().length > 0) {
      throw new StorageError('ENOTEMPTY', 'removeDirectory', path)
    }
    const { directory, name } = this.#parent(path, 'removeDirectory')
    directory.unlink(name)
  }

  list(path: string): DirectoryEntry[] {
    this.#assertAlive('list', path)
    const directory = this.#directory(path, 'list')
    return directory.names().map(name => {
      const node = directory.get(name)!
      const { isDirectory, sizeBytes, modifiedAtMs } = node
      return { name, isDirectory, sizeBytes, modifiedAtMs }
    })
  }

  exists(path: string): boolean {
    this.#assertAlive('exists', path)
    return typeof this.#lookUp(namesOf(path)) !== 'string'
  }

  tryLock(path: string): FileLock | null {
    const key = namesOf(path).join('/')
    if (this.#locks.has(key)) return null
    this.close(this.open(path, 'write'))
    this.#locks.add(key)
    return { release: () => void this.#locks.delete(key) }
  }

  errorName(errno: number): string {
    return errorName(errno)
  }

  createQueue(onCompletions: DiskCompletions): DiskQueue {
    const target: SimQueueTarget = {
      pin: file => this.#pinSync(this.#file(file)),
      pinWriteOut: (file, position, sizeBytes) => this.#pinWriteOut(this.#file(file), position, sizeBytes),
      pinGather: (file, position, head, ranges) => this.#pinGather(file, position, head, ranges),
      syncDirectory: path => this.syncDirectory(path),
      rename: (from, to) => this.rename(from, to),
      createFile: path => this.close(this.open(path, 'create')),
      makeDirectory: path => this.makeDirectory(path),
      unlink: path => this.unlink(path),
      removeTree: path => this.#removeTree(path),
      warm: (path, position, sizeBytes) => this.#warm(path, position, sizeBytes),
      errnoOf,
      isDead: () => this.#dead,
    }
    return new SimDiskQueue(target, this.#schedule, onCompletions)
  }

  #write({ file: target, path }: OpenFile, buffers: readonly Uint8Array[], position: number): void {
    let at = position
    for (const bytes of buffers) {
      const roomBytes = this.#roomFor(target, at)
      target.write(bytes.subarray(0, Math.min(bytes.length, roomBytes)), at)
      if (bytes.length > roomBytes) throw new StorageError('ENOSPC', 'pwritev', path)
      at += bytes.length
    }
  }

  #pinSync(open: OpenFile): SimCall {
    let sizeBytes = 0
    let changeCount = 0
    return {
      begin: () => {
        sizeBytes = open.file.dirtyBytes
        changeCount = open.file.changeCount
        return this.speed.begin(open.path, sizeBytes)
      },
      end: () => {
        this.speed.end(sizeBytes)
        this.#sync(open, changeCount)
      },
    }
  }

  /** It takes its time, and may fail; what a power cut leaves is what it would leave without. */
  #pinWriteOut(open: OpenFile, position: number, sizeBytes: number): SimCall {
    return {
      begin: () => this.speed.begin(open.path, sizeBytes),
      end: () => {
        this.speed.end(sizeBytes)
        const code = this.#takeFault('sync_file_range', open.path)
        if (code === undefined) return open.file.writtenOutTo(position + sizeBytes)
        open.file.failSync()
        throw new StorageError(code, 'sync_file_range', open.path)
      },
    }
  }

  #pinGather(file: FileHandle, position: number, head: Uint8Array, ranges: Float64Array): SimCall {
    const target = this.#file(file)
    const copiedHead = head.slice()
    const parts: { open: OpenFile; position: number; sizeBytes: number }[] = []
    for (let at = 0; at < ranges.length; at += 3) {
      parts.push({ open: this.#file(ranges[at]!), position: ranges[at + 1]!, sizeBytes: ranges[at + 2]! })
    }
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, head.length)
    const work = (): void => {
      const read = parts.map(part => {
        const bytes = new Uint8Array(part.sizeBytes)
        this.#enter('pread', part.open.path)
        if (part.open.file.read(bytes, part.position) === bytes.length) return bytes
        throw new StorageError('EIO', 'pread', part.open.path)
      })
      this.#enter('pwritev', target.path)
      this.#write(target, [gatherBytes(copiedHead, read)], position)
      this.#sync(target)
    }
    return {
      begin: () => this.speed.begin(target.path, sizeBytes),
      end: () => {
        this.speed.end(sizeBytes)
        work()
      },
    }
  }

  #sync(open: OpenFile, changeCount = open.file.changeCount): void {
    this.#assertAlive('fdatasync', open.path)
    const code = this.#takeFault('fdatasync', open.path)
    if (code !== undefined) {
      open.file.failSync()
      throw new StorageError(code, 'fdatasync', open.path)
    }
    open.file.sync(changeCount)
  }

  #warm(path: string, position: number, sizeBytes: number): void {
    this.#enter('warm', path)
    const file = this.open(path, 'read')
    this.#file(file).file.pages.add(position, sizeBytes)
    this.close(file)
  }

  #removeTree(path: string): void {
    if (!this.exists(path)) return
    for (const { name } of this.list(path)) this.unlink(`${path}/${name}`)
    this.removeDirectory(path)
  }

  #file(file: FileHandle): OpenFile {
    const open = this.#openFiles.get(file)
    assert(open !== undefined, `file handle ${file} is not open`)
    return open
  }

  #writable(file: FileHandle, operation: SimOperation): OpenFile {
    const open = this.#file(file)
    assert(open.writable, `${open.path} is open for reading only`)
    this.#enter(operation, open.path)
    return open
  }

  /** How many bytes a write at `position` may be long before the disk is full. */
  #roomFor(file: SimFile, position: number): number {
    if (this.#capacityBytes === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    const freeBytes = Math.max(0, this.#capacityBytes - contentBytes(this.#root))
    return Math.max(0, file.sizeBytes - position) + freeBytes
  }

  #enter(operation: SimOperation, path: string): void {
    this.#assertAlive(operation, path)
    const code = this.#takeFault(operation, path)
    if (code !== undefined) throw new StorageError(code, operation, path)
  }

  #assertAlive(operation: string, path: string): void {
    if (this.#dead) throw new StorageError('EIO', operation, path)
  }

  #takeFault(operation: SimOperation, path: string): string | undefined {
    const index = this.#faults.findIndex(
      fault => fault.operation === operation && path.includes(fault.pathPart),
    )
    const fault = this.#faults[index]
    if (fault === undefined) return undefined
    fault.callsBefore -= 1
    if (fault.callsBefore >= 0) return undefined
    this.#faults.splice(index, 1)
    return fault.code
  }

  /** The node, or why there is none. */
  #lookUp(names: readonly string[]): SimFile | SimDirectory | 'ENOENT' | 'ENOTDIR' {
    let node: SimFile | SimDirectory = this.#root
    for (const name of names) {
      if (!(node instanceof SimDirectory)) return 'ENOTDIR'
      const next = node.get(name)
      if (next === undefined) return 'ENOENT'
      node = next
    }
    return node
  }

  #directoryOf(names: readonly string[], operation: string, path: string): SimDirectory {
    const node = this.#lookUp(names)
    if (typeof node === 'string') throw new StorageError(node, operation, path)
    if (!(node instanceof SimDirectory)) throw new StorageError('ENOTDIR', operation, path)
    return node
  }

  #directory(path: string, operation: string): SimDirectory {
    return this.#directoryOf(namesOf(path), operation, path)
  }

  #parent(path: string, operation: string): { directory: SimDirectory; name: string } {
    const names = namesOf(path)
    const name = names.pop()
    assert(name !== undefined, 'the root has no parent')
    return { directory: this.#directoryOf(names, operation, path), name }
  }
}

function namesOf(path: string): string[] {
  const names = path.split('/').filter(name => name !== '' && name !== '.')
  assert(!names.includes('..'), `a path with .. in a simulation: ${path}`)
  return names
}

function contentBytes(directory: SimDirectory): number {
  let total = 0
  for (const name of directory.names()) {
    const node = directory.get(name)!
    total += node instanceof SimDirectory ? contentBytes(node) : node.sizeBytes
  }
  return total
}

function errnoOf(work: () => void): number {
  try {
    work()
    return 0
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return constants.errno[error.code as keyof typeof constants.errno]
  }
}
