import { assert } from '../base/assert.ts'
import type { Disk, DiskCompletions, DiskQueue } from '../base/disk.ts'
import type { SmallFileWrite } from '../base/small-file.ts'

/** Slow calls of a directory that nobody's answer waits for, on a thread of their own, each with its callback. */
export class DiskJobs {
  readonly queue: DiskQueue
  readonly #callbacks = new Map<number, (errno: number) => void>()
  #nextTicket = 0

  constructor(disk: Disk) {
    this.queue = disk.createQueue((completions, count) => this.#complete(completions, count))
  }

  /** `submit` hands exactly one call with the ticket to the queue; `done` gets its errno, 0 for success. */
  run(submit: (queue: DiskQueue, ticket: number) => void, done: (errno: number) => void): void {
    const ticket = this.#nextTicket
    this.#nextTicket = (this.#nextTicket + 1) % 0x7fff_ffff
    this.#callbacks.set(ticket, done)
    submit(this.queue, ticket)
  }

  /** A write in several steps: each completion of its one ticket runs `step`, until the write is over. */
  smallFile(
    start: (ticket: number) => SmallFileWrite,
    step: (state: 'done' | 'failed', errno: number) => void,
  ): void {
    const ticket = this.#nextTicket
    this.#nextTicket = (this.#nextTicket + 1) % 0x7fff_ffff
    const write = start(ticket)
    const advance = (errno: number): void => {
      const state = write.advance(errno)
      if (state === 'pending') this.#callbacks.set(ticket, advance)
      else step(state, errno)
    }
    this.#callbacks.set(ticket, advance)
  }

  /** The same as `run` for a caller that waits. */
  call(submit: (queue: DiskQueue, ticket: number) => void): Promise<number> {
    return new Promise(resolve => this.run(submit, resolve))
  }

  /** Does what is queued; no callback runs any more. */
  close(): void {
    this.queue.close()
    this.#callbacks.clear()
  }

  readonly #complete: DiskCompletions = (completions, count) => {
    for (let row = 0; row < count; row += 1) {
      const ticket = completions[2 * row]!
      const done = this.#callbacks.get(ticket)
      assert(done !== undefined, 'a job completes once')
      this.#callbacks.delete(ticket)
      done(completions[2 * row + 1]!)
    }
  }
}
