import { createHash } from 'node:crypto'

const TAIL_LENGTH = 30

/** What happened in a world, as a hash, and its last lines for a report. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #tail: string[] = []

  add(event: string): void {
    this.#hash.update(`${event}\n`)
    this.#tail.push(event)
    if (this.#tail.length > TAIL_LENGTH) this.#tail.shift()
  }

  get hash(): string {
    return this.#hash.copy().digest('hex')
  }

  tail(): string {
    return this.#tail.join('\n  ')
  }
}
