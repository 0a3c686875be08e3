import { ErrorCode } from '../protocol/error-code.ts'
import type { BatchIndexAndErrorMessageInit, ProduceResponseInit } from '../protocol/generated/produce.ts'
import type { Applicant } from '../replication/admission.ts'
import type { CommitWaiter } from '../replication/commit-queue.ts'
import type { Partition } from '../replication/partition.ts'
import type { Appended, AppendResult, LogRefusal } from '../storage/append-result.ts'
import type { RequestContext } from './handler.ts'

const NO_OFFSET = -1
const ACKS_ALL = -1
const ACKS_NONE = 0

interface PartitionAnswer {
  readonly index: number
  errorCode: ErrorCode
  baseOffset: number
  logAppendTimeMs?: number
  logStartOffset?: number
  errorMessage?: string
  recordErrors?: readonly BatchIndexAndErrorMessageInit[]
}

interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: PartitionAnswer[]
}

/** The answer of one Produce request while its batches become as safe as `acks` asks. */
export class PendingProduce implements Applicant, CommitWaiter {
  readonly #acks: number
  readonly #context: RequestContext
  readonly #topics: TopicAnswer[] = []
  readonly #answers: PartitionAnswer[] = []
  /** By token, as the answers are. */
  readonly #partitions: Partition[] = []
  /** Batches that wait for their turn in the frame; null while none had to. */
  #waitingTokens: Set<number> | null = null
  /** One more than there are partitions to wait for, until the request has been gone through. */
  #outstanding = 1

  constructor(acks: number, context: RequestContext) {
    this.#acks = acks
    this.#context = context
  }

  /** The partitions that follow are of this topic. */
  beginTopic(name: string, topicId: string): void {
    this.#topics.push({ name, topicId, partitionResponses: [] })
  }

  refuse(index: number, errorCode: ErrorCode): void {
    this.#push({ index, errorCode, baseOffset: NO_OFFSET })
  }

  refuseBatch(index: number, refusal: LogRefusal): void {
    this.#push({ index, errorCode: ErrorCode.NONE, baseOffset: NO_OFFSET })
    refuseWith(this.#answers[this.#answers.length - 1]!, refusal)
  }

  /** A batch goes into the partition, or waits for its turn; the frame stays until all have had theirs. */
  offer(index: number, partition: Partition, batch: Uint8Array): void {
    const token = this.#answers.length
    this.#push({ index, errorCode: ErrorCode.NONE, baseOffset: NO_OFFSET })
    this.#partitions[token] = partition
    this.#outstanding += 1
    if (partition.offer({ batch, nowMs: this.#context.nowMs, applicant: this, token })) return
    if (this.#waitingTokens === null) {
      this.#waitingTokens = new Set()
      this.#context.retainFrame()
    }
    this.#waitingTokens.add(token)
  }

  /** Every partition was offered or refused. */
  endOfRequest(): void {
    this.#settleOne()
  }

  onAdmitted(token: number, result: AppendResult): void {
    const answer = this.#answers[token]!
    if (result.ok) this.#await(token, answer, result)
    else {
      refuseWith(answer, result)
      this.#settleOne()
    }
    if (this.#waitingTokens?.delete(token) && this.#waitingTokens.size === 0) this.#context.releaseFrame()
  }

  onSettled(token: number, errorCode: ErrorCode): void {
    if (errorCode !== ErrorCode.NONE) {
      const answer = this.#answers[token]!
      answer.errorCode = errorCode
      answer.baseOffset = NO_OFFSET
    }
    this.#settleOne()
  }

  #await(token: number, answer: PartitionAnswer, appended: Appended): void {
    answer.baseOffset = appended.baseOffset
    answer.logAppendTimeMs = appended.logAppendTimeMs
    answer.logStartOffset = appended.logStartOffset
    const partition = this.#partitions[token]!
    if (this.#acks === ACKS_ALL) partition.awaitCommit(appended.lastOffset + 1, this, token)
    else partition.awaitWrite(appended.lastOffset + 1, this, token)
  }

  #push(answer: PartitionAnswer): void {
    this.#answers.push(answer)
    this.#topics[this.#topics.length - 1]!.partitionResponses.push(answer)
  }

  #settleOne(): void {
    this.#outstanding -= 1
    if (this.#outstanding > 0) return
    if (this.#acks === ACKS_NONE) this.#answerWithoutBytes()
    else this.#context.respond({ responses: this.#topics } satisfies ProduceResponseInit)
  }

  /** NET-7: the end of the connection is the only word that a producer with acks=0 hears. */
  #answerWithoutBytes(): void {
    if (this.#answers.some(({ errorCode }) => errorCode !== ErrorCode.NONE)) this.#context.closeConnection()
    else this.#context.respondNothing()
  }
}

function refuseWith(
  answer: PartitionAnswer,
  { errorCode, errorMessage, recordErrors = [] }: LogRefusal,
): void {
  answer.errorCode = errorCode
  answer.errorMessage = errorMessage
  answer.recordErrors = recordErrors.map(batchIndex => ({ batchIndex, batchIndexErrorMessage: errorMessage }))
}
