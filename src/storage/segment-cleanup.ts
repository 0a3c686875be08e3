import type { Disk, FileHandle } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { StorageError } from '../base/storage-error.ts'
import type { Log } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import type { Segment } from './segment.ts'
import { segmentFileName } from './segment-names.ts'

const SEGMENT_EXTENSIONS = ['log', 'index', 'timeindex', 'txnindex', 'snapshot']

interface CleanupPorts {
  readonly disk: Disk
  readonly logger: Logger
  readonly later: (delayMs: number, callback: () => void) => void
}

/** Beside the appends of a directory's logs: index files of sealed segments, snapshots, removal of old segments. */
export class SegmentCleanup {
  readonly #directory: LogDirectory
  readonly #ports: CleanupPorts
  /** Old ones of which only the group journal has all: their sync was asked for, and has not ended. */
  readonly #syncing = new Set<Segment>()

  constructor(directory: LogDirectory, ports: CleanupPorts) {
    this.#directory = directory
    this.#ports = ports
  }

  /** The recovery point stays before the segment until its index files are synced. */
  sealIndexes(segment: Segment): void {
    const left = new Set(['index', 'timeindex'])
    try {
      segment.writeIndexes()
      // Both are opened now: when a sync is done, the files may have another name.
      for (const extension of left) {
        this.#syncFile(segment.path(extension), () => {
          left.delete(extension)
          segment.areIndexesSynced = left.size === 0
        })
      }
    } catch (error) {
      this.#report(error, segment.path('index'))
    }
  }

  /** A snapshot that fails or gets lost costs a longer recovery, nothing else. */
  writeSnapshot(directoryPath: string, offset: number, bytes: Uint8Array): void {
    const path = `${directoryPath}/${segmentFileName(offset, 'snapshot')}`
    try {
      const file = this.#ports.disk.open(path, 'write')
      this.#write(file, bytes)
      this.#syncFile(path, () => undefined)
    } catch (error) {
      this.#report(error, path)
    }
  }

  /**
   * How many of the first segments may go now. One with bytes that its file may lack after a power cut is synced first
   * and goes with the next check: if the power cut undoes its renaming as well, there would be a gap, and recovery
   * takes all behind a gap for lost.
   */
  countRemovable(log: Log, segments: readonly Segment[]): number {
    const unsynced = segments.filter(({ hasUnsyncedBytes }) => hasUnsyncedBytes)
    for (const segment of unsynced) {
      if (segment.isInJournal) this.#syncOnce(log, segment)
      else this.#directory.flusher.markDirty(log, segment)
    }
    return unsynced.length === 0 ? segments.length : segments.indexOf(unsynced[0]!)
  }

  /** Renames the files, which no start opens then, and removes them after the delay (LOG-6); both off the loop. */
  remove(segments: readonly Segment[], delayMs: number): void {
    const paths: string[] = []
    for (const segment of segments) {
      this.#directory.flusher.forgetSegment(segment)
      segment.closeFile()
      for (const extension of SEGMENT_EXTENSIONS) {
        const path = segment.path(extension)
        if (this.#ports.disk.exists(path)) paths.push(path)
      }
    }
    for (const path of paths) {
      this.#directory.jobs.run(
        (queue, ticket) => queue.rename(path, `${path}.deleted`, ticket),
        errno => this.#failed(errno, path),
      )
    }
    this.#ports.later(delayMs, () => this.#unlink(paths))
  }

  /** A disk that hangs is asked once, however often retention comes by. */
  #syncOnce(log: Log, segment: Segment): void {
    if (this.#syncing.has(segment)) return
    this.#syncing.add(segment)
    this.#directory.lateSyncs.sync(log, segment, () => this.#syncing.delete(segment))
  }

  #unlink(paths: readonly string[]): void {
    for (const path of paths) {
      this.#directory.jobs.run(
        (queue, ticket) => queue.unlink(`${path}.deleted`, ticket),
        errno => this.#failed(errno, path),
      )
    }
  }

  #write(file: FileHandle, bytes: Uint8Array): void {
    try {
      this.#ports.disk.truncate(file, 0)
      this.#ports.disk.pwritev(file, [bytes], 0)
    } finally {
      this.#ports.disk.close(file)
    }
  }

  #syncFile(path: string, done: () => void): void {
    const file = this.#ports.disk.open(path, 'write')
    this.#directory.jobs.run(
      (queue, ticket) => queue.fdatasync(file, ticket),
      errno => {
        this.#ports.disk.close(file)
        if (errno === 0) done()
        else this.#directory.fail(this.#ports.disk.errorName(errno))
      },
    )
  }

  #failed(errno: number, path: string): void {
    if (errno !== 0) this.#ports.logger.warn({ path, errno }, 'a file of an old segment could not be removed')
  }

  #report(error: unknown, path: string): void {
    if (!(error instanceof StorageError)) throw error
    this.#ports.logger.warn({ path, error: error.message }, 'a file beside the log could not be written')
  }
}
