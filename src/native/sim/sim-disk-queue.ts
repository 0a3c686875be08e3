import type { DiskCompletions, DiskQueue, FileHandle } from '../../base/disk.ts'

const COMPLETIONS_PER_CALL = 256

interface Job {
  readonly ticket: number
  readonly call: SimCall
}

/** Runs `callback` later, in an order that only depends on the seed; `delayMs` is what a slow disk takes beside. */
export type Schedule = (callback: () => void, delayMs?: number) => void

/** A call that may take its time. */
export interface SimCall {
  /** The thread takes it up; answers how many milliseconds it will take. Absent for none. */
  readonly begin?: () => number
  readonly end: () => void
}

/** What the queue asks its disk to do; every call throws StorageError like the disk's own. */
export interface SimQueueTarget {
  /** The open file behind a handle, so that it can be closed while its sync is under way. */
  pin(file: FileHandle): SimCall
  /** The same for a part of it that is written out. */
  pinWriteOut(file: FileHandle, position: number, sizeBytes: number): SimCall
  /** The same for what is gathered out of files, and into one. */
  pinGather(file: FileHandle, position: number, head: Uint8Array, ranges: Float64Array): SimCall
  syncDirectory(path: string): void
  rename(from: string, to: string): void
  createFile(path: string): void
  makeDirectory(path: string): void
  unlink(path: string): void
  removeTree(path: string): void
  warm(path: string, position: number, sizeBytes: number): void
  /** Runs `work` and answers its errno, 0 for success. */
  errnoOf(work: () => void): number
  isDead(): boolean
}

/**
 * The thread of a simulated disk. Each call is executed in one scheduled step and reported in a later one, so that a
 * power cut can fall before the call, or between the call and its completion.
 */
export class SimDiskQueue implements DiskQueue {
  readonly #target: SimQueueTarget
  readonly #schedule: Schedule
  readonly #onCompletions: DiskCompletions
  readonly #completions = new Int32Array(2 * COMPLETIONS_PER_CALL)
  readonly #waiting: Job[] = []
  /** Taken up by the thread, and not executed. */
  #running: Job | null = null
  readonly #finished: { ticket: number; errno: number }[] = []
  #deliveryScheduled = false
  #closed = false

  constructor(target: SimQueueTarget, schedule: Schedule, onCompletions: DiskCompletions) {
    this.#target = target
    this.#schedule = schedule
    this.#onCompletions = onCompletions
  }

  fdatasync(file: FileHandle, ticket: number): void {
    this.#submitCall(ticket, this.#target.pin(file))
  }

  writeOut(file: FileHandle, position: number, sizeBytes: number, ticket: number): void {
    this.#submitCall(ticket, this.#target.pinWriteOut(file, position, sizeBytes))
  }

  syncDirectory(path: string, ticket: number): void {
    this.#submit(ticket, () => this.#target.syncDirectory(path))
  }

  rename(from: string, to: string, ticket: number): void {
    this.#submit(ticket, () => this.#target.rename(from, to))
  }

  createFile(path: string, ticket: number): void {
    this.#submit(ticket, () => this.#target.createFile(path))
  }

  makeDirectory(path: string, ticket: number): void {
    this.#submit(ticket, () => this.#target.makeDirectory(path))
  }

  unlink(path: string, ticket: number): void {
    this.#submit(ticket, () => this.#target.unlink(path))
  }

  removeTree(path: string, ticket: number): void {
    this.#submit(ticket, () => this.#target.removeTree(path))
  }

  gather(file: FileHandle, position: number, head: Uint8Array, ranges: Float64Array, ticket: number): void {
    this.#submitCall(ticket, this.#target.pinGather(file, position, head, ranges))
  }

  warm(path: string, position: number, sizeBytes: number, ticket: number): void {
    this.#submit(ticket, () => this.#target.warm(path, position, sizeBytes))
  }

  close(): void {
    if (!this.#target.isDead()) {
      if (this.#running !== null) this.#target.errnoOf(this.#running.call.end)
      for (const { call } of this.#waiting) {
        call.begin?.()
        this.#target.errnoOf(call.end)
      }
    }
    this.#running = null
    this.#waiting.length = 0
    this.#finished.length = 0
    this.#closed = true
  }

  #submit(ticket: number, work: () => void): void {
    this.#submitCall(ticket, { end: work })
  }

  #submitCall(ticket: number, call: SimCall): void {
    this.#waiting.push({ ticket, call })
    this.#scheduleExecution()
  }

  #scheduleExecution(): void {
    if (this.#running !== null || this.#stopped()) return
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#running = next
    const execute = (): void => {
      if (this.#stopped()) return
      this.#running = null
      this.#finished.push({ ticket: next.ticket, errno: this.#target.errnoOf(next.call.end) })
      this.#scheduleDelivery()
      this.#scheduleExecution()
    }
    this.#schedule(execute, next.call.begin?.())
  }

  #scheduleDelivery(): void {
    if (this.#deliveryScheduled) return
    this.#deliveryScheduled = true
    this.#schedule(() => {
      this.#deliveryScheduled = false
      while (!this.#stopped() && this.#finished.length > 0) this.#deliver()
    })
  }

  #deliver(): void {
    const batch = this.#finished.splice(0, COMPLETIONS_PER_CALL)
    for (const [index, { ticket, errno }] of batch.entries()) {
      this.#completions[2 * index] = ticket
      this.#completions[2 * index + 1] = errno
    }
    this.#onCompletions(this.#completions, batch.length)
  }

  #stopped(): boolean {
    return this.#closed || this.#target.isDead()
  }
}
