import type { SimDisk } from '../../src/native/sim-disk.ts'
import { SeededRandom } from '../../src/platform/seeded-random.ts'
import type { LogConfig } from '../../src/storage/log-config.ts'
import { type BatchOptions, StorageWorld, TOPIC_ID } from '../../src/storage/storage-world.test-support.ts'
import { type PlantedBug, withPlantedBug } from '../simulation/planted-bugs.ts'
import { checkLog } from './check-log.ts'
import { LogModel, type ModelBatch } from './log-model.ts'

const STEPS = 80
const PRODUCERS = 4
const BATCHES_PER_PASS_MAX = 5
const VALUE_MAX_LENGTH = 60
/** So that one thread of the disk may be far ahead of the other. */
const DISK_STEP_MAX_MS = 8
/** A pass may touch several segments, each with two syncs of two steps. */
/** What was written longer ago is not taken for resident. */
const RECENT_MS = 3000
const SYNC_ALL_MS = 1000
const CONFIG: Partial<LogConfig> = { segmentSizeBytes: 700, indexIntervalBytes: 100, fileDeleteDelayMs: 20 }

/** What a life was like, and what was wrong in it. */
export interface LifeReport {
  readonly violations: readonly string[]
  readonly powerCuts: number
  readonly fullDisks: number
  readonly batches: number
}

/**
 * One log through a life that only the seed decides: passes of several batches, repetitions, leader changes, full
 * disks, checkpoints, clean stops, power cuts, and a topic that is made anew under its name. It is held against a
 * model all the way; of what was durable nothing may go.
 */
export class LogLife {
  readonly #random: SeededRandom
  readonly #violations: string[] = []
  readonly #world: StorageWorld
  #model = new LogModel()
  #durableOffset = 0
  /** The furthest log start that was asked for; a power cut may take the log back behind it. */
  #deletedBefore = 0
  #leaderEpoch = 0
  #powerCuts = 0
  #fullDisks = 0
  #batches = 0
  #topics = 1

  constructor(seed: number, bug: PlantedBug) {
    this.#random = new SeededRandom(seed)
    this.#world = new StorageWorld(CONFIG, seed)
    this.#world.diskStepMaxMs = DISK_STEP_MAX_MS
    this.#world.wrapDisk = (disk: SimDisk) => withPlantedBug(disk, bug)
  }

