import type { Timer, Timers } from '../base/clock.ts'
import type { PartitionWatcher } from './partition.ts'

/** A fetch that found too little. */
export interface ParkedFetch {
  readonly maxWaitMs: number
  /** From now on the watcher is told when a partition of the fetch changes. */
  watch(watcher: PartitionWatcher): void
  unwatch(watcher: PartitionWatcher): void
  /**
   * One of its partitions changed, or its owner woke it: answers true when the fetch is answered now, false when it
   * goes on waiting.
   */
  retry(): boolean
  /** Its time is over: it is answered with what there is. */
  expire(): void
}

/** What the owner of a parked fetch can do with it. */
export interface ParkingPlace {
  /** It is looked at again at the end of a pass, as when one of its partitions has changed. */
  wake(): void
  /** Nobody waits for it any more. */
  takeBack(): void
}

class Parked implements PartitionWatcher {
  readonly fetch: ParkedFetch
  timer: Timer | null = null
  isDirty = false
  readonly #onDirty: (parked: Parked) => void

  constructor(fetch: ParkedFetch, onDirty: (parked: Parked) => void) {
    this.fetch = fetch
    this.#onDirty = onDirty
  }

  onPartitionChanged(): void {
    if (this.isDirty) return
    this.isDirty = true
    this.#onDirty(this)
  }
}

/**
 * Fetches that wait for min_bytes or max_wait_ms (FET-1), or for the disk (FET-12). Partitions, and reads that end,
 * mark them; they are looked at once per pass.
 */
export class DelayedFetches {
  readonly #timers: Timers
  readonly #schedulePass: () => void
  readonly #parked = new Set<Parked>()
  #dirty: Parked[] = []

  /** `schedulePass` is called when something is to be answered and no pass may be under way. */
  constructor(timers: Timers, schedulePass: () => void) {
    this.#timers = timers
    this.#schedulePass = schedulePass
  }

  get count(): number {
    return this.#parked.size
  }

  park(fetch: ParkedFetch): ParkingPlace {
    const parked = new Parked(fetch, dirty => this.#dirty.push(dirty))
    this.#parked.add(parked)
    fetch.watch(parked)
    parked.timer = this.#timers.set(fetch.maxWaitMs, () => {
      this.#release(parked)
      fetch.expire()
      this.#schedulePass()
    })
    return {
      wake: () => {
        parked.onPartitionChanged()
        this.#schedulePass()
      },
      takeBack: () => this.#release(parked),
    }
  }

  /** The end of a pass: looks at the fetches that were marked. */
  retryDirty(): void {
    if (this.#dirty.length === 0) return
    const dirty = this.#dirty
    this.#dirty = []
    for (const parked of dirty) {
      parked.isDirty = false
      if (this.#parked.has(parked) && parked.fetch.retry()) this.#release(parked)
    }
  }

  /** Answers all with what there is; for the clean stop. */
  expireAll(): void {
    for (const parked of [...this.#parked]) {
      this.#release(parked)
      parked.fetch.expire()
    }
  }

  #release(parked: Parked): void {
    if (!this.#parked.delete(parked)) return
    parked.timer?.cancel()
    parked.fetch.unwatch(parked)
  }
}
