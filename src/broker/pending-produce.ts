import { ErrorCode } from '../protocol/error-code.ts'
import type { PartitionProduceResponseInit, ProduceResponseInit } from '../protocol/generated/produce.ts'
import type { CommitWaiter } from '../replication/commit-queue.ts'
import type { Partition } from '../replication/partition.ts'
import type { AppendResult, LogRefusal } from '../storage/append-result.ts'
import type { RequestContext } from './handler.ts'

const NO_OFFSET = -1
const ACKS_ALL = -1
const ACKS_NONE = 0

interface PartitionAnswer extends PartitionProduceResponseInit {
  errorCode: ErrorCode
  baseOffset: number
}

interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: PartitionAnswer[]
}

/** The answer of one Produce request while its batches become as safe as `acks` asks. */
export class PendingProduce implements CommitWaiter {
  readonly #acks: number
  readonly #context: RequestContext
  readonly #topics: TopicAnswer[] = []
  readonly #answers: PartitionAnswer[] = []
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

  /** A batch was staged, or refused. */
  add(index: number, partition: Partition, result: AppendResult): void {
    if (!result.ok) {
      this.#push(refusedAnswer(index, result))
      return
    }
    const { baseOffset, lastOffset, logAppendTimeMs, logStartOffset } = result
    const token = this.#answers.length
    this.#push({ index, errorCode: ErrorCode.NONE, baseOffset, logAppendTimeMs, logStartOffset })
    this.#outstanding += 1
    if (this.#acks === ACKS_ALL) partition.awaitCommit(lastOffset + 1, this, token)
    else partition.awaitWrite(lastOffset + 1, this, token)
  }

  /** Every partition was added or refused. */
  endOfRequest(): void {
    this.#settleOne()
  }

  onSettled(token: number, errorCode: ErrorCode): void {
    if (errorCode !== ErrorCode.NONE) {
      const answer = this.#answers[token]!
      answer.errorCode = errorCode
      answer.baseOffset = NO_OFFSET
    }
    this.#settleOne()
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

function refusedAnswer(
  index: number,
  { errorCode, message, recordErrors = [] }: LogRefusal,
): PartitionAnswer {
  return {
    index,
    errorCode: errorCode as ErrorCode,
    baseOffset: NO_OFFSET,
    errorMessage: message,
    recordErrors: recordErrors.map(batchIndex => ({ batchIndex, batchIndexErrorMessage: message })),
  }
}
