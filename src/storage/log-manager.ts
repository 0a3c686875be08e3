import { assert } from '../base/assert.ts'
import type { Clock, Timer, Timers } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { StorageError } from '../base/storage-error.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { allSettled } from './all-settled.ts'
import { AppendValidation } from './append-validation.ts'
import type { BatchNative } from './batch-native.ts'
import { Checkpointer } from './checkpointer.ts'
import { closeCleanly } from './clean-stop.ts'
import { ColdReads } from './cold-reads.ts'
import { LeaderEpochCache } from './leader-epoch-cache.ts'
import { type LoadInput, loadLogs, openDirectory } from './load-directory.ts'
import { Log, type LogPorts } from './log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory, UnreadableLog } from './log-directory.ts'
import { nameOfLog } from './log-name.ts'
import { LookupTurns } from './lookup-turns.ts'
import { encodePartitionMetadata } from './partition-metadata.ts'
import { PASSING_REFUSALS } from './passing-refusals.ts'
import { ProducerState } from './producer-state.ts'
import { Segment } from './segment.ts'
import { SegmentFiles } from './segment-files.ts'

export interface LogManagerPorts {
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly batchNative: BatchNative
}

export interface LogManagerOptions {
  /** `log.dirs`; a new log goes into the one with the fewest. */
  readonly logDirectories: readonly string[]
  /** Null for whatever the directories say, or a new random id. */
  readonly clusterId: string | null
  readonly nodeId: number
  /** Of logs that are found on disk, until `applyConfig`. */
  readonly initialConfig: LogConfig
  /** Logs of a directory that are recovered at a time. */
  readonly recoveryThreads: number
  readonly retentionCheckIntervalMs: number
  readonly checkpointIntervalMs: number
  /** Of the file that group commits of several segments are gathered in; 0 for none. */
  readonly groupJournalMaxBytes: number
  /** Written bytes of one directory that its disk does not have, above which batches of clients should wait. */
  readonly unflushedMaxBytes: number
  readonly producerIdExpirationMs: number
  /** Descriptors that segments may hold at once. */
  readonly openSegmentsMax: number
  readonly producerIdExpirationCheckIntervalMs: number
  /** How often `flush.ms` is looked at. */
  readonly flushCheckIntervalMs: number
  readonly onDurable: (log: Log) => void
  readonly onDurablePassEnd: () => void
  /** A directory has room below `unflushedMaxBytes` again, or failed. */
  readonly onRoom: () => void
  /** Retention has raised the log start offset; who deletes records knows it anyway. */
  readonly onStartOffsetRaised: (log: Log) => void
  readonly onDirectoryFailure: (directory: LogDirectory, logs: readonly Log[]) => void
}

/** Staged batches of this log, from `fromOffset` on, are not in the log: their answers become refusals. */
export interface FailedAppend {
  readonly log: Log
  readonly fromOffset: number
  readonly errorCode: ErrorCode
}

/** Where a log lies, whether it could be opened or not. */
interface LogPlace {
  readonly topicName: string
  readonly partitionIndex: number
  readonly directory: LogDirectory
  readonly directoryPath: string
}

/** The logs of all log directories: opening, creation, deletion, the write at the end of a wake-up, the clean stop. */
export class LogManager {
  readonly #directories: LogDirectory[] = []
  readonly #ports: LogManagerPorts
  readonly #options: LogManagerOptions
  readonly #files: SegmentFiles
  /** The same for all logs, of which there may be many. */
  readonly #logPorts: LogPorts
  readonly #lookupTurns = new LookupTurns((delayMs, callback) => this.#later(delayMs, callback))
  /** By the path of their directory, so that a slow disk holds up its own readers. */
  readonly #coldReads = new Map<string, ColdReads>()
  readonly #logs = new Map<string, Map<number, Log>>()
  readonly #timers = new Set<Timer>()
  /** Logs under way: those of a topic are created side by side, and count where they will be. */
  readonly #creating = new Map<LogDirectory, number>()
  readonly #checkpointers = new Map<LogDirectory, Checkpointer>()
  #staged: Log[] = []
  #closed = false

  /**
   * Locks the directories, removes the clean-shutdown markers, loads and recovers every log. StorageError EWOULDBLOCK
   * when a directory is locked, EBADMSG when it is of another cluster or node. A log that is corrupt below its
   * recovery point is left out, loudly; its files stay.
   */
  static async open(ports: LogManagerPorts, options: LogManagerOptions): Promise<LogManager> {
    const manager = new LogManager(ports, options)
    await manager.#load()
    manager.#startTimers()
    return manager
  }

  private constructor(ports: LogManagerPorts, options: LogManagerOptions) {
    this.#ports = ports
    this.#options = options
    this.#files = new SegmentFiles(ports.disk, ports.clock, options.openSegmentsMax)
    this.#logPorts = this.#createLogPorts()
  }

