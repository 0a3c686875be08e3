import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { MetadataImage } from '../metadata/image/metadata-image.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import type {
  FetchableTopicResponseInit,
  FetchPartition,
  FetchRequest,
  FetchTopic,
  ForgottenTopic,
  PartitionDataInit,
} from '../protocol/generated/fetch.ts'
import { ZERO_UUID } from '../protocol/uuid.ts'

/** Session epochs with a meaning of their own (KIP-227). */
const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fff_ffff
const SESSION_ID_MAX = 0x7fff_ffff
/** As a session id: no session. */
const NO_SESSION = 0
/** Topics are named by id (KIP-516). */
const TOPIC_IDS_VERSION = 13
const UNKNOWN_OFFSET = -1
/** Of all sessions together: what a client may make the broker remember has a bound. */
const CACHED_PARTITIONS_MAX = 1_000_000

/** One partition to look at, as the reader last asked for it. */
export interface FetchTarget {
  /** Null for an id that no topic is known to have. */
  readonly topicName: string | null
  /** The zero id where topics are named. */
  readonly topicId: string
  /** FET-8: UNKNOWN_TOPIC_ID, or INCONSISTENT_TOPIC_ID when the topic was made anew under its name. */
  readonly errorCode: ErrorCode
  readonly partitionIndex: number
  readonly fetchOffset: number
  /** -1 for no check (KIP-320). */
  readonly currentLeaderEpoch: number
  /** -1 for none (KIP-595). */
  readonly lastFetchedEpoch: number
  readonly partitionMaxBytes: number
  /** Of the follower that asks, -1 for a consumer. */
  readonly logStartOffset: number
}

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

  /** FSS-2: the session that has been idle longest goes; if none is stale, one smaller than the new one that is not young. */
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
    if (gaveData && isIncremental) this.#session.targets.moveToEnd(index => hasRecords(results[index]!))
    return answer.topics
  }

  get #isOvertaken(): boolean {
    return this.#session.epoch !== this.#epoch
  }
}

/** What is the same for the partitions of one topic. */
class TargetTopic {
  readonly topicId: string
  name: string | null
  errorCode: ErrorCode = ErrorCode.NONE
  readonly partitions = new Map<number, Target>()

  constructor(topicId: string, name: string | null) {
    this.topicId = topicId
    this.name = name
  }
}

class Target implements FetchTarget {
  readonly partitionIndex: number
  readonly topic: TargetTopic
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  partitionMaxBytes: number
  logStartOffset: number
  isForgotten = false
  #knownHighWatermark = UNKNOWN_OFFSET
  #knownLogStartOffset = UNKNOWN_OFFSET

  constructor(topic: TargetTopic, wanted: FetchPartition) {
    this.topic = topic
    this.partitionIndex = wanted.partition
    this.fetchOffset = wanted.fetchOffset
    this.currentLeaderEpoch = wanted.currentLeaderEpoch
    this.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.partitionMaxBytes = wanted.partitionMaxBytes
    this.logStartOffset = wanted.logStartOffset
  }

  get topicName(): string | null {
    return this.topic.name
  }

  get topicId(): string {
    return this.topic.topicId
  }

  get errorCode(): ErrorCode {
    return this.topic.errorCode
  }

  update(wanted: FetchPartition): void {
    this.fetchOffset = wanted.fetchOffset
    this.currentLeaderEpoch = wanted.currentLeaderEpoch
    this.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.partitionMaxBytes = wanted.partitionMaxBytes
    this.logStartOffset = wanted.logStartOffset
  }

  /** True when the client does not know yet what `data` says. */
  remember(data: PartitionDataInit): boolean {
    const { highWatermark = 0, logStartOffset = UNKNOWN_OFFSET } = data
    const isError = data.errorCode !== undefined && data.errorCode !== ErrorCode.NONE
    const isMoved = highWatermark !== this.#knownHighWatermark || logStartOffset !== this.#knownLogStartOffset
    // After an error the partition is told of again, whatever its offsets are then.
    this.#knownHighWatermark = isError ? UNKNOWN_OFFSET : highWatermark
    this.#knownLogStartOffset = logStartOffset
    return (
      isError ||
      isMoved ||
      hasRecords(data) ||
      (data.preferredReadReplica ?? UNKNOWN_OFFSET) >= 0 ||
      (data.divergingEpoch?.epoch ?? UNKNOWN_OFFSET) >= 0
    )
  }
}

