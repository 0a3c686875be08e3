import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { MetadataImage } from '../metadata/image/metadata-image.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type {
  FetchableTopicResponseInit,
  FetchRequest,
  PartitionDataInit,
} from '../protocol/generated/fetch.ts'
import { AnswerTopics, type FetchTarget, hasRecords, type Target, TargetTable } from './fetch-targets.ts'

export type { FetchTarget } from './fetch-targets.ts'

/** Session epochs with a meaning of their own (KIP-227). */
const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fff_ffff
const SESSION_ID_MAX = 0x7fff_ffff
/** As a session id: no session. */
const NO_SESSION = 0
/** Topics are named by id (KIP-516). */
const TOPIC_IDS_VERSION = 13
/** A session may give way to another once nobody used it for this long. */
export const FETCH_SESSION_EVICTION_MS = 120_000
/** Of all sessions together: what a client may make the broker remember has a bound. */
const CACHED_PARTITIONS_MAX = 1_000_000

/** One fetch: what to look at, and what of it goes into the answer. */
export interface FetchContext {
  /** Of the session that the answer names, 0 for none. */
  readonly sessionId: number
  /** INVALID_FETCH_SESSION_EPOCH once another request of the session has overtaken this one; read it when answering. */
  readonly errorCode: ErrorCode
  /** The answer leaves out what has not changed. */
  readonly isIncremental: boolean
  /** In the order they are to be served. */
  readonly targets: readonly FetchTarget[]
  /**
   * The answer's topics, out of one result for each target, in their order. Call it once, with the results that are
   * sent: the session remembers them.
   */
  select(results: readonly PartitionDataInit[]): readonly FetchableTopicResponseInit[]
}

export type BegunFetch =
  | { readonly ok: true; readonly fetch: FetchContext }
  | { readonly ok: false; readonly errorCode: ErrorCode }

export interface FetchSessionsOptions {
  /** Sessions that are kept. */
  readonly slotsMax: number
  /** A session that was not used, or lived, for longer than this may lose its slot. */
  readonly evictionMs: number
  readonly random: Random
  /** Partitions of all sessions together. */
  readonly partitionsMax?: number
}

/**
 * The fetch sessions of KIP-227 (FSS-1, FSS-2): a client names its partitions once, and is told of those that changed.
 * No client depends on having one: an answer with session id 0 makes it name all partitions again.
 */
export class FetchSessions {
  readonly #slotsMax: number
  readonly #evictionMs: number
  readonly #partitionsMax: number
  readonly #random: Random
  /** The least recently used one first. */
  readonly #sessions = new Map<number, FetchSession>()
  #partitionCount = 0

