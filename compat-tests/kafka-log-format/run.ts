import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLeaderEpoch, readRecordsCount } from '../../src/protocol/record-batch.ts'
import { batchesOf } from '../../src/protocol/records/batches-of.ts'
import { KafkaNode } from '../harness/kafka-node.ts'
import { KafkaRelease } from '../harness/kafka-release.ts'
import { compareDirectories } from './compare-directories.ts'
import { dumpLog } from './dump-log.ts'
import { batchesToWrite } from './history.ts'
import { KafkaConnection } from './kafka-connection.ts'
import { type EpochBatch, OttlaDirectory } from './ottla-directory.ts'

const RELEASE = new KafkaRelease('4.4.0')
const TOPIC = 'format'
const PARTITION_NAME = `${TOPIC}-0`
const SEED = 20_26
/** The least that Kafka takes. */
const SEGMENT_SIZE_BYTES = 1024 * 1024
const INDEX_INTERVAL_BYTES = 4096
/** Within the first segment, and within a batch. */
const DELETE_BEFORE = 5
const NOT_RUN_EXIT_CODE = 2
/** In the CRC or the records of a batch, in the second or third entry of the other files. */
const DAMAGED_BYTE = 19

/** Lives of a real Kafka, with a clean stop after each. */
async function writeKafka(kafka: KafkaNode, lives: readonly (readonly Uint8Array[])[]): Promise<void> {
  const config = new Map([
    ['segment.bytes', String(SEGMENT_SIZE_BYTES)],
    ['index.interval.bytes', String(INDEX_INTERVAL_BYTES)],
  ])
  for (const [index, batches] of lives.entries()) {
    await kafka.start()
    const connection = await KafkaConnection.open(kafka.port)
    if (index === 0) await connection.createTopic(TOPIC, config)
    for (const batch of batches) await connection.produce(TOPIC, batch)
    await connection.deleteRecordsBefore(TOPIC, DELETE_BEFORE)
    connection.close()
    await kafka.stop()
  }
}

/** The leader epochs that Kafka wrote the batches in, in order. */
function epochsIn(directory: string): number[] {
  const logs = readdirSync(directory).filter(name => name.endsWith('.log'))
  return logs.toSorted().flatMap(name => {
    const bytes = readFileSync(join(directory, name))
    return [...batchesOf(bytes)].map(batch => readLeaderEpoch(viewOf(batch), 0))
  })
}

function recordsIn(batch: Uint8Array): number {
  return readRecordsCount(viewOf(batch), 0)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function writeOttla(path: string, kafkaDir: string, lives: readonly (readonly Uint8Array[])[]) {
  const find = (file: string, pattern: RegExp) =>
    pattern.exec(readFileSync(join(kafkaDir, file), 'utf8'))![1]!
  const ottla = new OttlaDirectory({
    path,
    topicName: TOPIC,
    topicId: find(`${PARTITION_NAME}/partition.metadata`, /topic_id: (\S+)/),
    clusterId: find('meta.properties', /cluster\.id=(\S+)/),
    segmentSizeBytes: SEGMENT_SIZE_BYTES,
    indexIntervalBytes: INDEX_INTERVAL_BYTES,
  })
  const epochs = epochsIn(join(kafkaDir, PARTITION_NAME))
  const batchCount = lives.flat().length
  if (epochs.length !== batchCount) throw new Error(`${epochs.length} batches in Kafka, not ${batchCount}`)
  let next = 0
  for (const batches of lives) {
    const withEpochs: EpochBatch[] = batches.map(batch => ({ batch, leaderEpoch: epochs[next++]! }))
    await ottla.live(withEpochs, DELETE_BEFORE)
  }
}

async function main(): Promise<number> {
  const missing = RELEASE.fetch()
  if (missing !== null) {
    console.log(`NOT RUN kafka-log-format: ${missing}`)
    return NOT_RUN_EXIT_CODE
  }
  const directory = mkdtempSync(join(tmpdir(), 'ottla-log-format-'))
  const kafka = await KafkaNode.format(RELEASE, join(directory, 'kafka'))
  const ottlaDir = join(directory, 'ottla')
  try {
    const batches = batchesToWrite(SEED, Date.now() - 60_000)
    const half = Math.floor(batches.length / 2)
    const lives = [batches.slice(0, half), batches.slice(half)]
    await writeKafka(kafka, lives)
    await writeOttla(ottlaDir, kafka.dataDir, lives)
    return report(
      kafka.dataDir,
      ottlaDir,
      lives[0]!.reduce((sum, batch) => sum + recordsIn(batch), 0),
    )
  } finally {
    await kafka.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function report(kafkaDir: string, ottlaDir: string, restartOffset: number): number {
  const partitionDir = join(ottlaDir, PARTITION_NAME)
  const dump = dumpLog(RELEASE, partitionDir)
  const differences = compareDirectories({
    kafka: kafkaDir,
    ottla: ottlaDir,
    partitionName: PARTITION_NAME,
    restartOffset,
  })
  const overlooked = plantDamage(partitionDir)
  for (const line of dump.complaints) console.log(`FAIL DumpLogSegments: ${line}`)
  for (const line of differences) console.log(`FAIL ${line}`)
  for (const name of overlooked) console.log(`FAIL the tool says nothing of damage in ${name}`)
  console.log(`DumpLogSegments ${RELEASE.version} read ${dump.files} files, ${dump.records} records`)
  const counts = `${dump.complaints.length} complaints, ${differences.length} differences from Kafka's own files`
  console.log(`kafka-log-format: ${counts}`)
  const failures = dump.complaints.length + differences.length + overlooked.length
  return dump.records > 0 && failures === 0 ? 0 : 1
}

/** Turns a byte of every kind of file, one after another; answers those of which the tool did not complain. */
function plantDamage(directory: string): string[] {
  const logs = readdirSync(directory).filter(name => name.endsWith('.log'))
  const segment = logs.toSorted()[1]!.replace('.log', '')
  return ['.log', '.index', '.timeindex', '.snapshot'].filter(extension => {
    const path = join(directory, segment + extension)
    const bytes = readFileSync(path)
    const damaged = Uint8Array.from(bytes)
    damaged[DAMAGED_BYTE] = damaged[DAMAGED_BYTE]! ^ 0x01
    writeFileSync(path, damaged)
    const { complaints } = dumpLog(RELEASE, directory, name => name.startsWith(segment))
    writeFileSync(path, bytes)
    return complaints.length === 0
  })
}

process.exit(await main())