/** The partitions of a fetch or of a session, each of them once. */
class TargetTable {
  readonly usesTopicIds: boolean
  /** By id, or by name where topics are named. */
  readonly #topics = new Map<string, TargetTopic>()
  /** Replaced, never changed: a fetch that waits keeps the list it began with. */
  #list: readonly Target[] = []

  constructor(usesTopicIds: boolean) {
    this.usesTopicIds = usesTopicIds
  }

  get list(): readonly Target[] {
    return this.#list
  }

  /** Those that are new join at the end, in the order of the request. */
  put(topics: readonly FetchTopic[]): void {
    const added: Target[] = []
    for (const { topic, topicId, partitions } of topics) {
      const entry = this.#topicOf(topic, topicId)
      for (const wanted of partitions) {
        const known = entry.partitions.get(wanted.partition)
        if (known !== undefined) known.update(wanted)
        else {
          const target = new Target(entry, wanted)
          entry.partitions.set(wanted.partition, target)
          added.push(target)
        }
      }
    }
    if (added.length > 0) this.#list = this.#list.length === 0 ? added : [...this.#list, ...added]
  }

  forget(topics: readonly ForgottenTopic[]): void {
    let isAny = false
    for (const { topic, topicId, partitions } of topics) {
      const key = this.usesTopicIds ? topicId : topic
      const entry = this.#topics.get(key)
      if (entry === undefined) continue
      for (const partitionIndex of partitions) {
        const target = entry.partitions.get(partitionIndex)
        if (target === undefined) continue
        target.isForgotten = true
        isAny = true
        entry.partitions.delete(partitionIndex)
      }
      if (entry.partitions.size === 0) this.#topics.delete(key)
    }
    if (isAny) this.#list = this.#list.filter(target => !target.isForgotten)
  }

  /** A topic keeps the name it had: that is how a topic that was deleted and made anew is told from an unknown one. */
  resolveNames(image: MetadataImage): void {
    if (!this.usesTopicIds) return
    for (const topic of this.#topics.values()) {
      const found = image.topicById(topic.topicId)
      if (found !== undefined) {
        topic.name = found.name
        topic.errorCode = ErrorCode.NONE
      } else if (topic.name === null) topic.errorCode = ErrorCode.UNKNOWN_TOPIC_ID
      else {
        const isMadeAnew = image.topic(topic.name) !== undefined
        topic.errorCode = isMadeAnew ? ErrorCode.INCONSISTENT_TOPIC_ID : ErrorCode.NONE
      }
    }
  }

  moveToEnd(isMoved: (index: number) => boolean): void {
    const kept: Target[] = []
    const moved: Target[] = []
    for (const [index, target] of this.#list.entries()) (isMoved(index) ? moved : kept).push(target)
    this.#list = kept.concat(moved)
  }

  #topicOf(name: string, topicId: string): TargetTopic {
    const key = this.usesTopicIds ? topicId : name
    let entry = this.#topics.get(key)
    if (entry === undefined) {
      entry = this.usesTopicIds ? new TargetTopic(topicId, null) : new TargetTopic(ZERO_UUID, name)
      this.#topics.set(key, entry)
    }
    return entry
  }
}

/** Every topic once, where its first partition comes. */
class AnswerTopics {
  readonly topics: { topic: string; topicId: string; partitions: PartitionDataInit[] }[] = []
  readonly #partitions = new Map<TargetTopic, PartitionDataInit[]>()

  add({ topic }: Target, data: PartitionDataInit): void {
    let partitions = this.#partitions.get(topic)
    if (partitions === undefined) {
      partitions = []
      this.#partitions.set(topic, partitions)
      this.topics.push({ topic: topic.name ?? '', topicId: topic.topicId, partitions })
    }
    partitions.push(data)
  }
}

function hasRecords({ records }: PartitionDataInit): boolean {
  if (records === null || records === undefined) return false
  return (records instanceof Uint8Array ? records.length : records.sizeBytes) > 0
}