  constructor({ slotsMax, evictionMs, random, partitionsMax = CACHED_PARTITIONS_MAX }: FetchSessionsOptions) {
    this.#slotsMax = slotsMax
    this.#evictionMs = evictionMs
    this.#random = random
    this.#partitionsMax = partitionsMax
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Of all sessions together. */
  get partitionCount(): number {
    return this.#partitionCount
  }

  /** Starts, continues or ends a session as the request asks. `nowMs` is monotonic. */
  begin(request: FetchRequest, apiVersion: number, image: MetadataImage, nowMs: number): BegunFetch {
    const { sessionId, sessionEpoch, topics } = request
    if (sessionEpoch !== INITIAL_EPOCH && sessionEpoch !== FINAL_EPOCH) {
      return this.#continue(request, apiVersion, image, nowMs)
    }
    this.#remove(this.#sessions.get(sessionId))
    const targets = new TargetTable(apiVersion >= TOPIC_IDS_VERSION)
    targets.put(topics)
    targets.resolveNames(image)
    const session = sessionEpoch === INITIAL_EPOCH ? this.#create(targets, nowMs) : null
    return { ok: true, fetch: session === null ? new WholeFetch(targets) : new SessionFetch(session, false) }
  }

  #continue(request: FetchRequest, apiVersion: number, image: MetadataImage, nowMs: number): BegunFetch {
    const session = this.#sessions.get(request.sessionId)
    if (session === undefined) return { ok: false, errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
    if (session.epoch !== request.sessionEpoch) {
      return { ok: false, errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
    }
    const { targets } = session
    if (targets.usesTopicIds !== apiVersion >= TOPIC_IDS_VERSION) {
      return { ok: false, errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR }
    }
    this.#partitionCount -= targets.list.length
    targets.put(request.topics)
    targets.forget(request.forgottenTopicsData)
    targets.resolveNames(image)
    this.#partitionCount += targets.list.length
    if (targets.list.length === 0 || this.#partitionCount > this.#partitionsMax) {
      this.#remove(session)
      if (targets.list.length > 0) return { ok: false, errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
      return { ok: true, fetch: new WholeFetch(targets) }
    }
    session.epoch = nextSessionEpoch(session.epoch)
    this.#touch(session, nowMs)
    return { ok: true, fetch: new SessionFetch(session, true) }
  }

  /** Null when nobody loses a slot for it. */
  #create(targets: TargetTable, nowMs: number): FetchSession | null {
    const count = targets.list.length
    if (this.#sessions.size >= this.#slotsMax && !this.#evictFor(count, nowMs)) return null
    if (this.#partitionCount + count > this.#partitionsMax) return null
    const session = new FetchSession(this.#newId(), targets, nowMs)
    this.#partitionCount += count
    this.#touch(session, nowMs)
    return session
  }

  /** FSS-2: the one idle for longest goes if it is stale; else the smallest that is not young, for a larger one. */
  #evictFor(partitionCount: number, nowMs: number): boolean {
    const isOld = (sinceMs: number) => nowMs - sinceMs > this.#evictionMs
    const [leastRecent] = this.#sessions.values()
    if (leastRecent === undefined) return false
    let evicted: FetchSession | null = isOld(leastRecent.lastUsedMs) ? leastRecent : null
    if (evicted === null) {
      let smallest = partitionCount
      for (const session of this.#sessions.values()) {
        if (session.targets.list.length >= smallest || !isOld(session.createdAtMs)) continue
        smallest = session.targets.list.length
        evicted = session
      }
    }
    if (evicted === null) return false
    this.#remove(evicted)
    return true
  }

  #touch(session: FetchSession, nowMs: number): void {
    session.lastUsedMs = nowMs
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  #remove(session: FetchSession | undefined): void {
    if (session === undefined) return
    this.#sessions.delete(session.id)
    this.#partitionCount -= session.targets.list.length
  }

  #newId(): number {
    for (;;) {
      const id = this.#random.below(SESSION_ID_MAX) + 1
      if (!this.#sessions.has(id)) return id
    }
  }
}

/** FSS-1: the number of the request that follows; 0 and -1 have meanings of their own. */
export function nextSessionEpoch(epoch: number): number {
  return epoch === EPOCH_MAX ? INITIAL_EPOCH + 1 : epoch + 1
}

class FetchSession {
  readonly id: number
  readonly targets: TargetTable
  readonly createdAtMs: number
  lastUsedMs: number
  /** What the next request must carry. */
  epoch = nextSessionEpoch(INITIAL_EPOCH)

  constructor(id: number, targets: TargetTable, nowMs: number) {
    this.id = id
    this.targets = targets
    this.createdAtMs = nowMs
    this.lastUsedMs = nowMs
  }
}

/** A fetch that leaves nothing behind. */
class WholeFetch implements FetchContext {
  readonly sessionId = NO_SESSION
  readonly errorCode = ErrorCode.NONE
  readonly isIncremental = false
  readonly targets: readonly Target[]

  constructor(targets: TargetTable) {
    this.targets = targets.list
  }

  select(results: readonly PartitionDataInit[]): readonly FetchableTopicResponseInit[] {
    const answer = new AnswerTopics()
    for (const [index, target] of this.targets.entries()) answer.add(target, results[index]!)
    return answer.topics
  }
}

/** A fetch of a session: the first one, or an incremental one. */
class SessionFetch implements FetchContext {
  readonly isIncremental: boolean
  readonly targets: readonly Target[]
  readonly #session: FetchSession
  readonly #epoch: number

  constructor(session: FetchSession, isIncremental: boolean) {
    this.#session = session
    this.#epoch = session.epoch
    this.targets = session.targets.list
    this.isIncremental = isIncremental
  }

  get sessionId(): number {
    return this.#session.id
  }

  get errorCode(): ErrorCode {
    return this.#isOvertaken ? ErrorCode.INVALID_FETCH_SESSION_EPOCH : ErrorCode.NONE
  }

  select(results: readonly PartitionDataInit[]): readonly FetchableTopicResponseInit[] {
    if (this.#isOvertaken) return []
    const { targets, isIncremental } = this
    assert(results.length === targets.length, 'every partition of a fetch has a result')
    const answer = new AnswerTopics()
    let gaveData = false
    for (let index = 0; index < targets.length; index++) {
      const target = targets[index]!
      const data = results[index]!
      const isNews = target.remember(data)
      if (isNews || !isIncremental) answer.add(target, data)
      gaveData ||= hasRecords(data)
    }
    // Those that gave nothing come first next time, so that a busy partition starves no other (KIP-227).
    if (gaveData && isIncremental) this.#session.targets.moveToEnd(results)
    return answer.topics
  }

  get #isOvertaken(): boolean {
    return this.#session.epoch !== this.#epoch
  }
}
