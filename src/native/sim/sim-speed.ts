interface StuckSync {
  readonly pathPart: string
  readonly durationMs: number
}

/** How long the syncs of a simulated disk take: no time at all, until a test says so. */
export class SimSpeed {
  #bytesPerMs = Number.POSITIVE_INFINITY
  readonly #stuck: StuckSync[] = []
  /** Of all syncs that were begun and have not ended: they share what the disk does. */
  #bytesUnderWay = 0

  /** All files together, in a millisecond. */
  set(bytesPerMs: number): void {
    this.#bytesPerMs = bytesPerMs
  }

  /** The next sync of a path that contains `pathPart` takes this long. */
  stickNext(durationMs: number, pathPart: string): void {
    this.#stuck.push({ durationMs, pathPart })
  }

  /** Answers milliseconds; each needs its `end`. */
  begin(path: string, sizeBytes: number): number {
    this.#bytesUnderWay += sizeBytes
    const stuck = this.#stuck.findIndex(({ pathPart }) => path.includes(pathPart))
    const [planned] = stuck < 0 ? [] : this.#stuck.splice(stuck, 1)
    return (planned?.durationMs ?? 0) + this.#bytesUnderWay / this.#bytesPerMs
  }

  end(sizeBytes: number): void {
    this.#bytesUnderWay -= sizeBytes
  }
}
