import { ClientConnection } from './client-connection.ts'
import {
  type ClientEnvironment,
  DUPLICATE_SEQUENCE_NUMBER,
  NONE,
  OUT_OF_ORDER_SEQUENCE_NUMBER,
  UNKNOWN_PRODUCER_ID,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './client-environment.ts'
import { encodeBatch } from './record-batch.ts'
import { initProducerId, produce } from './requests.ts'

const REQUESTS_IN_FLIGHT_MAX = 5
const RETRY_DELAY_MAX_MS = 40
const PAUSE_MAX_MS = 12
const RECORDS_PER_BATCH_MAX = 3
/** One request in so many is followed by the loss of the connection. */
const DISCONNECT_ONE_IN = 40

/** No such answer can be given to a batch that is the oldest unacknowledged one of an idempotent producer. */
const FORBIDDEN_ANSWERS = new Map([
  [UNKNOWN_TOPIC_OR_PARTITION, 'the topic is gone'],
  [OUT_OF_ORDER_SEQUENCE_NUMBER, 'sequence out of order'],
  [DUPLICATE_SEQUENCE_NUMBER, 'a duplicate without its offset'],
  [UNKNOWN_PRODUCER_ID, 'producer forgotten'],
])

interface Batch {
  readonly partitionIndex: number
  readonly baseSequence: number
  readonly values: readonly string[]
}

/**
 * An idempotent producer: up to five requests in flight; after any trouble a new connection on which everything that
 * is not acknowledged is sent again, in order, with the sequence numbers of the first time.
 */
export class SimulatedProducer {
  readonly #environment: ClientEnvironment
  readonly #name: string
  readonly #unacknowledged: Batch[] = []
  readonly #nextSequences: number[]
  #batchesLeft: number
  #nextNumber = 0
  #sentCount = 0
  #pausing = false
  #identity: { producerId: number; producerEpoch: number } | undefined
  #connection: ClientConnection | undefined

  constructor(environment: ClientEnvironment, name: string, batchCount: number) {
    this.#environment = environment
    this.#name = name
    this.#batchesLeft = batchCount
    this.#nextSequences = Array.from({ length: environment.partitionCount }, () => 0)
  }

  get isDone(): boolean {
    return this.#batchesLeft === 0 && this.#unacknowledged.length === 0
  }

  start(): void {
    this.#sentCount = 0
    const connection = new ClientConnection(this.#environment.connect, () => this.#retryLater())
    this.#connection = connection
    if (!connection.isOpen) this.#retryLater()
    else if (this.#identity !== undefined) this.#pump()
    else {
      connection.request(initProducerId(), ({ errorCode, ...identity }) => {
        this.#environment.trace(`${this.#name} is ${identity.producerId} ${errorCode}`)
        if (errorCode !== NONE) {
          connection.close()
          return
        }
        this.#identity = identity
        this.#pump()
      })
    }
  }

  #retryLater(): void {
    const { timers, random } = this.#environment
    timers.set(1 + random.below(RETRY_DELAY_MAX_MS), () => this.start())
  }

  /** Sends what is due; new batches come after pauses, so that some requests travel alone and some together. */
  #pump(): void {
    const { random, timers } = this.#environment
    const connection = this.#connection
    while (connection?.isOpen && this.#sentCount < REQUESTS_IN_FLIGHT_MAX) {
      const batch = this.#unacknowledged[this.#sentCount] ?? (this.#pausing ? undefined : this.#nextBatch())
      if (batch === undefined) return
      this.#send(connection, batch)
      if (random.below(DISCONNECT_ONE_IN) === 0) connection.close()
      if (random.below(3) === 0 && !this.#pausing) {
        this.#pausing = true
        timers.set(random.below(PAUSE_MAX_MS), () => {
          this.#pausing = false
          this.#pump()
        })
      }
    }
  }

  #nextBatch(): Batch | undefined {
    if (this.#batchesLeft === 0) return undefined
    const { random, partitionCount } = this.#environment
    this.#batchesLeft -= 1
    const partitionIndex = random.below(partitionCount)
    const count = 1 + random.below(RECORDS_PER_BATCH_MAX)
    const values = Array.from({ length: count }, () => `${this.#name}/${this.#nextNumber++}`)
    const batch = { partitionIndex, baseSequence: this.#nextSequences[partitionIndex]!, values }
    this.#nextSequences[partitionIndex]! += count
    this.#unacknowledged.push(batch)
    return batch
  }

  #send(connection: ClientConnection, batch: Batch): void {
    const { topic, crc32c } = this.#environment
    const { partitionIndex, baseSequence, values } = batch
    const records = encodeBatch(
      { ...this.#identity!, baseSequence, values, timestampMs: 1_700_000_000_000 },
      crc32c,
    )
    this.#sentCount += 1
    connection.request(produce(topic, partitionIndex, records), ({ errorCode, baseOffset }) => {
      this.#answered(connection, batch, errorCode, baseOffset)
    })
  }

  #answered(connection: ClientConnection, batch: Batch, errorCode: number, baseOffset: number): void {
    const { history, trace } = this.#environment
    trace(`${this.#name} ${batch.values[0]} ${errorCode} ${batch.partitionIndex}@${baseOffset}`)
    if (errorCode !== NONE) {
      const forbidden = FORBIDDEN_ANSWERS.get(errorCode)
      if (forbidden !== undefined) history.violate(`${this.#name}: ${forbidden} at ${batch.values[0]}`)
      connection.close()
      return
    }
    history.acknowledge(batch.partitionIndex, baseOffset, batch.values)
    this.#unacknowledged.splice(this.#unacknowledged.indexOf(batch), 1)
    this.#sentCount -= 1
    this.#pump()
  }
}
