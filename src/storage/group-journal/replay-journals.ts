import type { Disk } from '../../base/disk.ts'
import type { Logger } from '../../base/logger.ts'
import { readSmallFile } from '../../base/small-file.ts'
import { StorageError } from '../../base/storage-error.ts'
import type { Crc32c } from '../../protocol/record-batch.ts'
import { nameOfLog } from '../log-name.ts'
import { decodePartitionMetadata } from '../partition-metadata.ts'
import { segmentFileName } from '../segment-names.ts'
import { decodeJournal, type JournaledBytes } from './journal-record.ts'

/** Segments that are open at once. */
const OPEN_FILES_MAX = 256
const FILE_PATTERN = /^ottla-group-journal-(\d{10})$/

export interface ReplayPorts {
  readonly disk: Disk
  readonly logger: Logger
  readonly crc32c: Crc32c
}

interface JournalFile {
  readonly number: number
  readonly path: string
}

/** The name of a group journal's file, beside the partitions' directories. */
export function journalFileName(number: number): string {
  return `ottla-group-journal-${String(number).padStart(10, '0')}`
}

/**
 * After a stop that was not clean: what group commits made safe goes to the segments it is of, which may have lost it.
 * Nothing else may look at the segments before; the journals are gone then, so that no later start replays them over
 * what was written meanwhile. StorageError when the disk refuses.
 */
export function replayJournals(directoryPath: string, ports: ReplayPorts): void {
  const { disk, logger } = ports
  const replay = new Replay(directoryPath, ports)
  try {
    for (const journal of journalsIn(disk, directoryPath)) replay.apply(journal)
    replay.syncAll()
  } finally {
    replay.close()
  }
  if (replay.byteCount > 0)
    logger.info({ directory: directoryPath, bytes: replay.byteCount }, 'replayed group commits')
  removeJournals(directoryPath, disk)
}

/** Durably. They are not needed: every segment is synced. */
export function removeJournals(directoryPath: string, disk: Disk): void {
  const journals = journalsIn(disk, directoryPath)
  for (const { path } of journals) disk.unlink(path)
  if (journals.length > 0) disk.syncDirectory(directoryPath)
}

function journalsIn(disk: Disk, directoryPath: string): JournalFile[] {
  return disk.list(directoryPath).flatMap(({ name }) => {
    const match = FILE_PATTERN.exec(name)
    return match === null ? [] : [{ number: Number(match[1]), path: `${directoryPath}/${name}` }]
  })
}

class Replay {
  byteCount = 0
  readonly #directoryPath: string
  readonly #ports: ReplayPorts
  /** By path; null for a segment that is not there, or is of another topic by now. */
  readonly #files = new Map<string, number | null>()

  constructor(directoryPath: string, ports: ReplayPorts) {
    this.#directoryPath = directoryPath
    this.#ports = ports
  }

  apply({ number, path }: JournalFile): void {
    const bytes = this.#read(path)
    for (const ranges of decodeJournal(bytes, number, this.#ports.crc32c)) {
      for (const range of ranges) this.#write(range)
    }
  }

  syncAll(): void {
    for (const file of this.#files.values()) if (file !== null) this.#ports.disk.fdatasync(file)
    this.close()
  }

  close(): void {
    for (const file of this.#files.values()) if (file !== null) this.#ports.disk.close(file)
    this.#files.clear()
  }

  #write(range: JournaledBytes): void {
    const file = this.#fileOf(range)
    if (file === null) return
    this.#ports.disk.pwritev(file, [range.bytes], range.position)
    this.byteCount += range.sizeBytes
  }

  #fileOf(range: JournaledBytes): number | null {
    const path = `${this.#directoryPath}/${nameOfLog(range)}/${segmentFileName(range.baseOffset, 'log')}`
    const known = this.#files.get(path)
    if (known !== undefined) return known
    if (this.#files.size >= OPEN_FILES_MAX) this.syncAll()
    const file =
      this.#isOf(range) && this.#ports.disk.exists(path) ? this.#ports.disk.open(path, 'write') : null
    this.#files.set(path, file)
    return file
  }

  /** A topic may have been deleted, and another one made under its name. */
  #isOf(range: JournaledBytes): boolean {
    const path = `${this.#directoryPath}/${nameOfLog(range)}`
    const bytes = readSmallFile(this.#ports.disk, `${path}/partition.metadata`)
    try {
      return bytes !== null && decodePartitionMetadata(bytes, path) === range.topicId
    } catch (error) {
      if (error instanceof StorageError) return false
      throw error
    }
  }

  #read(path: string): Uint8Array {
    const { disk } = this.#ports
    const file = disk.open(path, 'read')
    try {
      const bytes = new Uint8Array(disk.sizeBytes(file))
      return bytes.subarray(0, disk.pread(file, bytes, 0))
    } finally {
      disk.close(file)
    }
  }
}
