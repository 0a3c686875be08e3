import type { ReadRecord } from './record-batch.ts'

/** What the clients saw, and whether it can be true. Values are unique: `<producer>/<number>`. */
export class History {
  readonly #acknowledged = new Map<string, { partitionIndex: number; offset: number }>()
  readonly #seen = new Map<string, string>()
  readonly #committedOffsets = new Map<string, number>()
  readonly violations: string[] = []

  get acknowledgedCount(): number {
    return this.#acknowledged.size
  }

  acknowledge(partitionIndex: number, baseOffset: number, values: readonly string[]): void {
    for (const [index, value] of values.entries()) {
      const offset = baseOffset + index
      if (this.#acknowledged.has(value)) this.violations.push(`${value} acknowledged twice`)
      this.#acknowledged.set(value, { partitionIndex, offset })
    }
  }

  /** A reader got this; nobody may ever see something else at this place. */
  see(partitionIndex: number, record: ReadRecord): void {
    const place = `${partitionIndex}@${record.offset}`
    const before = this.#seen.get(place)
    if (before !== undefined && before !== record.value) {
      this.violations.push(`at ${place} first ${before}, then ${record.value}`)
    }
    this.#seen.set(place, record.value)
  }

  commit(group: string, partitionIndex: number, offset: number): void {
    this.#committedOffsets.set(`${group}/${partitionIndex}`, offset)
  }

  /** The acknowledged commit, or -1. */
  committed(group: string, partitionIndex: number): number {
    return this.#committedOffsets.get(`${group}/${partitionIndex}`) ?? -1
  }

  violate(what: string): void {
    this.violations.push(what)
  }

  /** Judges one partition as a last reader found it, from its first record to its last. */
  judge(partitionIndex: number, log: readonly ReadRecord[]): void {
    this.#judgeOffsets(partitionIndex, log)
    this.#judgeProducers(partitionIndex, log)
    const byOffset = new Map(log.map(({ offset, value }) => [offset, value]))
    for (const [value, place] of this.#acknowledged) {
      if (place.partitionIndex !== partitionIndex) continue
      const found = byOffset.get(place.offset)
      if (found !== value)
        this.violations.push(`lost: ${value} at ${partitionIndex}@${place.offset}, there is ${found}`)
    }
    for (const [place, value] of this.#seen) {
      const [partition, offset] = place.split('@').map(Number)
      if (partition !== partitionIndex) continue
      const found = byOffset.get(offset!)
      if (found !== value) this.violations.push(`read and gone: ${value} at ${place}, there is ${found}`)
    }
  }

  #judgeOffsets(partitionIndex: number, log: readonly ReadRecord[]): void {
    for (const [index, { offset }] of log.entries()) {
      if (offset !== index)
        this.violations.push(`a gap: record ${index} of ${partitionIndex} has offset ${offset}`)
    }
  }

  #judgeProducers(partitionIndex: number, log: readonly ReadRecord[]): void {
    const last = new Map<string, number>()
    for (const { offset, value } of log) {
      const [producer, text] = value.split('/')
      const number = Number(text)
      const before = last.get(producer!) ?? -1
      if (number === before) this.violations.push(`twice: ${value} again at ${partitionIndex}@${offset}`)
      else if (number < before)
        this.violations.push(`out of order: ${value} at ${partitionIndex}@${offset} after ${before}`)
      last.set(producer!, Math.max(before, number))
    }
  }
}
