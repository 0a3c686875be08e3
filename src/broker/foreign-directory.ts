import type { Disk } from '../base/disk.ts'
import { METADATA_FILE_NAMES } from '../metadata/backends/embedded.ts'
import { LOG_NAME } from '../storage/log-name.ts'

/** The log of Kafka's own metadata (KIP-500). */
const KAFKA_METADATA_LOG = '__cluster_metadata-0'

/**
 * Why these log directories may not be opened; null when they may. Logs of which no metadata tells would all be set
 * aside, which to whoever owns them, Kafka or a backup that was restored in part, looks like the loss of all topics.
 */
export function foreignDirectoryProblem(disk: Disk, logDirs: readonly string[]): string | null {
  const first = logDirs[0]!
  if (METADATA_FILE_NAMES.some(name => disk.exists(`${first}/${name}`))) return null
  for (const path of logDirs) {
    const logs = logNames(disk, path)
    if (logs.length === 0) continue
    if (logs.includes(KAFKA_METADATA_LOG)) {
      return `${path} is a data directory of Apache Kafka: choose another one (--data-dir, log.dirs)`
    }
    return (
      `${path} has logs, such as ${logs[0]}, but ${first} has no ${METADATA_FILE_NAMES[0]}, ` +
      'which knows their topics: put it back, or choose another data directory'
    )
  }
  return null
}

function logNames(disk: Disk, path: string): string[] {
  if (!disk.exists(path)) return []
  return disk
    .list(path)
    .filter(({ name, isDirectory }) => isDirectory && LOG_NAME.test(name))
    .map(({ name }) => name)
    .filter(name => disk.exists(`${path}/${name}/partition.metadata`))
}
