import { ErrorCode } from '../protocol/error-code.ts'
import type { CoordinatorLog, KeyValue } from './coordinator-log.ts'

/** A topic in memory; `hold` keeps appends uncommitted until `commit`. */
export class MemoryCoordinatorLog implements CoordinatorLog {
  readonly shardCount = 50
  readonly partitions = new Map<number, KeyValue[]>()
  isHolding = false
  isTopicThere = true
  createError: ErrorCode = ErrorCode.NONE
  nextError: ErrorCode = ErrorCode.NONE
  /** Replays wait for it. */
  replayGate: Promise<void> = Promise.resolve()
  readonly #held: (() => void)[] = []

  isReady(): boolean {
    return this.isTopicThere
  }

  async ensureTopic(): Promise<ErrorCode> {
    await Promise.resolve()
    this.isTopicThere = this.createError === ErrorCode.NONE
    return this.createError
  }

  append(shard: number, records: readonly KeyValue[], _: number, done: (errorCode: ErrorCode) => void): void {
    const errorCode = this.nextError
    this.nextError = ErrorCode.NONE
    const finish = () => {
      if (errorCode === ErrorCode.NONE)
        this.partitions.set(shard, [...(this.partitions.get(shard) ?? []), ...records])
      done(errorCode)
    }
    if (this.isHolding) this.#held.push(finish)
    else finish()
  }

  commit(): void {
    this.commitFirst(this.#held.length)
  }

  commitFirst(count: number): void {
    for (const finish of this.#held.splice(0, count)) finish()
  }

  async replay(shard: number, each: Parameters<CoordinatorLog['replay']>[1]): Promise<void> {
    await this.replayGate
    for (const [offset, { key, value }] of (this.partitions.get(shard) ?? []).entries())
      each(key, value, offset, 0)
  }
}
