import { ClientConnection } from './client-connection.ts'
import {
  type ClientEnvironment,
  NONE,
  OFFSET_OUT_OF_RANGE,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './client-environment.ts'
import { decodeBatches, type ReadRecord } from './record-batch.ts'
import {
  commitOffset,
  type FetchAnswer,
  fetch,
  fetchOffset,
  findGroupCoordinator,
  outsiderOf,
} from './requests.ts'

const RETRY_DELAY_MAX_MS = 40
const FETCH_WAIT_MS = 30
/** One round in so many commits the position. */
const COMMIT_ONE_IN = 4

export interface SimulatedReaderOptions {
  readonly name: string
  readonly partitionIndex: number
  /** Commits its position for this group, and asks for it after each reconnect; never when absent. */
  readonly groupId?: string
}

/** Reads a partition from its first record on, with long polls, and remembers what it got. */
export class SimulatedReader {
  readonly #environment: ClientEnvironment
  readonly #options: SimulatedReaderOptions
  /** What was read, in order; record i has offset i. */
  readonly records: ReadRecord[] = []
  /** The high watermark of the last answer, -1 before. */
  highWatermark = -1
  #stopped = false
  #connection: ClientConnection | undefined

  constructor(environment: ClientEnvironment, options: SimulatedReaderOptions) {
    this.#environment = environment
    this.#options = options
  }

  get position(): number {
    return this.records.length
  }

  start(): void {
    if (this.#stopped) return
    const connection = new ClientConnection(this.#environment.connect, () => this.#retryLater())
    this.#connection = connection
    if (!connection.isOpen) this.#retryLater()
    else if (this.#options.groupId === undefined) this.#fetch(connection)
    else this.#checkCommitted(connection, this.#options.groupId)
  }

  stop(): void {
    this.#stopped = true
    this.#connection?.close()
  }

  #retryLater(): void {
    const { timers, random } = this.#environment
    if (!this.#stopped) timers.set(1 + random.below(RETRY_DELAY_MAX_MS), () => this.start())
  }

  #fetch(connection: ClientConnection): void {
    const { topic } = this.#environment
    const request = fetch(topic, this.#options.partitionIndex, this.position, FETCH_WAIT_MS)
    connection.request(request, answer => this.#fetched(connection, answer))
  }

  #fetched(connection: ClientConnection, answer: FetchAnswer): void {
    const { history, trace, random } = this.#environment
    const { name, groupId } = this.#options
    if (answer.errorCode !== NONE) {
      if (answer.errorCode === OFFSET_OUT_OF_RANGE)
        history.violate(`${name}: ${this.position} is out of range`)
      if (answer.errorCode === UNKNOWN_TOPIC_OR_PARTITION) history.violate(`${name}: the topic is gone`)
      trace(`${name} fetch error ${answer.errorCode}`)
      connection.close()
      return
    }
    this.#accept(answer)
    if (groupId !== undefined && random.below(COMMIT_ONE_IN) === 0) this.#commit(connection, groupId)
    else this.#fetch(connection)
  }

  #accept(answer: FetchAnswer): void {
    const { history, trace } = this.#environment
    const { name, partitionIndex } = this.#options
    this.highWatermark = answer.highWatermark
    for (const record of decodeBatches(answer.records)) {
      if (record.offset < this.position) continue
      if (record.offset !== this.position)
        history.violate(`${name}: ${record.offset} instead of ${this.position}`)
      if (record.offset >= answer.highWatermark)
        history.violate(`${name}: ${record.offset} above the high watermark`)
      history.see(partitionIndex, record)
      trace(`${name} ${record.offset} ${record.value}`)
      this.records.push(record)
    }
  }

  #commit(connection: ClientConnection, groupId: string): void {
    const { topic, history, trace } = this.#environment
    const { partitionIndex, name } = this.#options
    const offset = this.position
    connection.request(commitOffset(outsiderOf(groupId), topic, partitionIndex, offset), errorCode => {
      trace(`${name} commit ${offset} ${errorCode}`)
      if (errorCode === NONE) {
        history.commit(groupId, partitionIndex, offset)
        this.#fetch(connection)
      } else connection.close()
    })
  }

  /** The group's offset must not lie behind the last acknowledged commit. */
  #checkCommitted(connection: ClientConnection, groupId: string): void {
    const { topic, history, trace } = this.#environment
    const { partitionIndex, name } = this.#options
    connection.request(findGroupCoordinator(groupId), coordinatorError => {
      if (coordinatorError !== NONE) {
        connection.close()
        return
      }
      connection.request(fetchOffset(groupId, topic, partitionIndex), ({ errorCode, offset }) => {
        trace(`${name} committed ${offset} ${errorCode}`)
        if (errorCode !== NONE) {
          connection.close()
          return
        }
        const acknowledged = history.committed(groupId, partitionIndex)
        if (offset < acknowledged) history.violate(`${name}: commit ${acknowledged} lost, there is ${offset}`)
        this.#fetch(connection)
      })
    })
  }
}
