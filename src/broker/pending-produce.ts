import { ErrorCode } from '../protocol/error-code.ts'
import type {
  BatchIndexAndErrorMessageInit,
  ProduceRequest,
  ProduceResponseInit,
} from '../protocol/generated/produce.ts'
import { hasProducerId } from '../protocol/record-batch.ts'
import type { Offer } from '../replication/admission.ts'
import type { CommitWaiter } from '../replication/commit-queue.ts'
import type { Partition } from '../replication/partition.ts'
import { BEHIND } from '../replication/producer-hold.ts'
import type { AppendResult, LogRefusal } from '../storage/append-result.ts'
import type { RequestContext } from './handler.ts'

const NO_OFFSET = -1
const ACKS_ALL = -1
const ACKS_NONE = 0
/** Held batches up to this size, that of a shared slab, are copied, so that they keep none with what others asked. */
const HELD_COPY_MAX_BYTES = 256 * 1024
const NO_BYTES = new Uint8Array(0)
const NO_RECORD_ERRORS: readonly BatchIndexAndErrorMessageInit[] = []

/** What one partition answers, and its wait for that: one object from the offer to the bytes of the answer. */
class PartitionAnswer implements Offer, CommitWaiter {
  readonly index: number
  errorCode: ErrorCode
  baseOffset = NO_OFFSET
  logAppendTimeMs = -1
  logStartOffset = NO_OFFSET
  recordErrors = NO_RECORD_ERRORS
  errorMessage: string | null = null
  /** Let go when the batch was admitted: it is a view of the request, or a copy when it is held. */
  batch: Uint8Array = NO_BYTES
  #isWaitingInFrame = false
  #isHeld = false
  #partition: Partition | null = null
  readonly #request: PendingProduce

  constructor(index: number, errorCode: ErrorCode, request: PendingProduce) {
    this.index = index
    this.errorCode = errorCode
    this.#request = request
  }

  get nowMs(): number {
    return this.#request.nowMs
  }

  get deadlineMs(): number {
    return this.#request.deadlineMs
  }

  get heldBytes(): number {
    const { length } = this.batch
    return length <= HELD_COPY_MAX_BYTES ? length : this.#request.heldBytesInFrame(length)
  }

  /** True when the batch has to wait for its turn, in the request's frame. */
  offerTo(partition: Partition, batch: Uint8Array): boolean {
    this.#partition = partition
    this.batch = batch
    this.#isWaitingInFrame = !partition.offer(this) && this.batch === batch
    return this.#isWaitingInFrame
  }

  onHeld(): void {
    const isCopied = this.batch.length <= HELD_COPY_MAX_BYTES
    if (isCopied) this.batch = this.batch.slice()
    this.#isHeld = true
    this.#request.held(!isCopied)
  }

