/**
 * Batches that are packed anew at the same time, in the whole broker: a few bytes may become max.message.bytes, and the
 * request memory counts only what was sent. A batch has its slot until it is admitted, in its turn; what it unfolds to
 * on the way is held by the worker that packs it alone.
 */
export class PackSlots {
  #free: number
  #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Calls `start` when there is a slot, in the order they were asked for. Each needs its `give`. */
  take(start: () => void): void {
    if (this.#free === 0) {
      this.#waiting.push(start)
      return
    }
    this.#free -= 1
    start()
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
