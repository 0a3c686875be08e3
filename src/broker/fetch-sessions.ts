import type { Random } from '../base/random.ts'
import type { MetadataImage } from '../metadata/image/metadata-image.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type { FetchableTopicResponseInit, FetchRequest } from '../protocol/generated/fetch.ts'
import type { PartitionWatcher } from '../replication/partition.ts'
import { AnswerTopics, type Look } from './fetch-answer.ts'
import { hasRecords, type Target } from './fetch-target.ts'
import { FetchTargets, type PartitionFinder } from './fetch-targets.ts'

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
  /** No change is worth waiting for: it has no partition, or its session ended or went on without it. */
  readonly isOver: boolean
  /** What needs a look now, in the order it is to be served. */
  readonly targets: readonly Target[]
  /** To be called for each look: who has nothing to tell needs no further one until he changes. */
  looked(look: Look): void
  /** The answer's topics. Call it once, with the looks that are sent: the session remembers them. */
  select(looks: readonly Look[]): readonly FetchableTopicResponseInit[]
  /** For a fetch that waits: the watcher is told when there is something to look at. */
  watch(watcher: PartitionWatcher): void
  unwatch(watcher: PartitionWatcher): void
}

export type BegunFetch =
  | { readonly ok: true; readonly fetch: FetchContext }
  | { readonly ok: false; readonly errorCode: ErrorCode }

export interface FetchSessionsOptions {
  readonly partitions: PartitionFinder
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
  readonly #partitions: PartitionFinder
  readonly #slotsMax: number
  readonly #evictionMs: number
  readonly #partitionsMax: number
  readonly #random: Random
  /** The least recently used one first. */
  readonly #sessions = new Map<number, FetchSession>()
  #partitionCount = 0

  constructor(options: FetchSessionsOptions) {
    this.#partitions = options.partitions
    this.#slotsMax = options.slotsMax
    this.#evictionMs = options.evictionMs
    this.#random = options.random
    this.#partitionsMax = options.partitionsMax ?? CACHED_PARTITIONS_MAX
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
    const targets = new FetchTargets(apiVersion >= TOPIC_IDS_VERSION, this.#partitions)
    targets.update(topics, [], image)
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
    this.#partitionCount -= targets.size
    targets.update(request.topics, request.forgottenTopicsData, image)
    this.#partitionCount += targets.size
    if (targets.size === 0 || this.#partitionCount > this.#partitionsMax) {
      this.#remove(session)
      if (targets.size > 0) return { ok: false, errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
      return { ok: true, fetch: new WholeFetch(targets) }
    }
    session.goOn()
    this.#touch(session, nowMs)
    return { ok: true, fetch: new SessionFetch(session, true) }
  }

  /** Null when nobody loses a slot for it. */
  #create(targets: FetchTargets, nowMs: number): FetchSession | null {
    const count = targets.size
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
        if (session.targets.size >= smallest || !isOld(session.createdAtMs)) continue
        smallest = session.targets.size
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
    this.#partitionCount -= session.targets.size
    session.end()
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
  readonly targets: FetchTargets
  readonly createdAtMs: number
  lastUsedMs: number
  #epoch = nextSessionEpoch(INITIAL_EPOCH)
  #isEnded = false

  constructor(id: number, targets: FetchTargets, nowMs: number) {
    this.id = id
    this.targets = targets
    this.createdAtMs = nowMs
    this.lastUsedMs = nowMs
    targets.watch()
  }

  /** What the next request must carry. */
  get epoch(): number {
    return this.#epoch
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** With the next request; one that waits is overtaken. */
  goOn(): void {
    this.#epoch = nextSessionEpoch(this.#epoch)
    this.targets.cutWait()
  }

  end(): void {
    this.#isEnded = true
    this.targets.unwatch()
    this.targets.cutWait()
  }
}

/** A fetch that leaves nothing behind. */
class WholeFetch implements FetchContext {
  readonly sessionId = NO_SESSION
  readonly errorCode = ErrorCode.NONE
  readonly isIncremental = false
  readonly #targets: FetchTargets

  constructor(targets: FetchTargets) {
    this.#targets = targets
  }

  get isOver(): boolean {
    return !this.#targets.isAnyFound
  }

  get targets(): readonly Target[] {
    return this.#targets.due
  }

  /** The answer has all of them. */
  looked(): void {}

  select(looks: readonly Look[]): readonly FetchableTopicResponseInit[] {
    const answer = new AnswerTopics()
    for (const look of looks) answer.add(look)
    return answer.topics
  }

  watch(watcher: PartitionWatcher): void {
    this.#targets.watch()
    this.#targets.beginWait(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#targets.endWait(watcher)
    this.#targets.unwatch()
  }
}

/** A fetch of a session: the first one, or an incremental one. */
class SessionFetch implements FetchContext {
  readonly isIncremental: boolean
  readonly #session: FetchSession
  readonly #epoch: number

  constructor(session: FetchSession, isIncremental: boolean) {
    this.#session = session
    this.#epoch = session.epoch
    this.isIncremental = isIncremental
  }

  get sessionId(): number {
    return this.#session.id
  }

  get errorCode(): ErrorCode {
    return this.#isOvertaken ? ErrorCode.INVALID_FETCH_SESSION_EPOCH : ErrorCode.NONE
  }

  get isOver(): boolean {
    return this.#isOvertaken || this.#session.isEnded || !this.#session.targets.isAnyFound
  }

  get targets(): readonly Target[] {
    return this.#isOvertaken ? [] : this.#session.targets.due
  }

  looked(look: Look): void {
    const { target, data } = look
    // The first answer has all of them.
    if (this.isIncremental && !target.isNews(data) && !isLeft(look)) this.#session.targets.settle(target)
  }

  select(looks: readonly Look[]): readonly FetchableTopicResponseInit[] {
    if (this.#isOvertaken) return []
    const { targets } = this.#session
    const answer = new AnswerTopics()
    const served: Target[] = []
    for (const look of looks) {
      const { target, data } = look
      if (target.isNews(data) || !this.isIncremental) answer.add(look)
      target.remember(data)
      if (hasRecords(data)) served.push(target)
      else if (!isLeft(look)) targets.settle(target)
    }
    targets.served(served)
    return answer.topics
  }

  watch(watcher: PartitionWatcher): void {
    this.#session.targets.beginWait(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#session.targets.endWait(watcher)
  }

  get #isOvertaken(): boolean {
    return this.#session.epoch !== this.#epoch
  }
}

/** The next look may find something else, or the same again, though nothing changes meanwhile. */
function isLeft({ target, data, isSkipped }: Look): boolean {
  return isSkipped || target.expectsMore(data)
}
