import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** Kafka's snapshot ends behind its entries; ours goes on with the earlier batches of each producer. */
const SNAPSHOT_COUNT_POSITION = 6
const SNAPSHOT_HEADER_SIZE_BYTES = 10
const SNAPSHOT_ENTRY_SIZE_BYTES = 46

/** Checkpoints of a log directory that must be the same, byte for byte. */
const CHECKPOINTS = [
  'recovery-point-offset-checkpoint',
  'log-start-offset-checkpoint',
  'replication-offset-checkpoint',
]

export interface Comparison {
  readonly kafka: string
  readonly ottla: string
  /** The name of the log's directory. */
  readonly partitionName: string
  /** Where the log ended when both were stopped and started again. */
  readonly restartOffset: number
}

/** What differs between a log directory of Kafka's and one of ours, one line each. */
export function compareDirectories({ kafka, ottla, partitionName, restartOffset }: Comparison): string[] {
  const [theirs, ours] = [join(kafka, partitionName), join(ottla, partitionName)]
  const names = [...new Set([...readdirSync(theirs), ...readdirSync(ours)])].toSorted()
  const skipped = indexesOfSegmentAt(names, restartOffset)
  return [
    ...names
      .filter(name => !skipped.includes(name))
      .flatMap(name => compareFiles(`${partitionName}/${name}`, theirs, ours, name)),
    ...CHECKPOINTS.flatMap(name => compareFiles(name, kafka, ottla, name)),
    ...compareMeta(kafka, ottla),
    ...compareMarkers(kafka, ottla),
  ]
}

/**
 * After a start Kafka counts the bytes to the next index entry from zero; ours reads on from the last entry. So the
 * indexes of the segment that both went on with have their entries in other places.
 */
function indexesOfSegmentAt(names: readonly string[], offset: number): string[] {
  const bases = names.filter(name => name.endsWith('.log')).map(name => name.replace('.log', ''))
  const base = bases.findLast(name => Number(name) < offset)!
  return [`${base}.index`, `${base}.timeindex`]
}

function compareFiles(title: string, theirs: string, ours: string, name: string): string[] {
  const [kafka, ottla] = [read(theirs, name), read(ours, name)]
  if (kafka === null || ottla === null) return [`${title}: only ${kafka === null ? 'Ottla' : 'Kafka'} has it`]
  if (kafka.equals(ottla)) return []
  if (name.endsWith('.snapshot') && isSameSnapshot(kafka, ottla)) return []
  const at = kafka.findIndex((byte, index) => byte !== ottla[index])
  const where = at < 0 ? 'behind the end of the shorter one' : `from byte ${at} on`
  return [`${title}: Kafka's ${kafka.length} bytes and our ${ottla.length} differ ${where}`]
}

/** The same producers in any order; the CRC, and what follows the entries, Kafka's reader takes as it comes. */
function isSameSnapshot(kafka: Buffer, ottla: Buffer): boolean {
  const [theirs, ours] = [snapshotEntries(kafka), snapshotEntries(ottla)]
  const sizeBytes = SNAPSHOT_HEADER_SIZE_BYTES + theirs.length * SNAPSHOT_ENTRY_SIZE_BYTES
  const isWhole = kafka.length === sizeBytes && kafka.readInt16BE(0) === ottla.readInt16BE(0)
  return isWhole && isDeepStrictEqual(theirs, ours)
}

function snapshotEntries(bytes: Buffer): string[] {
  const count = bytes.readInt32BE(SNAPSHOT_COUNT_POSITION)
  return Array.from({ length: count }, (_, index) => {
    const at = SNAPSHOT_HEADER_SIZE_BYTES + index * SNAPSHOT_ENTRY_SIZE_BYTES
    return bytes.toString('hex', at, at + SNAPSHOT_ENTRY_SIZE_BYTES)
  }).toSorted()
}

/** Comments hold a date, the order is a hash table's, and directory ids are random. */
function compareMeta(kafka: string, ottla: string): string[] {
  const shape = (directory: string) =>
    readFileSync(join(directory, 'meta.properties'), 'utf8')
      .split('\n')
      .filter(line => !line.startsWith('#'))
      .map(line => line.replace(/^(directory\.id=)[A-Za-z0-9_-]{22}$/, '$1ID'))
      .toSorted()
      .join('\n')
  return difference('meta.properties', shape(kafka), shape(ottla))
}

/** The broker epoch is the cluster's. */
function compareMarkers(kafka: string, ottla: string): string[] {
  const shape = (directory: string) =>
    readFileSync(join(directory, '.kafka_cleanshutdown'), 'utf8').replace(/-?\d+\}$/, 'N}')
  return difference('.kafka_cleanshutdown', shape(kafka), shape(ottla))
}

function difference(title: string, kafka: string, ottla: string): string[] {
  return kafka === ottla ? [] : [`${title}: Kafka's ${JSON.stringify(kafka)}, ours ${JSON.stringify(ottla)}`]
}

function read(directory: string, name: string): Buffer | null {
  try {
    return readFileSync(join(directory, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
