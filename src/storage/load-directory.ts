import type { Clock } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { readSmallFile, writeSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import { readUuid } from '../protocol/uuid.ts'
import type { BatchNative } from './batch-native.ts'
import { decodePartitionOffsets, type PartitionOffset } from './checkpoint-file.ts'
import { replayJournals } from './group-journal/replay-journals.ts'
import { Log, type LogPorts } from './log.ts'
import type { LogConfig } from './log-config.ts'
import { LogDirectory, type UnreadableLog } from './log-directory.ts'
import { nameOfLog } from './log-name.ts'
import { decodeMetaProperties, encodeMetaProperties, type MetaProperties } from './meta-properties.ts'
import { decodePartitionMetadata } from './partition-metadata.ts'
import { recoverLog } from './recovery.ts'

export const CLEAN_SHUTDOWN_FILE_NAME = '.kafka_cleanshutdown'
const RECOVERY_POINT_FILE_NAME = 'recovery-point-offset-checkpoint'
const LOG_START_FILE_NAME = 'log-start-offset-checkpoint'
const HIGH_WATERMARK_FILE_NAME = 'replication-offset-checkpoint'

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
  readonly onDurable: (log: Log) => void
  readonly onDurablePassEnd: () => void
  readonly onFailure: (directory: LogDirectory) => void
}

/** What the checkpoint files of a directory say, by file name. */
export function checkpointFiles(
  logs: readonly Log[],
  unreadable: readonly UnreadableLog[],
): [name: string, entries: PartitionOffset[]][] {
  const entries = (offsetOf: (log: Log) => number, unreadableOffsetOf: (log: UnreadableLog) => number) => [
    ...logs.map(log => offsetEntry(log, offsetOf(log))),
    ...unreadable.map(log => offsetEntry(log, unreadableOffsetOf(log))),
  ]
  const recoveryPoint = ({ recoveryPoint }: Log | UnreadableLog) => recoveryPoint
  const logStartOffset = ({ logStartOffset }: Log | UnreadableLog) => logStartOffset
  return [
    [RECOVERY_POINT_FILE_NAME, entries(recoveryPoint, recoveryPoint)],
    [LOG_START_FILE_NAME, entries(logStartOffset, logStartOffset)],
    [HIGH_WATERMARK_FILE_NAME, entries(log => Math.min(log.highWatermark, log.logEndOffset), recoveryPoint)],
  ]
}

function offsetEntry(log: { topicName: string; partitionIndex: number }, offset: number): PartitionOffset {
  return { topicName: log.topicName, partitionIndex: log.partitionIndex, offset }
}

/** Locks the directory and opens all logs in it. Throws StorageError when it is locked, or not ours. */
export function loadDirectory(
  input: LoadInput,
  logPorts: LogPorts,
): { directory: LogDirectory; logs: Log[] } {
  const { disk, path } = input
  createDurably(disk, path)
  const lock = disk.tryLock(`${path}/.lock`)
  if (lock === null) throw new StorageError('EWOULDBLOCK', 'lock', path)
  try {
    const meta = readMeta(input)
    const wasClean = takeMarker(input)
    const directory = new LogDirectory({ ...input, meta, lock })
    const startedAtMs = input.clock.monotonicMs()
    if (!wasClean) replayJournals(path, { disk, logger: input.logger, crc32c: input.batchNative.crc32c })
    const logs = loadLogs(input, directory, wasClean, logPorts)
    if (!wasClean && logs.length > 0) {
      const tookMs = Math.round(input.clock.monotonicMs() - startedAtMs)
      input.logger.info(
        { directory: path, logs: logs.length, tookMs },
        'recovered after a stop that was not clean',
      )
    }
    return { directory, logs }
  } catch (error) {
    lock.release()
    throw error
  }
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

function loadLogs(input: LoadInput, directory: LogDirectory, wasClean: boolean, logPorts: LogPorts): Log[] {
  const recoveryPoints = readCheckpoint(input, RECOVERY_POINT_FILE_NAME)
  const startOffsets = readCheckpoint(input, LOG_START_FILE_NAME)
  const logs: Log[] = []
  for (const { name, isDirectory } of input.disk.list(input.path)) {
    if (!isDirectory) continue
    if (name.endsWith('-delete')) {
      removeDeleted(input, directory, name)
      continue
    }
    const log = loadLog(input, directory, name, { recoveryPoints, startOffsets, wasClean }, logPorts)
    if (log !== null) logs.push(log)
  }
  const known = new Set([...logs, ...directory.unreadable].map(nameOfLog))
  for (const name of [...recoveryPoints.keys(), ...startOffsets.keys()]) {
    if (!known.has(name)) directory.forgotten.add(name)
  }
  return logs
}

interface Checkpoints {
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly startOffsets: ReadonlyMap<string, number>
  readonly wasClean: boolean
}

function loadLog(
  input: LoadInput,
  directory: LogDirectory,
  name: string,
  { recoveryPoints, startOffsets, wasClean }: Checkpoints,
  logPorts: LogPorts,
): Log | null {
  const match = /^(.+)-(\d+)$/.exec(name)
  const directoryPath = `${input.path}/${name}`
  const bytes = match === null ? null : readSmallFile(input.disk, `${directoryPath}/partition.metadata`)
  if (match === null || bytes === null) return null
  const topicName = match[1]!
  const partitionIndex = Number(match[2])
  const config = input.initialConfig
  const recoveryPoint = recoveryPoints.get(name) ?? 0
  const logStartOffset = startOffsets.get(name) ?? 0
  try {
    const topicId = decodePartitionMetadata(bytes, directoryPath)
    const state = recoverLog({
      disk: input.disk,
      files: logPorts.files,
      logger: input.logger,
      batchNative: input.batchNative,
      directoryPath,
      indexIntervalBytes: config.indexIntervalBytes,
      recoveryPoint,
      logStartOffset,
      wasClean,
      nowMs: input.clock.wallMs(),
    })
    const identity = { topicName, topicId, partitionIndex, directoryPath }
    return new Log(identity, directory, state, config, logPorts)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    input.logger.error(
      { directory: directoryPath, error: error.message },
      'the log is offline: it could not be recovered',
    )
    directory.unreadable.push({ topicName, partitionIndex, recoveryPoint, logStartOffset })
    return null
  }
}

function removeDeleted(input: LoadInput, directory: LogDirectory, name: string): void {
  const path = `${input.path}/${name}`
  directory.jobs.run(
    (queue, ticket) => queue.removeTree(path, ticket),
    errno => errno !== 0 && input.logger.warn({ path, errno }, 'a deleted log could not be removed'),
  )
}

/** Offsets by directory name; a file that is missing or broken says nothing, which costs a longer recovery. */
function readCheckpoint(input: LoadInput, name: string): Map<string, number> {
  const path = `${input.path}/${name}`
  const bytes = readSmallFile(input.disk, path)
  try {
    const entries = bytes === null ? [] : decodePartitionOffsets(bytes, path)
    return new Map(entries.map(entry => [nameOfLog(entry), entry.offset]))
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    input.logger.warn({ path }, 'a checkpoint is broken and is not used')
    return new Map()
  }
}

/** Sixteen random bytes in Kafka's form; a leading dash would look like an option on a command line. */
function randomId(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    const id = readUuid(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
    if (!id.startsWith('-')) return id
  }
}
