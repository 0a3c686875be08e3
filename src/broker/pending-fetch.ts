import { ErrorCode } from '../protocol/error-code.ts'
import type { FetchRequest, FetchResponseInit, PartitionDataInit } from '../protocol/generated/fetch.ts'
import type { DelayedFetches, ParkedFetch } from '../replication/delayed-fetches.ts'
import type { Partition, PartitionWatcher } from '../replication/partition.ts'
import type { LogRange } from '../storage/log-reader.ts'
import { COLD_READS_MAX, type ColdPart, ColdWait } from './cold-wait.ts'
import type { Look } from './fetch-answer.ts'
import type { FetchContext } from './fetch-sessions.ts'
import type { Target } from './fetch-target.ts'
import type { RequestContext } from './handler.ts'

const NO_OFFSET = -1
const NO_RECORDS = new Uint8Array(0)
const READ_COMMITTED = 1
/** A fetch that found something on the disk waits at least so long, to be answered with it rather than with nothing. */
const COLD_WAIT_MIN_MS = 1000

/** What one partition gives to a fetch. */
interface PartitionFetch extends Look {
  readonly sizeBytes: number
  /** There is something that the reader must know now, whatever min_bytes says. */
  readonly isUrgent: boolean
}

type Cold = ColdPart<Partition>

/** One Fetch request: what it finds now, and its wait for more. */
export class PendingFetch implements ParkedFetch {
  readonly #fetch: FetchContext
  readonly #request: FetchRequest
  readonly #context: RequestContext
  readonly #maxBytes: number
  readonly #isOfBroker: boolean
  #looks: Look[] = []
  /** What was found on the disk only, by the last look. */
  #cold: Cold[] = []
  #coldWait: ColdWait<Partition> | null = null

  constructor(fetch: FetchContext, request: FetchRequest, context: RequestContext, fetchMaxBytes: number) {
    this.#fetch = fetch
    this.#request = request
    this.#context = context
    this.#isOfBroker = request.replicaId >= 0 || request.replicaState.replicaId >= 0
    this.#maxBytes = Math.min(request.maxBytes, fetchMaxBytes)
  }

