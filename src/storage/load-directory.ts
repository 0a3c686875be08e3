import type { Clock } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { readSmallFile, writeSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import { SCAN_ROW_LENGTH } from '../native/batch-scan.ts'
import { readUuid } from '../protocol/uuid.ts'
import { allSettled } from './all-settled.ts'
import type { BatchNative } from './batch-native.ts'
import type { PartitionOffset } from './checkpoint-file.ts'
import { LOG_START_FILE_NAME, RECOVERY_POINT_FILE_NAME, readCheckpoint } from './directory-checkpoints.ts'
import { replayJournals } from './group-journal/replay-journals.ts'
import { Log, type LogPorts } from './log.ts'
import type { LogConfig } from './log-config.ts'
import { LogDirectory } from './log-directory.ts'
import { LOG_NAME, nameOfLog } from './log-name.ts'
import { decodeMetaProperties, encodeMetaProperties, type MetaProperties } from './meta-properties.ts'
import { decodePartitionMetadata } from './partition-metadata.ts'
import { recoverLog } from './recovery.ts'
import { RecoveryPoints } from './recovery-points.ts'
import { SCAN_ROWS_MAX } from './segment-scan.ts'

export const CLEAN_SHUTDOWN_FILE_NAME = '.kafka_cleanshutdown'

export interface LoadInput {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly batchNative: BatchNative
  readonly path: string
  readonly clusterId: string | null
  readonly nodeId: number
  readonly initialConfig: LogConfig
  readonly groupJournalMaxBytes: number
  /** Logs that are recovered at a time. */
  readonly recoveryThreads: number
  readonly onDurable: (log: Log) => void
  readonly onDurablePassEnd: () => void
  readonly unflushedMaxBytes: number
  readonly onRoom: () => void
  /** Runs `callback` after `delayMs`, unless the manager is closed before. */
  readonly later: (delayMs: number, callback: () => void) => void
  readonly onFailure: (directory: LogDirectory) => void
}

/** Locks the directory; its logs follow. Throws StorageError when it is locked, or not ours. */
export function openDirectory(input: LoadInput): LogDirectory {
  const { disk, path } = input
  createDurably(disk, path)
  const lock = disk.tryLock(`${path}/.lock`)
  if (lock === null) throw new StorageError('EWOULDBLOCK', 'lock', path)
  try {
    return new LogDirectory({ ...input, meta: readMeta(input), lock })
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Opens all logs of the directory, several at a time after a stop that was not clean: they wait for threads then. */
export async function loadLogs(
  input: LoadInput,
  directory: LogDirectory,
  logPorts: LogPorts,
): Promise<Log[]> {
  const wasClean = takeMarker(input)
  const startedAtMs = input.clock.monotonicMs()
  if (!wasClean)
    replayJournals(input.path, { disk: input.disk, logger: input.logger, crc32c: input.batchNative.crc32c })
  const logs = await new DirectoryLoad(input, directory, wasClean, logPorts).run()
  if (!wasClean && logs.length > 0) {
    const tookMs = Math.round(input.clock.monotonicMs() - startedAtMs)
    input.logger.info(
      { directory: input.path, logs: logs.length, tookMs },
      'recovered after a stop that was not clean',
    )
  }
  return logs
}

/** The entry of every directory that is new, or a power cut would take all that is in it. */
function createDurably(disk: Disk, path: string): void {
  if (disk.exists(path)) return
  const parent = path.replace(/\/+[^/]*$/, '')
  const parentPath = parent !== '' ? parent : path.startsWith('/') ? '/' : '.'
  if (parentPath !== path && parentPath !== '.' && parentPath !== '/') createDurably(disk, parentPath)
  disk.makeDirectory(path)
  disk.syncDirectory(parentPath)
}

function readMeta(input: LoadInput): MetaProperties {
  const path = `${input.path}/meta.properties`
  const bytes = readSmallFile(input.disk, path)
  if (bytes !== null) {
    const meta = decodeMetaProperties(bytes, path)
    const isOurs = meta.nodeId === input.nodeId && (input.clusterId ?? meta.clusterId) === meta.clusterId
    if (!isOurs) throw new StorageError('EBADMSG', 'check', path)
    return meta
  }
  const clusterId = input.clusterId ?? randomId(input.random)
  const meta = { clusterId, nodeId: input.nodeId, directoryId: randomId(input.random) }
  writeSmallFile(input.disk, path, encodeMetaProperties(meta))
  return meta
}

/** The marker goes first (KAFKA-10471): a crash from here on needs recovery. */
function takeMarker({ disk, path }: LoadInput): boolean {
  const marker = `${path}/${CLEAN_SHUTDOWN_FILE_NAME}`
  if (!disk.exists(marker)) return false
  disk.unlink(marker)
  disk.syncDirectory(path)
  return true
}

class DirectoryLoad {
  readonly #input: LoadInput
  readonly #directory: LogDirectory
  readonly #wasClean: boolean
  readonly #logPorts: LogPorts
  readonly #recoveryPoints: RecoveryPoints
  readonly #startOffsets: ReadonlyMap<string, PartitionOffset>

  constructor(input: LoadInput, directory: LogDirectory, wasClean: boolean, logPorts: LogPorts) {
    this.#input = input
    this.#directory = directory
    this.#wasClean = wasClean
    this.#logPorts = logPorts
    const entries = readCheckpoint(input, RECOVERY_POINT_FILE_NAME)
    this.#recoveryPoints = new RecoveryPoints(
      `${input.path}/${RECOVERY_POINT_FILE_NAME}`,
      directory.jobs,
      entries,
    )
    this.#startOffsets = readCheckpoint(input, LOG_START_FILE_NAME)
  }

  async run(): Promise<Log[]> {
    const { disk, path } = this.#input
    const names = disk.list(path).flatMap(({ name, isDirectory }) => (isDirectory ? [name] : []))
    if (!this.#wasClean) await this.#beginRecovery(names)
    for (const name of names) if (name.endsWith('-delete')) removeDeleted(this.#input, this.#directory, name)
    const logs = await this.#loadAll(names.filter(name => !name.endsWith('-delete')))
    const known = new Set([...logs, ...this.#directory.unreadable].map(nameOfLog))
    for (const name of [...this.#recoveryPoints.names(), ...this.#startOffsets.keys()]) {
      if (!known.has(name)) this.#directory.forgotten.add(name)
    }
    return logs
  }

  /** The order of the answer is that of the names, whoever is done first. */
  async #loadAll(names: readonly string[]): Promise<Log[]> {
    const loaded: (Log | null)[] = []
    let next = 0
    let hasFailed = false
    const load = async (): Promise<void> => {
      const scanRows = new Float64Array(SCAN_ROWS_MAX * SCAN_ROW_LENGTH)
      for (let index = next++; index < names.length && !hasFailed; index = next++) {
        loaded[index] = await this.#loadLog(names[index]!, scanRows)
      }
    }
    const loads = Array.from({ length: Math.min(this.#input.recoveryThreads, names.length) }, () =>
      load().catch((error: unknown) => {
        hasFailed = true
        throw error
      }),
    )
    await allSettled(loads)
    return loaded.filter(log => log !== null)
  }

  async #loadLog(name: string, scanRows: Float64Array): Promise<Log | null> {
    const { disk, path, logger } = this.#input
    const match = LOG_NAME.exec(name)
    const directoryPath = `${path}/${name}`
    const metadata = match === null ? null : readSmallFile(disk, `${directoryPath}/partition.metadata`)
    if (match === null || metadata === null) return null
    const place = { topicName: match[1]!, partitionIndex: Number(match[2]) }
    const recoveryPoint = this.#recoveryPoints.get(place)
    const logStartOffset = this.#startOffsets.get(name)?.offset ?? 0
    try {
      const identity = { ...place, topicId: decodePartitionMetadata(metadata, directoryPath), directoryPath }
      const state = await recoverLog({
        disk,
        jobs: this.#directory.jobs,
        logger,
        batchNative: this.#input.batchNative,
        files: this.#logPorts.files,
        directoryPath,
        indexIntervalBytes: this.#input.initialConfig.indexIntervalBytes,
        recoveryPoint,
        raiseRecoveryPoint: offset => this.#recoveryPoints.raise(place, offset),
        logStartOffset,
        wasClean: this.#wasClean,
        nowMs: this.#input.clock.wallMs(),
        scanRows,
      })
      return new Log(identity, this.#directory, state, this.#input.initialConfig, this.#logPorts)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      logger.error(
        { directory: directoryPath, error: error.message },
        'the log is offline: it could not be recovered',
      )
      this.#directory.unreadable.push({
        ...place,
        recoveryPoint: this.#recoveryPoints.get(place),
        logStartOffset,
      })
      return null
    }
  }

  async #beginRecovery(names: readonly string[]): Promise<void> {
    const { path, logger } = this.#input
    const logCount = names.filter(name => LOG_NAME.test(name)).length
    if (logCount > 0) {
      logger.info({ directory: path, logs: logCount }, 'recovering after a stop that was not clean')
    }
    // A log that was being made when the process was killed may be known to the memory of the machine only.
    await this.#directory.jobs.call('fsync', path, (queue, ticket) => queue.syncDirectory(path, ticket))
  }
}

function removeDeleted(input: LoadInput, directory: LogDirectory, name: string): void {
  const path = `${input.path}/${name}`
  directory.jobs.run(
    (queue, ticket) => queue.removeTree(path, ticket),
    errno => errno !== 0 && input.logger.warn({ path, errno }, 'a deleted log could not be removed'),
  )
}

/** Sixteen random bytes in Kafka's form; a leading dash would look like an option on a command line. */
function randomId(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    const id = readUuid(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
    if (!id.startsWith('-')) return id
  }
}
