import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KafkaRelease } from '../harness/kafka-release.ts'

/**
 * How the tool says that something is wrong; it may exit with 0 all the same. That offsets are not consecutive it says
 * of every segment but the first, Kafka's own too, because it begins at -1: only later pairs of offsets count.
 */
const COMPLAINT = /mismatch|corrupt|exception|error|not found|isvalid: false|extra|^\s*\d+ is followed by/i
const EXTENSIONS = ['log', 'index', 'timeindex', 'snapshot']

/** What Kafka's DumpLogSegments says against the files of a partition, and how many files and records it read. */
export interface Dump {
  readonly complaints: readonly string[]
  readonly files: number
  readonly records: number
}

export function dumpLog(release: KafkaRelease, directory: string, isWanted = (_name: string) => true): Dump {
  const files = readdirSync(directory).filter(
    name => EXTENSIONS.includes(name.slice(name.indexOf('.') + 1)) && isWanted(name),
  )
  const paths = files.map(name => join(directory, name)).join(',')
  // The two ways it looks at an index are of different runs: sanity alone, and entry by entry against the log.
  const runs = [
    ['--deep-iteration', '--files', paths],
    ['--index-sanity-check', '--files', paths],
  ].map(options => release.runJava('org.apache.kafka.tools.DumpLogSegments', options))
  const lines = runs.flatMap(({ text }) => text.split('\n'))
  const complaints = lines.filter(line => COMPLAINT.test(line))
  for (const { status } of runs) if (status !== 0) complaints.push(`DumpLogSegments ended with ${status}`)
  const records = runs[0]!.text.split('\n').filter(line => line.startsWith('| offset:')).length
  return { complaints, files: files.length, records }
}
