import { assert } from '../../src/base/assert.ts'
import type { Clock, Timers } from '../../src/base/clock.ts'
import type { Disk } from '../../src/base/disk.ts'
import type { Random } from '../../src/base/random.ts'
import { SimDisk } from '../../src/native/sim-disk.ts'
import { SeededRandom } from '../../src/platform/seeded-random.ts'
import { VirtualTime } from '../../src/platform/virtual-time.ts'
import { ClientConnection, type Connect } from './client-connection.ts'
import { type ClientEnvironment, NONE, TOPIC_ALREADY_EXISTS } from './client-environment.ts'
import { History } from './history.ts'
import { type PlantedBug, withPlantedBug } from './planted-bugs.ts'
import { createTopic } from './requests.ts'
import { GroupRecord, SimulatedMember } from './simulated-member.ts'
import { SimulatedProducer } from './simulated-producer.ts'
import { SimulatedReader } from './simulated-reader.ts'
import { Trace } from './trace.ts'

/** What one life of the broker is given; after a power cut its timers are dead and its disk refuses. */
export interface BrokerPorts {
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

/** A broker under test: the whole of it, behind an in-memory network. */
export interface BrokerUnderTest {
  readonly connect: Connect
  /** A clean stop. */
  close(): Promise<void>
  /** The machine loses power: connections end, nothing of the broker runs any more. */
  cutPower(): void
}

export type StartBroker = (ports: BrokerPorts) => Promise<BrokerUnderTest>

export interface WorldOptions {
  readonly seed: number
  readonly bug: PlantedBug
  readonly crc32c: (bytes: Uint8Array) => number
  readonly startBroker: StartBroker
  /** Two members of a group consume as well, and must together get every record. */
  readonly hasGroup: boolean
}

export interface WorldReport {
  readonly violations: readonly string[]
  /** The same for the same seed: everything the clients saw, the final logs included. */
  readonly hash: string
  /** The last that happened, for a person to read. */
  readonly tail: string
  readonly acknowledgedCount: number
  readonly powerCuts: number
  readonly virtualMs: number
}

const TOPIC = 'orders'
const PARTITION_COUNT = 2
const PRODUCER_COUNT = 2
const BATCHES_PER_PRODUCER = 20
const RESTARTS_MAX = 3
/** One restart in so many is a clean one. */
const CLEAN_STOP_ONE_IN = 4
const TIME_BETWEEN_RESTARTS_MAX_MS = 150
const CUT_DURING_START_ONE_IN = 5
const START_TIME_MAX_MS = 10
const DISK_DELAY_MAX_MS = 4
/** So slow that producers get ahead of it now and then. */
const DISK_BYTES_PER_MS_MIN = 5
const DISK_BYTES_PER_MS_RANGE = 100
/** A world that takes longer has lost its progress. */
const VIRTUAL_TIME_MAX_MS = 120_000

/** One small universe: a broker that loses power, clients that don't give up, and a judge. */
export class World {
  readonly #options: WorldOptions
  readonly #random: SeededRandom
  readonly #time = new VirtualTime()
  readonly #trace = new Trace()
  readonly #history = new History()
  readonly #group = new GroupRecord()
  readonly #environment: ClientEnvironment
  #disk: SimDisk
  #broker: BrokerUnderTest | undefined
  #powerCuts = 0

  constructor(options: WorldOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    const diskRandom = this.#random.fork()
    const schedule = (callback: () => void, diskMs = 0): void => {
      this.#time.timers.set(diskMs + diskRandom.below(DISK_DELAY_MAX_MS * 10) / 10, callback)
    }
    this.#disk = new SimDisk({ schedule, wallMs: () => this.#time.clock.wallMs() })
    this.#environment = {
      topic: TOPIC,
      partitionCount: PARTITION_COUNT,
      timers: this.#time.timers,
      random: this.#random.fork(),
      history: this.#history,
      crc32c: options.crc32c,
      connect: (onFrame, onClose) => this.#broker?.connect(onFrame, onClose) ?? null,
      trace: event => this.#trace.add(`${this.#time.clock.monotonicMs()} ${event}`),
    }
  }

  /** Never rejects: whatever goes wrong is a violation. */
  async run(): Promise<WorldReport> {
    try {
      await this.#live()
    } catch (error) {
      this.#history.violate(error instanceof Error ? `${error.stack}` : String(error))
    }
    return {
      violations: this.#history.violations,
      hash: this.#trace.hash,
      tail: this.#trace.tail(),
      acknowledgedCount: this.#history.acknowledgedCount,
      powerCuts: this.#powerCuts,
      virtualMs: this.#time.clock.monotonicMs(),
    }
  }

  async #live(): Promise<void> {
    await this.#powerOn()
    await this.#createTopic()
    const producers = this.#startProducers()
    const readers = [...this.#startReaders(), ...this.#startMembers()]
    await this.#disturb()
    await this.#runUntil(() => producers.every(producer => producer.isDone) && this.#isAllDelivered())
    for (const reader of readers) reader.stop()
    await this.#restart(true)
    await this.#judge()
    await this.#stopCleanly()
  }

  #startProducers(): SimulatedProducer[] {
    const producers = Array.from({ length: PRODUCER_COUNT }, (_, index) => {
      return new SimulatedProducer(this.#environment, `p${index}`, BATCHES_PER_PRODUCER)
    })
    for (const producer of producers) producer.start()
    return producers
  }