  get directories(): readonly LogDirectory[] {
    return this.#directories
  }

  get clusterId(): string {
    return this.#directories[0]!.meta.clusterId
  }

  getLog(topicName: string, partitionIndex: number): Log | undefined {
    return this.#logs.get(topicName)?.get(partitionIndex)
  }

  *logs(): Generator<Log, void, undefined> {
    for (const partitions of this.#logs.values()) yield* partitions.values()
  }

  /** Answers when the directory and its `partition.metadata` are safe. StorageError when the disk refuses. */
  async createLog(
    topicName: string,
    topicId: string,
    partitionIndex: number,
    config: LogConfig,
  ): Promise<Log> {
    assert(this.getLog(topicName, partitionIndex) === undefined, `${topicName}-${partitionIndex} is there`)
    const directory = this.#emptiest()
    const name = nameOfLog({ topicName, partitionIndex })
    const directoryPath = `${directory.path}/${name}`
    this.#creating.set(directory, (this.#creating.get(directory) ?? 0) + 1)
    try {
      if (directory.forgotten.has(name)) await this.#checkpointers.get(directory)!.write()
      await this.#makeLogDirectory(directory, directoryPath, topicId)
    } finally {
      this.#creating.set(directory, this.#creating.get(directory)! - 1)
    }
    const state = {
      segments: [new Segment(this.#files, directoryPath, 0, this.#ports.clock.wallMs(), true)],
      producers: new ProducerState(),
      epochs: new LeaderEpochCache(),
      logStartOffset: 0,
      isClean: false,
    }
    const identity = { topicName, topicId, partitionIndex, directoryPath }
    const log = new Log(identity, directory, state, config, this.#logPorts)
    // Its first append opens it again: partitions that are idle hold no descriptor.
    for (const segment of log.segments) segment.closeFile()
    this.#add(log)
    return log
  }

  /** The log is gone at once; answers when a restart would not find it again. Its bytes go after the delay (LOG-6). */
  async deleteLog(topicName: string, partitionIndex: number): Promise<void> {
    const log = this.getLog(topicName, partitionIndex)
    if (log === undefined) return this.#deleteUnreadable(topicName, partitionIndex)
    this.#forget(log)
    const to = await this.#renameAway(log, 'delete')
    this.#removeLater(log.directory, to, log.config.fileDeleteDelayMs)
  }

  /** The log is gone, its bytes stay under a name that no start looks at, as Kafka's `-stray` directories. */
  async setAsideLog(topicName: string, partitionIndex: number): Promise<void> {
    const log = this.getLog(topicName, partitionIndex)
    if (log === undefined) return
    this.#forget(log)
    await this.#renameAway(log, 'stray')
  }

  /** True when there is a log on disk that could not be opened: it must not be created anew over it. */
  hasUnreadableLog(topicName: string, partitionIndex: number): boolean {
    return this.#unreadable(topicName, partitionIndex) !== undefined
  }

  /**
   * The end of the wake-up: one write per touched segment, then the flushers. A log whose write fails is put back to
   * where it was and reported; any other error than a full disk fences its directory. In mode `os` durable offsets
   * move here.
   */
  writeStaged(): readonly FailedAppend[] {
    const failed: FailedAppend[] = []
    const moved: Log[] = []
    const staged = this.#staged
    this.#staged = []
    for (const log of staged) {
      const failure = this.#write(log)
      if (failure !== null) failed.push(failure)
      else if (
        log.config.durability === 'os' &&
        !log.isFlushDueBy(log.logEndOffset) &&
        log.raiseDurable(log.logEndOffset)
      )
        moved.push(log)
    }
    for (const directory of this.directories) directory.flusher.pump()
    for (const log of moved) this.#options.onDurable(log)
    if (moved.length > 0) this.#options.onDurablePassEnd()
    return failed
  }

  /** Every range that a log has answered was handed to the transport: their descriptors count as unused. */
  rangesSent(): void {
    this.#files.endPass()
  }

  /** Removes old segments. */
  applyRetention(): void {
    const nowMs = this.#ports.clock.wallMs()
    for (const log of this.logs()) {
      const { logStartOffset } = log
      try {
        log.applyRetention(nowMs)
      } catch (error) {
        if (!(error instanceof StorageError)) throw error
        this.#ports.logger.error({ directory: log.directoryPath, error: error.message }, 'retention failed')
      }
      if (log.logStartOffset > logStartOffset) this.#options.onStartOffsetRaised(log)
    }
  }

  /** Forgets producers that have been silent for too long. */
  expireProducers(): void {
    const nowMs = this.#ports.clock.wallMs()
    for (const log of this.logs()) log.producers.expire(nowMs, this.#options.producerIdExpirationMs)
  }

  /** Writes the checkpoints of every directory, off the loop. */
  async checkpoint(): Promise<void> {
    for (const directory of this.directories) {
      if (!directory.isFailed) await this.#checkpoint(directory)
    }
  }

  /** Answers when the log's start offset survives a crash; false when the disk refuses. */
  saveStartOffset(log: Log): Promise<boolean> {
    return this.#checkpoint(log.directory)
  }

  /** The clean stop: last sync, indexes, snapshots, checkpoints, directories, marker. Blocks the loop for its syncs. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.writeStaged()
    // A sync whose failure nobody is told would be tried again by the clean stop, and may succeed over lost data.
    while (this.directories.some(({ isIdle }) => !isIdle)) {
      await Promise.all(this.directories.map(directory => directory.whenIdle()))
      this.writeStaged()
    }
    for (const reads of this.#coldReads.values()) reads.close()
    for (const directory of this.directories) {
      directory.closeThreads()
      closeCleanly(this.#ports, directory, this.#logsOf(directory), this.#options)
      directory.release()
    }
  }

  /**
   * All directories are locked before a log of any is looked at, then all are loaded side by side. When one can't be
   * had, the others are let go.
   */
  async #load(): Promise<void> {
    const { logDirectories } = this.#options
    assert(logDirectories.length > 0, 'there is a log directory')
    try {
      const inputs = logDirectories.map(path => this.#openDirectory(path))
      const loads = inputs.map((input, index) => loadLogs(input, this.#directories[index]!, this.#logPorts))
      for (const logs of await allSettled(loads)) for (const log of logs) this.#add(log)
    } catch (error) {
      for (const directory of this.#directories) {
        directory.closeThreads()
        directory.release()
      }
      throw error
    }
  }

  #openDirectory(path: string): LoadInput {
    const clusterId = this.#directories[0]?.meta.clusterId ?? this.#options.clusterId
    const onFailure = (failed: LogDirectory) => this.#directoryFailed(failed)
    const later: LoadInput['later'] = (delayMs, callback) => this.#later(delayMs, callback)
    const input = { ...this.#ports, ...this.#options, clusterId, path, later, onFailure }
    const directory = openDirectory(input)
    this.#directories.push(directory)
    this.#checkpointers.set(directory, new Checkpointer(directory, () => this.#logsOf(directory)))
    return input
  }

  #startTimers(): void {
    const options = this.#options
    this.#every(options.retentionCheckIntervalMs, () => this.applyRetention())
    this.#every(options.checkpointIntervalMs, () => this.checkpoint())
    this.#every(options.flushCheckIntervalMs, () => this.#flushByTime())
    this.#every(options.producerIdExpirationCheckIntervalMs, () => this.expireProducers())
  }

  async #checkpoint(directory: LogDirectory): Promise<boolean> {
    try {
      await this.#checkpointers.get(directory)!.write()
      return true
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.#ports.logger.error(
        { directory: directory.path, error: error.message },
        'no checkpoint could be written',
      )
      return false
    }
  }

  #write(log: Log): FailedAppend | null {
    const fromOffset = log.logEndOffset
    if (!log.directory.isFailed) {
      try {
        log.writeStaged()
        return null
      } catch (error) {
        this.#writeFailed(log, error)
      }
    }
    return { log, fromOffset, errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
  }

  #writeFailed(log: Log, error: unknown): void {
    if (!(error instanceof StorageError)) throw error
    this.#ports.logger.error(
      { directory: log.directoryPath, error: error.message },
      'an append could not be written',
    )
    try {
      log.rollBack()
    } catch (rollBackError) {
      if (!(rollBackError instanceof StorageError)) throw rollBackError
      log.directory.fail(rollBackError.code)
    }
    if (!PASSING_REFUSALS.has(error.code)) log.directory.fail(error.code)
  }

  #unreadable(topicName: string, partitionIndex: number) {
    const isIt = (log: UnreadableLog) => log.topicName === topicName && log.partitionIndex === partitionIndex
    for (const directory of this.directories) {
      const log = directory.unreadable.find(isIt)
      if (log !== undefined) return { directory, log }
    }
    return undefined
  }

  /** Its topic is deleted: what could not be read need not be kept, or the name would be taken for ever. */
  async #deleteUnreadable(topicName: string, partitionIndex: number): Promise<void> {
    const found = this.#unreadable(topicName, partitionIndex)
    if (found === undefined) return
    const { directory, log } = found
    const directoryPath = `${directory.path}/${nameOfLog(log)}`
    const to = await this.#renameAway({ topicName, partitionIndex, directory, directoryPath }, 'delete')
    directory.unreadable.splice(directory.unreadable.indexOf(log), 1)
    this.#removeLater(directory, to, this.#options.initialConfig.fileDeleteDelayMs)
  }

