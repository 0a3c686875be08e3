import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { readSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import { decodePartitionOffsets, type PartitionOffset } from './checkpoint-file.ts'
import type { Log } from './log.ts'
import type { UnreadableLog } from './log-directory.ts'
import { nameOfLog } from './log-name.ts'

export const RECOVERY_POINT_FILE_NAME = 'recovery-point-offset-checkpoint'
export const LOG_START_FILE_NAME = 'log-start-offset-checkpoint'
const HIGH_WATERMARK_FILE_NAME = 'replication-offset-checkpoint'

interface CheckpointPorts {
  readonly disk: Disk
  readonly logger: Logger
  /** Of the log directory. */
  readonly path: string
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

/** By directory name; a file that is missing or broken says nothing, which costs a longer recovery. */
export function readCheckpoint(
  { disk, logger, path: directoryPath }: CheckpointPorts,
  name: string,
): Map<string, PartitionOffset> {
  const path = `${directoryPath}/${name}`
  const bytes = readSmallFile(disk, path)
  try {
    const entries = bytes === null ? [] : decodePartitionOffsets(bytes, path)
    return new Map(entries.map(entry => [nameOfLog(entry), entry]))
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    logger.warn({ path }, 'a checkpoint is broken and is not used')
    return new Map()
  }
}
