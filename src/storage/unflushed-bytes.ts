import { assert } from '../base/assert.ts'

/** Part of the bound above which bytes are taken to the disk: shorter bursts cost their producers no disk. */
const HIGH_SHARE = 1 / 2

/**
 * Bytes of a log directory's segments that are in the page cache and not known to be on the disk, whether a group
 * journal has them or not. Beyond some share of the memory the kernel makes whoever writes wait for the disk, and that
 * would be the loop. What one pass brings beyond the bound is let in.
 */
export class UnflushedBytes {
  #maxBytes: number
  readonly #onRoom: () => void
  #writtenBytes = 0
  /** Accepted, and with a worker that checks them. */
  #expectedBytes = 0

  /** `onRoom` is told each time when the account, which was full, is not any more. */
  constructor(maxBytes: number, onRoom: () => void) {
    assert(maxBytes > 0, 'there is room for bytes')
    this.#maxBytes = maxBytes
    this.#onRoom = onRoom
  }

  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** Whoever can wait should. */
  get isFull(): boolean {
    return this.#writtenBytes + this.#expectedBytes >= this.#maxBytes
  }

  get roomBytes(): number {
    return Math.max(0, this.#maxBytes - this.#writtenBytes - this.#expectedBytes)
  }

  get highBytes(): number {
    return this.#maxBytes * HIGH_SHARE
  }

  /** Bytes that nobody waits for should go to the disk too. */
  get isHigh(): boolean {
    return this.#writtenBytes >= this.highBytes
  }

  written(sizeBytes: number): void {
    this.#writtenBytes += sizeBytes
  }

  /** They are on the disk, or of no use any more. */
  gone(sizeBytes: number): void {
    const wasFull = this.isFull
    this.#writtenBytes -= sizeBytes
    assert(this.#writtenBytes >= 0, 'only what was written is flushed')
    if (wasFull && !this.isFull) this.#onRoom()
  }

  expect(sizeBytes: number): void {
    this.#expectedBytes += sizeBytes
  }

  /** What was expected was staged or refused. */
  arrived(sizeBytes: number): void {
    const wasFull = this.isFull
    this.#expectedBytes -= sizeBytes
    assert(this.#expectedBytes >= 0, 'only what was expected arrives')
    if (wasFull && !this.isFull) this.#onRoom()
  }

  /** The directory failed: nothing of it is worth waiting for. */
  close(): void {
    const wasFull = this.isFull
    this.#maxBytes = Number.POSITIVE_INFINITY
    if (wasFull) this.#onRoom()
  }
}