  #removeLater({ jobs }: LogDirectory, path: string, delayMs: number): void {
    this.#later(delayMs, () =>
      jobs.run(
        (queue, ticket) => queue.removeTree(path, ticket),
        errno =>
          errno !== 0 && this.#ports.logger.warn({ path, errno }, 'a deleted log could not be removed'),
      ),
    )
  }

  #forget(log: Log): void {
    const partitions = this.#logs.get(log.topicName)!
    partitions.delete(log.partitionIndex)
    if (partitions.size === 0) this.#logs.delete(log.topicName)
    if (this.#staged.includes(log)) this.#discardStaged(log)
    log.close()
  }

  async #renameAway(log: LogPlace, ending: 'delete' | 'stray'): Promise<string> {
    const { jobs, path } = log.directory
    log.directory.forgotten.add(nameOfLog(log))
    const to = `${path}/${nameAway(log, this.#ports.random, ending)}`
    await jobs.call('rename', log.directoryPath, (queue, ticket) =>
      queue.rename(log.directoryPath, to, ticket),
    )
    await jobs.call('fsync', path, (queue, ticket) => queue.syncDirectory(path, ticket))
    return to
  }

  #discardStaged(log: Log): void {
    this.#staged = this.#staged.filter(other => other !== log)
    log.rollBack()
  }

  #flushByTime(): void {
    const nowMs = this.#ports.clock.monotonicMs()
    for (const log of this.logs()) {
      if (log.isOffline || nowMs - log.lastFlushAtMs < log.config.flushMs) continue
      log.lastFlushAtMs = nowMs
      log.flush()
    }
    // What had no descriptor is tried again, also when nobody writes any more.
    for (const directory of this.directories) directory.flusher.pump()
  }

  #directoryFailed(directory: LogDirectory): void {
    this.#options.onDirectoryFailure(directory, this.#logsOf(directory))
  }

  #logsOf(directory: LogDirectory): Log[] {
    return [...this.logs()].filter(log => log.directory === directory)
  }

  async #makeLogDirectory(directory: LogDirectory, path: string, topicId: string): Promise<void> {
    const { jobs } = directory
    await jobs.call('mkdir', path, (queue, ticket) => queue.makeDirectory(path, ticket))
    await jobs.writeFile(`${path}/partition.metadata`, encodePartitionMetadata(topicId))
    await jobs.call('fsync', directory.path, (queue, ticket) => queue.syncDirectory(directory.path, ticket))
  }

  #emptiest(): LogDirectory {
    const counts = new Map<LogDirectory, number>()
    for (const directory of this.directories) {
      if (!directory.isFailed) counts.set(directory, this.#creating.get(directory) ?? 0)
    }
    for (const { directory } of this.logs()) {
      const count = counts.get(directory)
      if (count !== undefined) counts.set(directory, count + 1)
    }
    const [first] = [...counts].sort((a, b) => a[1] - b[1])
    if (first === undefined) throw new StorageError('EIO', 'create', 'every log directory has failed')
    return first[0]
  }

  #add(log: Log): void {
    const partitions = this.#logs.get(log.topicName) ?? new Map<number, Log>()
    partitions.set(log.partitionIndex, log)
    this.#logs.set(log.topicName, partitions)
  }

  #createLogPorts(): LogPorts {
    const { disk, logger, random, batchNative } = this.#ports
    return {
      disk,
      files: this.#files,
      logger,
      random,
      batchNative,
      validation: new AppendValidation(batchNative),
      coldReadsOf: ({ path }) => this.#coldReadsOf(path),
      lookupTurns: this.#lookupTurns,
      onStaged: log => this.#staged.push(log),
    }
  }

  #coldReadsOf(path: string): ColdReads {
    const reads = this.#coldReads.get(path) ?? new ColdReads(this.#ports.disk)
    this.#coldReads.set(path, reads)
    return reads
  }

  #every(intervalMs: number, work: () => void | Promise<void>): void {
    this.#later(intervalMs, () => {
      void work()
      this.#every(intervalMs, work)
    })
  }

  #later(delayMs: number, callback: () => void): void {
    if (this.#closed) return
    const timer = this.#ports.timers.set(delayMs, () => {
      this.#timers.delete(timer)
      callback()
    })
    this.#timers.add(timer)
  }
}

/** Kafka's name for a directory on its way out; at most 255 bytes. */
function nameAway(log: LogPlace, random: Random, ending: string): string {
  const unique = Array.from(random.bytes(16), byte => byte.toString(16).padStart(2, '0')).join('')
  const suffix = `-${log.partitionIndex}.${unique}-${ending}`
  return log.topicName.slice(0, 255 - suffix.length) + suffix
}
