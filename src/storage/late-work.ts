import type { Disk } from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import type { Log } from './log.ts'
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

export interface LateWorkPorts {
  readonly disk: Disk
  /** A call has ended; more may be due. */
  readonly onEnd: () => void
  /** A call failed, or a file could not be opened, and not for want of descriptors. */
  readonly onFailure: (code: string) => void
}

/**
 * Calls of a log directory's late thread, for what no answer waits for: no group commit may stand behind them. A
 * bounded number at a time, in the order they came. One for which there is no descriptor just now goes behind the
 * others, and waits until one has ended, or for the next `pump`. A failure is as bad as that of a group commit, and
 * like that never tried again.
 */
export class LateWork {
  readonly #ports: LateWorkPorts
  #waiting: LateCall[] = []
  #underWayCount = 0
  #isFailed = false

  constructor(ports: LateWorkPorts) {
    this.#ports = ports
  }

  get isFailed(): boolean {
    return this.#isFailed
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

  /** The directory is fenced: what waits is not begun any more, and what the others say is not heard. */
  fail(): void {
    this.#isFailed = true
    this.#waiting = []
  }

  /** True for a success that counts. Another sync of the directory may have been told of what this one has lost. */
  isHeard(log: Log, errno: number): boolean {
    if (this.#isFailed || log.isClosed) return false
    if (errno !== 0) this.#ports.onFailure(this.#ports.disk.errorName(errno))
    return errno === 0
  }

  /** False when there is no descriptor for it. */
  #tryBegin(call: LateCall): boolean {
    try {
      if (call.begin(() => this.#ended())) this.#underWayCount += 1
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      if (PASSING_REFUSALS.has(error.code)) return false
      this.#ports.onFailure(error.code)
    }
    return true
  }

  #ended(): void {
    this.#underWayCount -= 1
    this.pump()
    this.#ports.onEnd()
  }
}
