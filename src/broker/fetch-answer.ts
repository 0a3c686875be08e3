import type { PartitionDataInit } from '../protocol/generated/fetch.ts'
import type { Target, TargetTopic } from './fetch-target.ts'

/** What a fetch found in one partition. */
export interface Look {
  readonly target: Target
  readonly data: PartitionDataInit
  /** Its log was not looked into, for the answer was full. */
  readonly isSkipped: boolean
}

/** The topics of an answer: neighbours of one topic share its entry. */
export class AnswerTopics {
  readonly topics: { topic: string; topicId: string; partitions: PartitionDataInit[] }[] = []
  #last: TargetTopic | null = null

  add({ target: { topic }, data }: Look): void {
    if (topic !== this.#last) {
      this.#last = topic
      this.topics.push({ topic: topic.name ?? '', topicId: topic.topicId, partitions: [] })
    }
    this.topics.at(-1)!.partitions.push(data)
  }
}