  #startReaders(): SimulatedReader[] {
    const readers = Array.from({ length: PARTITION_COUNT }, (_, partitionIndex) => {
      return new SimulatedReader(this.#environment, {
        name: `r${partitionIndex}`,
        partitionIndex,
        groupId: 'audit',
      })
    })
    for (const reader of readers) reader.start()
    return readers
  }

  #startMembers(): SimulatedMember[] {
    if (!this.#options.hasGroup) return []
    const members = ['m0', 'm1'].map(name => {
      return new SimulatedMember(this.#environment, this.#group, 'workers', name)
    })
    for (const member of members) member.start()
    return members
  }

  #isAllDelivered(): boolean {
    return !this.#options.hasGroup || this.#group.deliveredCount === this.#history.acknowledgedCount
  }

  /** Stops and cuts at random moments while the clients are at work. */
  async #disturb(): Promise<void> {
    const restartCount = 1 + this.#random.below(RESTARTS_MAX)
    for (let i = 0; i < restartCount; i++) {
      await this.#waitFor(this.#random.below(TIME_BETWEEN_RESTARTS_MAX_MS))
      await this.#restart(this.#random.below(CLEAN_STOP_ONE_IN) !== 0)
    }
  }

  async #waitFor(delayMs: number): Promise<void> {
    let isOver = false
    this.#time.timers.set(delayMs, () => {
      isOver = true
    })
    await this.#runUntil(() => isOver)
  }

  async #restart(isPowerCut: boolean): Promise<void> {
    if (isPowerCut) this.#cutPower()
    else await this.#stopCleanly()
    await this.#powerOn()
  }

  #cutPower(): void {
    this.#environment.trace('power cut')
    this.#powerCuts += 1
    const broker = this.#broker
    this.#broker = undefined
    this.#disk = this.#disk.crash(this.#random.fork())
    broker?.cutPower()
  }

  async #stopCleanly(): Promise<void> {
    this.#environment.trace('clean stop')
    const broker = this.#broker
    this.#broker = undefined
    await this.#drive(broker?.close() ?? Promise.resolve())
  }

  /** Starts the broker; now and then the power fails again before it is up. */
  async #powerOn(): Promise<void> {
    const isCutAgain = this.#random.below(CUT_DURING_START_ONE_IN) === 0
    this.#disk.speed.set(DISK_BYTES_PER_MS_MIN + this.#random.below(DISK_BYTES_PER_MS_RANGE))
    const starting = this.#options.startBroker(this.#ports())
    if (isCutAgain && !(await this.#isSettledWithin(starting, this.#random.below(START_TIME_MAX_MS)))) {
      this.#cutPower()
      return this.#powerOn()
    }
    this.#broker = await this.#drive(starting)
    this.#environment.trace('broker is up')
  }

  #ports(): BrokerPorts {
    const life = this.#disk
    const timers: Timers = {
      set: (delayMs, callback) =>
        this.#time.timers.set(delayMs, () => void (this.#disk === life && callback())),
    }
    const disk = withPlantedBug(life, this.#options.bug)
    return { disk, clock: this.#time.clock, timers, random: this.#random.fork() }
  }

  async #createTopic(): Promise<void> {
    const connection = new ClientConnection(this.#environment.connect, () => {})
    let errorCode: number | undefined
    connection.request(createTopic(TOPIC, PARTITION_COUNT, 10_000), answer => {
      errorCode = answer
    })
    await this.#runUntil(() => errorCode !== undefined)
    assert(errorCode === NONE || errorCode === TOPIC_ALREADY_EXISTS, `the topic was refused: ${errorCode}`)
    connection.close()
  }

  /** A last reader of each partition, up to the high watermark, sees what history must agree with. */
  async #judge(): Promise<void> {
    for (let partitionIndex = 0; partitionIndex < PARTITION_COUNT; partitionIndex++) {
      const reader = new SimulatedReader(this.#environment, {
        name: `judge${partitionIndex}`,
        partitionIndex,
      })
      reader.start()
      await this.#runUntil(() => reader.highWatermark >= 0 && reader.position >= reader.highWatermark)
      reader.stop()
      this.#history.judge(partitionIndex, reader.records)
    }
  }

  /** Lets time pass until `promise` is settled. */
  async #drive<Value>(promise: Promise<Value>): Promise<Value> {
    await this.#isSettledWithin(promise, Number.POSITIVE_INFINITY)
    return promise
  }

  async #isSettledWithin(promise: Promise<unknown>, durationMs: number): Promise<boolean> {
    let isSettled = false
    const settle = (): void => {
      isSettled = true
    }
    promise.then(settle, settle)
    const untilMs = this.#time.clock.monotonicMs() + durationMs
    await this.#runUntil(() => isSettled || this.#time.nextAtMs() > untilMs)
    return isSettled
  }

  /** One timer after another, each with all that follows from it, until `isReached` holds or something is wrong. */
  async #runUntil(isReached: () => boolean): Promise<void> {
    while (true) {
      await new Promise(resolve => setImmediate(resolve))
      if (this.#history.violations.length > 0) throw new Error('the world ends here')
      if (isReached()) return
      const isLate = this.#time.clock.monotonicMs() > VIRTUAL_TIME_MAX_MS
      if (isLate || !this.#time.runNext())
        throw new Error(`no progress after ${this.#time.clock.monotonicMs()} ms`)
    }
  }
}
