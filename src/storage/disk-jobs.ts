import { assert } from '../base/assert.ts'
import type { Disk, DiskCompletions, DiskQueue } from '../base/disk.ts'
import { SmallFileWrite } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'

/** Slow calls of a directory that no append waits for, on a thread of their own, each with its callback. */
export class DiskJobs {
  readonly queue: DiskQueue
  readonly #disk: Disk
  readonly #callbacks = new Map<number, (errno: number) => void>()
  #nextTicket = 0
  #idleWaiters: (() => void)[] = []

  constructor(disk: Disk) {
    this.#disk = disk
    this.queue = disk.createQueue((completions, count) => this.#complete(completions, count))
  }

  /** `submit` hands exactly one call with the ticket to the queue; `done` gets its errno, 0 for success. */
  run(submit: (queue: DiskQueue, ticket: number) => void, done: (errno: number) => void): void {
    const ticket = this.#takeTicket()
    this.#callbacks.set(ticket, done)
    submit(this.queue, ticket)
  }

  /** Replaces a small file durably; one write per path at a time. StorageError when the disk refuses. */
  writeFile(path: string, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const ticket = this.#takeTicket()
      const write = new SmallFileWrite(this.#disk, this.queue, path, bytes, ticket)
      const advance = (errno: number): void => {
        const state = write.advance(errno)
        if (state === 'pending') this.#callbacks.set(ticket, advance)
        else if (state === 'done') resolve()
        else reject(new StorageError(this.#disk.errorName(errno), write.syscall, path))
      }
      this.#callbacks.set(ticket, advance)
    })
  }

  /** The same as `run` for a caller that waits; StorageError, of this call and path, when the disk refuses. */
  call(syscall: string, path: string, submit: (queue: DiskQueue, ticket: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.run(submit, errno => {
        if (errno === 0) resolve()
        else reject(new StorageError(this.#disk.errorName(errno), syscall, path))
      })
    })
  }

  get isIdle(): boolean {
    return this.#callbacks.size === 0
  }

  /** Answers when nothing is asked for that is not done. */
  whenIdle(): Promise<void> {
    return new Promise(resolve => {
      this.#idleWaiters.push(resolve)
      this.#tellIdle()
    })
  }

  /** Does what is queued; no callback runs any more. */
  close(): void {
    this.queue.close()
    this.#callbacks.clear()
  }

  #takeTicket(): number {
    const ticket = this.#nextTicket
    this.#nextTicket = (this.#nextTicket + 1) % 0x7fff_ffff
    return ticket
  }

  readonly #complete: DiskCompletions = (completions, count) => {
    for (let row = 0; row < count; row += 1) {
      const ticket = completions[2 * row]!
      const done = this.#callbacks.get(ticket)
      assert(done !== undefined, 'a job completes once')
      this.#callbacks.delete(ticket)
      done(completions[2 * row + 1]!)
    }
    this.#tellIdle()
  }

  #tellIdle(): void {
    if (!this.isIdle) return
    for (const resolve of this.#idleWaiters) resolve()
    this.#idleWaiters = []
  }
}