  onAdmitted(result: AppendResult): void {
    if (result === BEHIND && hasProducerId(this.batch)) this.#request.brokenOff(this.#partition!)
    this.batch = NO_BYTES
    if (result.ok) {
      this.baseOffset = result.baseOffset
      this.logAppendTimeMs = result.logAppendTimeMs
      this.logStartOffset = result.logStartOffset
      const endOffset = result.lastOffset + 1
      if (this.#request.awaitsCommit) this.#partition!.awaitCommit(endOffset, this)
      else this.#partition!.awaitWrite(endOffset, this)
    } else {
      this.refuse(result)
      this.#request.settleOne()
    }
    if (this.#isWaitingInFrame) this.#request.frameNeededLess()
    if (this.#isHeld) this.#request.heldNoMore()
  }

  onSettled(errorCode: ErrorCode): void {
    if (errorCode !== ErrorCode.NONE) {
      this.errorCode = errorCode
      this.baseOffset = NO_OFFSET
    }
    this.#request.settleOne()
  }

  refuse({ errorCode, errorMessage, recordErrors = [] }: LogRefusal): void {
    this.errorCode = errorCode
    this.errorMessage = errorMessage
    this.recordErrors = recordErrors.map(batchIndex => ({ batchIndex, batchIndexErrorMessage: errorMessage }))
  }
}

interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: PartitionAnswer[]
}

/** The answer of one Produce request while its batches become as safe as `acks` asks. */
export class PendingProduce {
  /** Counted from the arrival of the request, so that those behind one that was held for too long don't wait anew. */
  readonly deadlineMs: number
  readonly #acks: number
  readonly #context: RequestContext
  readonly #topics: TopicAnswer[] = []
  /** Batches that wait for their turn in the frame. */
  #inFrameCount = 0
  /** Batches that the disk holds up. */
  #heldCount = 0
  #isFrameHeld = false
  /** A batch of a producer with an id is missing there: none behind it may go in. */
  #brokenOff: Set<Partition> | null = null
  /** One more than there are partitions to wait for, until the request has been gone through. */
  #outstanding = 1

  constructor({ acks, timeoutMs }: Pick<ProduceRequest, 'acks' | 'timeoutMs'>, context: RequestContext) {
    this.#acks = acks
    this.deadlineMs = context.arrivedMs + timeoutMs
    this.#context = context
  }

  get nowMs(): number {
    return this.#context.nowMs
  }

  /** Or else only the write. */
  get awaitsCommit(): boolean {
    return this.#acks === ACKS_ALL
  }

  /** The partitions that follow are of this topic. */
  beginTopic(name: string, topicId: string): void {
    this.#topics.push({ name, topicId, partitionResponses: [] })
  }

  refuse(index: number, errorCode: ErrorCode): void {
    this.#add(index, errorCode)
  }

  refuseBatch(index: number, refusal: LogRefusal): void {
    this.#add(index, ErrorCode.NONE).refuse(refusal)
  }

  /** A batch goes into the partition, or waits for its turn; the frame stays until all have had theirs. */
  offer(index: number, partition: Partition, batch: Uint8Array): void {
    const answer = this.#add(index, ErrorCode.NONE)
    if (this.#brokenOff?.has(partition)) {
      answer.refuse(BEHIND)
      return
    }
    this.#outstanding += 1
    if (!answer.offerTo(partition, batch)) return
    if (this.#inFrameCount === 0) this.#context.retainFrame()
    this.#inFrameCount += 1
  }

  /** Every partition was offered or refused. */
  endOfRequest(): void {
    this.settleOne()
  }

  // ---- for PartitionAnswer ----

  settleOne(): void {
    this.#outstanding -= 1
    if (this.#outstanding > 0) return
    if (this.#acks === ACKS_NONE) this.#answerWithoutBytes()
    else this.#context.respond({ responses: this.#topics } satisfies ProduceResponseInit)
  }

  frameNeededLess(): void {
    this.#inFrameCount -= 1
    if (this.#inFrameCount === 0) this.#context.releaseFrame()
  }

  /** The first one that is held in the frame keeps all of it. */
  heldBytesInFrame(batchBytes: number): number {
    return this.#isFrameHeld ? batchBytes : this.#context.frameSizeBytes
  }

  /**
   * What its producer has sent behind it would be out of sequence, or taken for its first batch and the one that is
   * missing for out of sequence. It is told to send all of them again, in order, by the end of the connection.
   */
  brokenOff(partition: Partition): void {
    this.#brokenOff ??= new Set()
    this.#brokenOff.add(partition)
    this.#context.closeBehindAnswers()
  }

  /** What else its connection brings waits too, or one connection could take all the room there is. */
  held(isInFrame: boolean): void {
    this.#isFrameHeld ||= isInFrame
    if (this.#heldCount === 0) this.#context.holdConnectionBack()
    this.#heldCount += 1
  }

  heldNoMore(): void {
    this.#heldCount -= 1
    if (this.#heldCount === 0) this.#context.letConnectionGoOn()
  }

  #add(index: number, errorCode: ErrorCode): PartitionAnswer {
    const answer = new PartitionAnswer(index, errorCode, this)
    this.#topics[this.#topics.length - 1]!.partitionResponses.push(answer)
    return answer
  }

  /** NET-7: the end of the connection is the only word that a producer with acks=0 hears. */
  #answerWithoutBytes(): void {
    const isRefused = this.#topics.some(({ partitionResponses }) =>
      partitionResponses.some(({ errorCode }) => errorCode !== ErrorCode.NONE),
    )
    if (isRefused) this.#context.closeConnection()
    else this.#context.respondNothing()
  }
}
