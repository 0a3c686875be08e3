import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { writeSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import type { BatchNative } from './batch-native.ts'
import { encodePartitionOffsets } from './checkpoint-file.ts'
import { checkpointFiles } from './directory-checkpoints.ts'
import { removeJournals } from './group-journal/replay-journals.ts'
import { CLEAN_SHUTDOWN_FILE_NAME } from './load-directory.ts'
import type { Log } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import { encodeProducerSnapshot } from './producer-snapshot.ts'
import { EPOCH_FILE_NAME } from './recovery.ts'
import { segmentFileName } from './segment-names.ts'

interface CleanStopPorts {
  readonly disk: Disk
  readonly logger: Logger
  readonly batchNative: BatchNative
}

interface DurableEvents {
  readonly onDurable: (log: Log) => void
  readonly onDurablePassEnd: () => void
}

/** Brings a directory into the state that needs no recovery; the marker says so, last. A failed one stays as it is. */
export function closeCleanly(
  ports: CleanStopPorts,
  directory: LogDirectory,
  logs: readonly Log[],
  events: DurableEvents,
): void {
  try {
    if (!directory.isFailed) stop(ports, directory, logs, events)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    ports.logger.error(
      { directory: directory.path, error: error.message },
      'no clean stop: the next start recovers',
    )
  } finally {
    for (const log of logs) log.close()
  }
}

function stop(
  ports: CleanStopPorts,
  directory: LogDirectory,
  logs: readonly Log[],
  events: DurableEvents,
): void {
  const { disk } = ports
  for (const log of logs) if (syncSegments(disk, log)) events.onDurable(log)
  events.onDurablePassEnd()
  removeJournals(directory.path, disk)
  for (const log of logs) if (!log.isClean) writeBesides(ports, log)
  for (const [name, entries] of checkpointFiles(logs, directory.unreadable)) {
    writeSmallFile(disk, `${directory.path}/${name}`, encodePartitionOffsets(entries))
  }
  disk.syncDirectory(directory.path)
  if (directory.unreadable.length === 0) {
    const marker = new TextEncoder().encode('{"version":0,"brokerEpoch":-1}')
    writeSmallFile(disk, `${directory.path}/${CLEAN_SHUTDOWN_FILE_NAME}`, marker)
  }
}

function syncSegments(disk: Disk, log: Log): boolean {
  let moved = false
  for (const segment of log.segments) {
    if (segment.syncedEndOffset >= segment.writtenEndOffset && segment.isEntrySynced) continue
    if (!segment.isEntrySynced) disk.syncDirectory(segment.directoryPath)
    segment.isEntrySynced = true
    disk.fdatasync(segment.file)
    moved = log.segmentSynced(segment, segment.writtenEnd) || moved
  }
  return moved
}

/** Index files of all segments that changed, the producers at the log's end, the leader epochs. */
function writeBesides({ disk, batchNative }: CleanStopPorts, log: Log): void {
  const active = log.segments.at(-1)
  for (const segment of log.segments) {
    if (segment.areIndexesSynced && segment !== active) continue
    segment.writeIndexes()
    for (const extension of ['index', 'timeindex']) {
      const file = disk.open(segment.path(extension), 'write')
      disk.fdatasync(file)
      disk.close(file)
    }
    segment.areIndexesSynced = true
  }
  const snapshot = `${log.directoryPath}/${segmentFileName(log.logEndOffset, 'snapshot')}`
  writeSmallFile(disk, snapshot, encodeProducerSnapshot(log.producers.entries(), batchNative.crc32c))
  writeSmallFile(disk, `${log.directoryPath}/${EPOCH_FILE_NAME}`, log.epochs.encode())
  log.epochsChangedFrom = Number.POSITIVE_INFINITY
}
