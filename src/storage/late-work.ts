import { StorageError } from '../base/storage-error.ts'
import { PASSING_REFUSALS } from './passing-refusals.ts'

/** Each holds a descriptor open: together fewer than any usual limit spares. */
const UNDER_WAY_MAX = 64

/** A call on a file that may have to be opened for it. */
export interface LateCall {
  /**
   * Asks a thread for it; `onEnd` is to be called once, later. False when there is nothing to do any more. StorageError
   * when the file can't be opened.
   */
  readonly begin: (onEnd: () => void) => boolean
}

/**
 * Calls of a log directory's late thread, a bounded number at a time, in the order they came. One for which there is
 * no descriptor just now goes behind the others, and waits until one has ended, or for the next `pump`.
 */
export class LateWork {
  readonly #onFailure: (code: string) => void
  #waiting: LateCall[] = []
  #underWayCount = 0

  /** `onFailure` is told when a file can't be opened, and not for want of descriptors. */
  constructor(onFailure: (code: string) => void) {
    this.#onFailure = onFailure
  }

  add(call: LateCall): void {
    this.#waiting.push(call)
    this.pump()
  }

  /** Begins what there is room for. */
  pump(): void {
    while (this.#waiting.length > 0 && this.#underWayCount < UNDER_WAY_MAX) {
      const call = this.#waiting.shift()!
      if (this.#tryBegin(call)) continue
      // Behind the others: theirs may be open.
      this.#waiting.push(call)
      return
    }
  }

  /** What waits is not begun any more. */
  clear(): void {
    this.#waiting = []
  }

  /** False when there is no descriptor for it. */
  #tryBegin(call: LateCall): boolean {
    try {
      if (call.begin(() => this.#ended())) this.#underWayCount += 1
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      if (PASSING_REFUSALS.has(error.code)) return false
      this.#onFailure(error.code)
    }
    return true
  }

  #ended(): void {
    this.#underWayCount -= 1
    this.pump()
  }
}
