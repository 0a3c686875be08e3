import { StorageError } from '../base/storage-error.ts'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.ts'

export interface EpochEntry {
  readonly leaderEpoch: number
  readonly startOffset: number
}

export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

const UNDEFINED: EpochEndOffset = { leaderEpoch: -1, endOffset: -1 }

/** Which leader epoch began at which offset (LOG-5, KIP-101); the file `leader-epoch-checkpoint`. */
export class LeaderEpochCache {
  #entries: EpochEntry[] = []

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  get latestEpoch(): number {
    return this.#entries.at(-1)?.leaderEpoch ?? -1
  }

  /** True when the epoch is new; entries that contradict it (not before it in epoch and offset) are forgotten. */
  assign(leaderEpoch: number, startOffset: number): boolean {
    const last = this.#entries.at(-1)
    if (last !== undefined && last.leaderEpoch === leaderEpoch) return false
    this.#entries = this.#entries.filter(
      entry => entry.leaderEpoch < leaderEpoch && entry.startOffset < startOffset,
    )
    this.#entries.push({ leaderEpoch, startOffset })
    return true
  }

  /** KIP-279: the largest epoch not above `leaderEpoch` and where it ended; (-1, -1) when unknown. */
  endOffset(leaderEpoch: number, logEndOffset: number): EpochEndOffset {
    if (leaderEpoch < 0) return UNDEFINED
    if (leaderEpoch === this.latestEpoch) return { leaderEpoch, endOffset: logEndOffset }
    const higher = this.#entries.find(entry => entry.leaderEpoch > leaderEpoch)
    if (higher === undefined) return UNDEFINED
    const floor = this.#entries.findLast(entry => entry.leaderEpoch <= leaderEpoch)
    return { leaderEpoch: floor?.leaderEpoch ?? leaderEpoch, endOffset: higher.startOffset }
  }

  /** The epoch of the record at `offset`, -1 when it is before the first entry. */
  epochAt(offset: number): number {
    return this.#entries.findLast(entry => entry.startOffset <= offset)?.leaderEpoch ?? -1
  }

  truncateFromEnd(endOffset: number): boolean {
    const before = this.#entries.length
    this.#entries = this.#entries.filter(entry => entry.startOffset < endOffset)
    return this.#entries.length !== before
  }

  /** Epochs that ended at or before the new start are forgotten; the one that holds it begins there. */
  truncateFromStart(startOffset: number): boolean {
    const first = this.#entries.findLastIndex(entry => entry.startOffset <= startOffset)
    if (first < 0 || (first === 0 && this.#entries[0]!.startOffset === startOffset)) return false
    const kept = this.#entries.slice(first)
    kept[0] = { leaderEpoch: kept[0]!.leaderEpoch, startOffset }
    this.#entries = kept
    return true
  }

  encode(): Uint8Array {
    return encodeCheckpoint(
      this.#entries.map(({ leaderEpoch, startOffset }) => `${leaderEpoch} ${startOffset}`),
    )
  }

  static decode(bytes: Uint8Array, path: string): LeaderEpochCache {
    const cache = new LeaderEpochCache()
    for (const line of decodeCheckpoint(bytes, path)) {
      const match = /^(\d+) (\d+)$/.exec(line)
      if (match === null) throw new StorageError('EBADMSG', 'decode', path)
      cache.#entries.push({ leaderEpoch: Number(match[1]), startOffset: Number(match[2]) })
    }
    return cache
  }
}