  get maxWaitMs(): number {
    return this.#cold.length > 0
      ? Math.max(this.#request.maxWaitMs, COLD_WAIT_MIN_MS)
      : this.#request.maxWaitMs
  }

  /** Looks at every partition that needs it; true when the answer is worth sending at once. */
  read(): boolean {
    this.#looks = []
    this.#cold = []
    let sizeBytes = 0
    let isUrgent = this.#fetch.isOver
    for (const target of this.#fetch.targets) {
      const share = this.#readTarget(target, this.#maxBytes - sizeBytes, sizeBytes === 0)
      this.#fetch.looked(share)
      this.#looks.push(share)
      sizeBytes += share.sizeBytes
      isUrgent ||= share.isUrgent
    }
    return isUrgent || sizeBytes >= this.#request.minBytes || this.maxWaitMs <= 0
  }

  watch(watcher: PartitionWatcher): void {
    this.#fetch.watch(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#fetch.unwatch(watcher)
  }

  park(delayedFetches: DelayedFetches): void {
    const place = delayedFetches.park(this)
    this.#coldWait = new ColdWait(() => place.wake())
    this.#coldWait.add(this.#cold)
    this.#context.whenAbandoned(() => {
      place.takeBack()
      this.#coldWait?.takeBack()
    })
  }

  retry(): boolean {
    const isDue = this.read()
    if (isDue) this.answer()
    else this.#coldWait?.add(this.#cold)
    return isDue
  }

  expire(): void {
    this.read()
    this.answer()
  }

  answer(): void {
    this.#coldWait?.takeBack()
    // What is cold is not waited for here, and will be asked for again.
    for (const { read } of this.#cold.slice(0, COLD_READS_MAX)) read.begin()
    const body: FetchResponseInit = {
      errorCode: this.#fetch.errorCode,
      sessionId: this.#fetch.sessionId,
      responses: this.#fetch.select(this.#looks),
    }
    this.#context.respond(body)
  }

  #readTarget(target: Target, leftBytes: number, isFirst: boolean): PartitionFetch {
    const { partition, topic } = target
    // FET-1: an unknown partition alone ends no wait; a name that has another id by now does (measured on Kafka).
    const isUrgent = topic.errorCode === ErrorCode.INCONSISTENT_TOPIC_ID
    if (topic.errorCode !== ErrorCode.NONE) return refused(target, topic.errorCode, isUrgent)
    // FET-1: deleted while the fetch waited, it ends the wait.
    if (partition === null) {
      const share = refused(target, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, false)
      return { ...share, isUrgent: target.wasDeleted }
    }
    const epochError = partition.checkLeaderEpoch(target.currentLeaderEpoch)
    if (epochError !== ErrorCode.NONE) return refused(target, epochError, true)
    // FET-5: every replica is here, so that no broker has one to fetch for.
    if (this.#isOfBroker) return refused(target, ErrorCode.NOT_LEADER_OR_FOLLOWER, true)
    const diverging = target.lastFetchedEpoch >= 0 ? checkDivergence(target, partition) : null
    if (diverging !== null) return diverging
    const maxBytes = Math.min(target.partitionMaxBytes, leftBytes)
    return this.#readPartition(target, partition, maxBytes, isFirst)
  }

  #readPartition(target: Target, partition: Partition, maxBytes: number, isFirst: boolean): PartitionFetch {
    if (maxBytes <= 0 && !isFirst)
      return { ...this.#share(target, partition, { range: null }), isSkipped: true }
    const result = partition.read(target.fetchOffset, Math.max(0, maxBytes), isFirst)
    if (!result.ok) return refused(target, result.errorCode, true)
    if (result.cold !== undefined) {
      if (this.#coldWait?.hasFailed(partition)) return refused(target, ErrorCode.KAFKA_STORAGE_ERROR, true)
      this.#cold.push({ part: partition, read: result.cold })
    }
    return this.#share(target, partition, result)
  }

  #share(
    target: Target,
    partition: Partition,
    { range, isCut = false }: Pick<LogRange, 'range' | 'isCut'>,
  ): PartitionFetch {
    const data: PartitionDataInit = {
      partitionIndex: target.partitionIndex,
      errorCode: ErrorCode.NONE,
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      abortedTransactions: this.#request.isolationLevel === READ_COMMITTED ? [] : null,
      records: range ?? NO_RECORDS,
    }
    return { target, data, isSkipped: false, sizeBytes: range?.sizeBytes ?? 0, isUrgent: isCut }
  }
}

function refused(target: Target, errorCode: ErrorCode, isUrgent: boolean): PartitionFetch {
  const data: PartitionDataInit = {
    partitionIndex: target.partitionIndex,
    errorCode,
    highWatermark: NO_OFFSET,
    lastStableOffset: NO_OFFSET,
    logStartOffset: NO_OFFSET,
    // FET-4: measured on Kafka, an empty list where the partition is unknown.
    abortedTransactions: isUrgent ? null : [],
    records: NO_RECORDS,
  }
  return { target, data, isSkipped: false, sizeBytes: 0, isUrgent }
}

/** FET-6, KIP-595: a reader whose last epoch ended before its offset reads from a log that was cut since. */
function checkDivergence(target: Target, partition: Partition): PartitionFetch | null {
  const end = partition.epochEndOffset(target.lastFetchedEpoch)
  if ('ok' in end) return refused(target, end.errorCode, true)
  const { leaderEpoch, endOffset } = end
  if (leaderEpoch < 0 || endOffset < 0) return refused(target, ErrorCode.OFFSET_OUT_OF_RANGE, true)
  if (leaderEpoch >= target.lastFetchedEpoch && endOffset >= target.fetchOffset) return null
  const share = refused(target, ErrorCode.NONE, true)
  const { highWatermark, lastStableOffset, logStartOffset } = partition
  const divergingEpoch = { epoch: leaderEpoch, endOffset }
  return {
    ...share,
    data: { ...share.data, highWatermark, lastStableOffset, logStartOffset, divergingEpoch },
  }
}
