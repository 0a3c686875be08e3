import type { BrokerProcess } from './broker-process.ts'
import type { Cell, Durability } from './cell.ts'
import {
  createTopic,
  type Duration,
  deleteTopic,
  type Endpoint,
  type Sample,
  takeSample,
} from './load-generator.ts'
import type { Target, TargetName } from './target.ts'

/** A running broker; each sample gets a topic of its own, which is deleted behind it. */
export class BrokerTarget implements Target {
  readonly name: TargetName
  readonly durability: Durability
  readonly isApart = false
  readonly #broker: BrokerProcess
  readonly #pid: number
  readonly #topicConfig: string
  #topicCount = 0

  constructor(
    name: TargetName,
    durability: Durability,
    broker: BrokerProcess,
    pid: number,
    topicConfig: string,
  ) {
    this.name = name
    this.durability = durability
    this.#broker = broker
    this.#pid = pid
    this.#topicConfig = topicConfig
  }

  async begin(cell: Cell): Promise<Endpoint> {
    this.#topicCount += 1
    const topic = `bench-${this.durability}-${this.#topicCount}`
    const at = { port: this.#broker.port, pid: this.#pid, topic, directory: this.#broker.directory }
    await createTopic(at, cell.partitions + cell.idlePartitions, this.#topicConfig)
    return at
  }

  sample(at: Endpoint, cell: Cell, duration: Duration): Promise<Sample> {
    return takeSample(at, cell, duration)
  }

  async end(at: Endpoint): Promise<void> {
    await deleteTopic(at)
  }

  async close(): Promise<void> {
    await this.#broker.stop()
    this.#broker.remove()
  }
}