  async run(): Promise<LifeReport> {
    await this.#world.start()
    await this.#world.createLog(0)
    for (let step = 0; step < STEPS && this.#violations.length === 0; step += 1) await this.#step()
    if (this.#violations.length === 0) await this.#cutPower()
    return {
      violations: this.#violations,
      powerCuts: this.#powerCuts,
      fullDisks: this.#fullDisks,
      batches: this.#batches,
    }
  }

  async #step(): Promise<void> {
    const choice = this.#random.below(40)
    if (choice < 20) this.#writePass()
    else if (choice < 28) this.#world.time.advance(this.#random.below(12))
    else if (choice < 30) this.#fillDisk()
    else if (choice < 32) this.#repeat()
    else if (choice < 34) void this.#world.logs.checkpoint()
    else if (choice < 35) this.#deleteRecords()
    else if (choice < 36) await this.#check()
    else if (choice < 37) await this.#makeAnew()
    else if (choice < 38) await this.#restartCleanly()
    else await this.#cutPower()
    if (this.#hasLog()) this.#durableOffset = Math.max(this.#durableOffset, this.#world.log.durableOffset)
  }

  /** Several batches, one write. */
  #writePass(): void {
    const staged: ModelBatch[] = []
    const count = 1 + this.#random.below(BATCHES_PER_PASS_MAX)
    for (let index = 0; index < count; index += 1) staged.push(...this.#stage(staged))
    const failed = this.#world.logs.writeStaged()
    if (failed.length === 0) this.#model = new LogModel([...this.#model.batches, ...staged])
  }

  #stage(staged: readonly ModelBatch[]): ModelBatch[] {
    const model = new LogModel([...this.#model.batches, ...staged])
    const producerId = this.#random.below(PRODUCERS + 1) - 1
    const length = 1 + this.#random.below(VALUE_MAX_LENGTH)
    const values = Array.from({ length: 1 + this.#random.below(3) }, (_, index) =>
      `${this.#batches}.${index} `.padEnd(length, 'x'),
    )
    const batch: ModelBatch = {
      baseOffset: model.endOffset,
      values,
      timestampMs: this.#world.time.clock.wallMs() - this.#random.below(20),
      leaderEpoch: this.#leaderEpoch,
      producerId,
      baseSequence: producerId < 0 ? -1 : model.nextSequence(producerId),
    }
    this.#batches += 1
    const result = this.#world.stage(optionsOf(batch))
    if (!result.ok) return []
    if (result.baseOffset !== batch.baseOffset || result.duplicate)
      this.#wrong(`a batch got offset ${result.baseOffset}, not ${batch.baseOffset}`)
    return [batch]
  }

  /** There is room for some bytes of the next pass only. */
  #fillDisk(): void {
    this.#fullDisks += 1
    const { disk } = this.#world
    disk.setCapacityBytes(usedBytes(disk, '/') + this.#random.below(300))
    this.#writePass()
    disk.setCapacityBytes(Number.POSITIVE_INFINITY)
  }

  /** IDM-1: any of the last five batches of a producer, sent again, is answered with its first offset. */
  #repeat(): void {
    const window = this.#model.window(this.#random.below(PRODUCERS))
    const batch = window[this.#random.below(window.length)]
    if (batch === undefined) return
    const result = this.#world.stage(optionsOf(batch))
    if (!result.ok || !result.duplicate || result.baseOffset !== batch.baseOffset)
      this.#wrong(`the batch at ${batch.baseOffset} was repeated: ${JSON.stringify(result)}`)
    this.#world.logs.writeStaged()
  }

  #deleteRecords(): void {
    const { log } = this.#world
    const room = log.highWatermark - log.logStartOffset
    const result = log.deleteRecordsBefore(log.logStartOffset + this.#random.below(Math.min(room, 4) + 1))
    if (!result.ok) this.#wrong(`records are not deleted: ${result.errorCode}`)
    this.#deletedBefore = Math.max(this.#deletedBefore, log.logStartOffset)
  }

  /** The topic is deleted, and another one takes its name. */
  async #makeAnew(): Promise<void> {
    await this.#world.settled(this.#world.logs.deleteLog('t', 0))
    if (this.#random.below(4) === 0) await this.#startAgain(() => this.#world.cutPower())
    if (this.#violations.length > 0) return
    this.#topics += 1
    const topicId = TOPIC_ID.slice(0, 10) + String(this.#topics).padStart(4, '0') + TOPIC_ID.slice(14)
    await this.#world.createLog(0, topicId)
    this.#model = new LogModel()
    this.#durableOffset = 0
    this.#deletedBefore = 0
    this.#leaderEpoch = 0
  }

  /** Whatever the kernel has dropped from memory, no look at the log waits for the disk. */
  async #check(): Promise<void> {
    this.#world.time.advance(SYNC_ALL_MS)
    const { disk } = this.#world
    if (this.#random.below(2) === 0) {
      disk.dropCaches('/data')
      this.#world.time.advance(RECENT_MS)
    }
    const readsBefore = disk.waitingReads.length
    this.#violations.push(...(await checkLog(this.#world, this.#model, this.#deletedBefore, this.#random)))
    for (const path of disk.waitingReads.slice(readsBefore))
      this.#wrong(`a look at ${path} waited for the disk`)
  }

  async #restartCleanly(): Promise<void> {
    await this.#startAgain(() => this.#world.restartCleanly())
    this.#leaderEpoch += 1
    if (this.#hasLog()) await this.#check()
  }

  async #cutPower(): Promise<void> {
    this.#powerCuts += 1
    const durableOffset = Math.max(this.#durableOffset, this.#world.log.durableOffset)
    const { logStartOffset } = this.#world.log
    await this.#startAgain(() => this.#world.cutPower())
    this.#leaderEpoch += 1
    if (!this.#hasLog()) return
    if (this.#world.log.logStartOffset > logStartOffset) this.#wrong('the log starts behind where it did')
    const { logEndOffset } = this.#world.log
    if (logEndOffset < durableOffset)
      this.#wrong(`${durableOffset} were durable, the log ends at ${logEndOffset}`)
    this.#model = this.#model.upTo(logEndOffset)
    this.#durableOffset = 0
    await this.#check()
  }

  async #startAgain(start: () => Promise<void>): Promise<void> {
    try {
      await start()
    } catch (error) {
      this.#wrong(`the start failed: ${String(error)}`)
    }
  }

  /** False after a violation too: what there is then may be of the life before. */
  #hasLog(): boolean {
    if (this.#violations.length > 0) return false
    if (this.#world.logs.getLog('t', 0) !== undefined) return true
    this.#wrong(`the log is gone: ${this.#world.errors.join('; ')}`)
    return false
  }

  #wrong(text: string): void {
    this.#violations.push(text)
  }
}

function optionsOf(batch: ModelBatch): BatchOptions {
  const { values, timestampMs, leaderEpoch, producerId, baseSequence } = batch
  const producerEpoch = producerId < 0 ? -1 : 0
  return { values, timestampMs, leaderEpoch, producerId, producerEpoch, baseSequence }
}

function usedBytes(disk: SimDisk, path: string): number {
  return disk
    .list(path)
    .reduce(
      (sum, { name, isDirectory, sizeBytes }) =>
        sum + (isDirectory ? usedBytes(disk, `${path}/${name}`) : sizeBytes),
      0,
    )
}
