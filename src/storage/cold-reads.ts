import { assert } from '../base/assert.ts'
import type { Disk, DiskQueue } from '../base/disk.ts'
import type { ColdBytes } from './cold-bytes.ts'

/** Few: they take turns on a disk, and each copies what it reads. */
const THREADS = 3
/** One thread is left to those who wait. */
const AHEAD_THREADS_MAX = THREADS - 1
/** What a thread reads before the next one's turn. */
const TURN_BYTES = 1024 * 1024
/** What is read ahead takes memory from others: eight readers' windows. */
const AHEAD_MAX_BYTES = 64 * 1024 * 1024

/** Told once that the bytes are in memory, or the errno of the read. */
export type ColdWaiter = (errno: number) => void

/** Told first. */
type Warmed = (bytes: ColdBytes) => void

interface Task {
  readonly bytes: ColdBytes
  readonly isAhead: boolean
  readonly warmed: Warmed
  /** Empty for what is read ahead. */
  readonly waiters: Set<ColdWaiter>
  /** The next byte to read. */
  position: number
}

interface Thread {
  readonly queue: DiskQueue
  task: Task | null
  /** Where the turn under way ends. */
  turnEnd: number
}

/**
 * Reads bytes of one log directory into memory, on threads that begin with the first of them. Everybody gets a turn of
 * TURN_BYTES in order; those who wait go before what is read ahead.
 */
export class ColdReads {
  readonly #disk: Disk
  #threads: Thread[] | null = null
  #demands: Task[] = []
  #aheads: Task[] = []
  /** Of the demands, those being read included. */
  readonly #byKey = new Map<string, Task>()
  #aheadBytes = 0

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Reads for somebody who waits; answers a function that takes his interest back. */
  demand(bytes: ColdBytes, warmed: Warmed, waiter: ColdWaiter): () => void {
    const key = keyOf(bytes)
    let task = this.#byKey.get(key)
    if (task === undefined) {
      task = { bytes, isAhead: false, warmed, waiters: new Set(), position: bytes.position }
      this.#byKey.set(key, task)
      this.#demands.push(task)
    }
    task.waiters.add(waiter)
    this.#pump()
    return () => this.#cancel(task, waiter)
  }

  /** Reads for nobody yet; false when too much is read ahead already. */
  ahead(bytes: ColdBytes, warmed: Warmed): boolean {
    if (this.#aheadBytes + bytes.sizeBytes > AHEAD_MAX_BYTES) return false
    this.#aheadBytes += bytes.sizeBytes
    this.#aheads.push({ bytes, isAhead: true, warmed, waiters: new Set(), position: bytes.position })
    this.#pump()
    return true
  }

  /** No thread has anything to do. */
  get isIdle(): boolean {
    return this.#threads?.every(({ task }) => task === null) ?? true
  }

  /** A thread reads some of them now: the kernel has made room for them already, and takes them for resident. */
  isReading(path: string, position: number, endPosition: number): boolean {
    const isIt = ({ task, turnEnd }: Thread) =>
      task !== null && task.bytes.path === path && task.position < endPosition && position < turnEnd
    return this.#threads?.some(isIt) ?? false
  }

  /** Waits for the turns under way. Nobody is told anything any more. */
  close(): void {
    for (const { queue } of this.#threads ?? []) queue.close()
    this.#threads = null
    this.#demands = []
    this.#aheads = []
    this.#byKey.clear()
  }

  #cancel(task: Task, waiter: ColdWaiter): void {
    task.waiters.delete(waiter)
    if (task.waiters.size > 0 || !this.#demands.includes(task)) return
    this.#demands = this.#demands.filter(other => other !== task)
    this.#byKey.delete(keyOf(task.bytes))
  }

  #pump(): void {
    this.#threads ??= this.#startThreads()
    for (const [index, thread] of this.#threads.entries()) {
      if (thread.task !== null) continue
      const task = this.#takeNext(this.#threads)
      if (task === undefined) return
      const { path } = task.bytes
      thread.task = task
      thread.turnEnd = Math.min(task.position + TURN_BYTES, endOf(task))
      thread.queue.warm(path, task.position, thread.turnEnd - task.position, index)
    }
  }

  #takeNext(threads: readonly Thread[]): Task | undefined {
    if (this.#demands.length > 0) return this.#demands.shift()
    const aheadCount = threads.filter(({ task }) => task?.isAhead === true).length
    return aheadCount < AHEAD_THREADS_MAX ? this.#aheads.shift() : undefined
  }

  #startThreads(): Thread[] {
    return Array.from({ length: THREADS }, (_, index) => ({
      queue: this.#disk.createQueue(completions => this.#turnEnded(index, completions[1]!)),
      task: null,
      turnEnd: 0,
    }))
  }

  #turnEnded(index: number, errno: number): void {
    const thread = this.#threads?.[index]
    const task = thread?.task
    assert(thread !== undefined && task !== null && task !== undefined, 'a turn ends once')
    thread.task = null
    task.position = thread.turnEnd
    const isUnwanted = !task.isAhead && task.waiters.size === 0
    if (errno !== 0 || isUnwanted || task.position >= endOf(task)) this.#finish(task, errno)
    else if (task.isAhead) this.#aheads.push(task)
    else this.#demands.push(task)
    this.#pump()
  }

  #finish(task: Task, readErrno: number): void {
    // For a file that is not there no disk is waited for: the next look at it finds out what that means.
    const errno = this.#isMissing(readErrno) ? 0 : readErrno
    if (task.isAhead) this.#aheadBytes -= task.bytes.sizeBytes
    else this.#byKey.delete(keyOf(task.bytes))
    if (errno === 0 && (readErrno !== 0 || task.position >= endOf(task))) task.warmed(task.bytes)
    for (const waiter of [...task.waiters]) waiter(errno)
  }

  #isMissing(errno: number): boolean {
    return errno !== 0 && this.#disk.errorName(errno) === 'ENOENT'
  }
}

function keyOf({ path, position, sizeBytes }: ColdBytes): string {
  return `${position} ${sizeBytes} ${path}`
}

function endOf({ bytes }: Task): number {
  return bytes.position + bytes.sizeBytes
}
