import { beforeEach, expect, test } from 'vitest'
import { loadNativeBinding } from '../../native/load.ts'
import { gatherBytes } from '../../native/sim/sim-gather.ts'
import { SimDisk } from '../../native/sim-disk.ts'
import { SeededRandom } from '../../platform/seeded-random.ts'
import { encodePartitionMetadata } from '../partition-metadata.ts'
import { TOPIC_ID } from '../storage-world.test-support.ts'
import { encodeRecordHead, type JournalRange } from './journal-record.ts'
import { journalFileName, replayJournals } from './replay-journals.ts'

const { crc32c } = loadNativeBinding()
const ignore = () => {}
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
const text = new TextEncoder()

let disk: SimDisk

beforeEach(() => {
  disk = new SimDisk({ schedule: ignore })
})

function write(path: string, bytes: Uint8Array): void {
  const file = disk.open(path, 'write')
  disk.pwritev(file, [bytes], 0)
  disk.fdatasync(file)
  disk.close(file)
}

function read(path: string): string {
  const file = disk.open(path, 'read')
  const bytes = new Uint8Array(disk.sizeBytes(file))
  disk.pread(file, bytes, 0)
  disk.close(file)
  return new TextDecoder().decode(bytes)
}

function makePartition(partitionIndex: number): string {
  const path = `/data/t-${partitionIndex}`
  disk.makeDirectory(path)
  write(`${path}/partition.metadata`, encodePartitionMetadata(TOPIC_ID))
  write(`${path}/00000000000000000000.log`, text.encode('0123'))
  for (const directory of [path, '/data', '/']) disk.syncDirectory(directory)
  return `${path}/00000000000000000000.log`
}

/** A journal with one record: each text goes to its place, which is in t-0 and its first segment by default. */
function writeJournal(number: number, ...places: [text: string, place: Partial<JournalRange>][]): void {
  const parts = places.map(([part]) => text.encode(part))
  const ranges = places.map(([, place], index) => ({
    topicName: 't',
    topicId: TOPIC_ID,
    partitionIndex: 0,
    baseOffset: 0,
    position: 0,
    sizeBytes: parts[index]!.length,
    ...place,
  }))
  write(`/data/${journalFileName(number)}`, gatherBytes(encodeRecordHead(number, 0, ranges), parts))
}

const replay = () => replayJournals('/data', { disk, logger, crc32c })

test('all journals of a directory are replayed, and gone', () => {
  const path = makePartition(0)
  writeJournal(3, ['45', { position: 4 }])
  writeJournal(12, ['67', { position: 6 }])
  replay()
  expect(read(path)).toBe('01234567')
  expect(disk.list('/data').map(({ name }) => name)).toEqual(['t-0'])
})

test('a segment that is not there is not made, and a partition that is not there is passed over', () => {
  const path = makePartition(0)
  writeJournal(0, ['x', { baseOffset: 7 }], ['y', { partitionIndex: 1 }], ['45', { position: 4 }])
  replay()
  expect(read(path)).toBe('012345')
  expect(disk.list('/data/t-0').map(({ name }) => name)).toEqual([
    '00000000000000000000.log',
    'partition.metadata',
  ])
})

test('all are on the disk then, also when there are more than are open at once', () => {
  const paths = Array.from({ length: 300 }, (_, partitionIndex) => makePartition(partitionIndex))
  const places = (part: string, position: number) =>
    paths.map((_, partitionIndex): [string, Partial<JournalRange>] => [part, { partitionIndex, position }])
  writeJournal(0, ...places('4', 4), ...places('5', 5))
  replay()
  expect(disk.openFileCount).toBe(0)
  disk = disk.crash(new SeededRandom(1))
  expect(new Set(paths.map(read))).toEqual(new Set(['012345']))
})
