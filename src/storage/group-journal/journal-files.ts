import type { Disk, FileHandle } from '../../base/disk.ts'
import { StorageError } from '../../base/storage-error.ts'
import type { DiskJobs } from '../disk-jobs.ts'
import type { Log } from '../log.ts'
import { DESCRIPTOR_SHORTAGES, PASSING_REFUSALS } from '../passing-refusals.ts'
import type { Segment } from '../segment.ts'
import { journalFileName } from './replay-journals.ts'

/** One is written while the segments of the other are synced. */
const FILES_MAX = 2

export interface Journal {
  readonly path: string
  readonly number: number
  readonly file: FileHandle
  sizeBytes: number
  recordCount: number
  /** A write to it failed: what may stand behind its last whole record would hide all that followed. */
  isTorn: boolean
  /** Those with bytes in it. */
  readonly segments: Map<Segment, Log>
}

export interface JournalFilesPorts {
  readonly disk: Disk
  readonly jobs: DiskJobs
  readonly directoryPath: string
  /** The disk has no room for another one now. */
  readonly onRefused: () => void
  readonly onFailure: (code: string) => void
}

/**
 * The files of a directory's group journal. One that is not needed any more is written again from its beginning, under
 * the next number, by which what it held is told from what it holds: a file that does not grow is synced faster, and
 * without waiting for what else the file system writes.
 */
export class JournalFiles {
  readonly #ports: JournalFilesPorts
  readonly #open = new Set<FileHandle>()
  /** Of no use until somebody takes them; their names are on the disk. */
  readonly #ready: Journal[] = []
  #isMaking = false
  #nextNumber = 0

  constructor(ports: JournalFilesPorts) {
    this.#ports = ports
  }

  /** An empty journal; null when there is none yet, or two are in use. */
  take(): Journal | null {
    const journal = this.#ready.shift() ?? null
    if (journal === null && this.#open.size < FILES_MAX) this.#make()
    return journal
  }

  /** All its segments are synced. */
  recycle({ path, file }: Journal): void {
    const number = this.#takeNumber()
    const newPath = this.#pathOf(number)
    this.#ports.jobs.run(
      (queue, ticket) => queue.rename(path, newPath, ticket),
      renamed => {
        if (renamed !== 0) this.#notRecycled(renamed, PASSING_REFUSALS, path, file)
        else {
          this.#syncName(errno => {
            if (errno === 0) this.#add(newPath, number, file)
            else this.#notRecycled(errno, DESCRIPTOR_SHORTAGES, newPath, file)
          })
        }
      },
    )
  }

  /** All its segments are synced, and nothing is to be written to it any more: the disk had no room for it. */
  remove({ path, file }: Pick<Journal, 'path' | 'file'>): void {
    const { disk, jobs, onFailure } = this.#ports
    this.#open.delete(file)
    disk.close(file)
    jobs.run(
      (queue, ticket) => queue.unlink(path, ticket),
      errno => errno !== 0 && onFailure(disk.errorName(errno)),
    )
  }

  close(): void {
    for (const file of this.#open) this.#ports.disk.close(file)
    this.#open.clear()
  }

  /** ENOSPC of a sync is a failed write-back, that of a renaming is none. */
  #notRecycled(errno: number, passing: ReadonlySet<string>, path: string, file: FileHandle): void {
    const { disk, onFailure, onRefused } = this.#ports
    const code = disk.errorName(errno)
    if (passing.has(code)) {
      this.remove({ path, file })
      onRefused()
    } else onFailure(code)
  }

  #make(): void {
    if (this.#isMaking) return
    this.#isMaking = true
    const number = this.#takeNumber()
    const path = this.#pathOf(number)
    this.#ports.jobs.run(
      (queue, ticket) => queue.createFile(path, ticket),
      created => {
        if (created !== 0) this.#notMade(created)
        else this.#syncName(errno => this.#made(errno, path, number))
      },
    )
  }

  #made(errno: number, path: string, number: number): void {
    if (errno !== 0) {
      this.#removeUnused(path)
      this.#notMade(errno)
    } else this.#openNew(path, number)
  }

  #openNew(path: string, number: number): void {
    const { disk, onRefused } = this.#ports
    this.#isMaking = false
    try {
      const file = disk.open(path, 'write')
      this.#open.add(file)
      this.#add(path, number, file)
    } catch (error) {
      // No descriptor is left.
      if (!(error instanceof StorageError)) throw error
      this.#removeUnused(path)
      onRefused()
    }
  }

  #notMade(errno: number): void {
    const { disk, onFailure, onRefused } = this.#ports
    this.#isMaking = false
    const code = disk.errorName(errno)
    if (PASSING_REFUSALS.has(code)) onRefused()
    else onFailure(code)
  }

  /** Each attempt makes a new one. It is empty: should it stay, it does no harm, and the stop removes it. */
  #removeUnused(path: string): void {
    const ignore = () => {}
    this.#ports.jobs.run((queue, ticket) => queue.unlink(path, ticket), ignore)
  }

  /** What is in a file whose name is not on the disk would be lost with it. */
  #syncName(done: (errno: number) => void): void {
    const { jobs, directoryPath } = this.#ports
    jobs.run((queue, ticket) => queue.syncDirectory(directoryPath, ticket), done)
  }

  #add(path: string, number: number, file: FileHandle): void {
    this.#ready.push({ path, number, file, sizeBytes: 0, recordCount: 0, isTorn: false, segments: new Map() })
  }

  #takeNumber(): number {
    const number = this.#nextNumber
    this.#nextNumber += 1
    return number
  }

  #pathOf(number: number): string {
    return `${this.#ports.directoryPath}/${journalFileName(number)}`
  }
}
