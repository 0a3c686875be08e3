import { assert } from '../../base/assert.ts'
import type { Disk, DiskQueue, FileHandle } from '../../base/disk.ts'
import { readSmallFile, writeSmallFile } from '../../base/small-file.ts'
import { StorageError } from '../../base/storage-error.ts'
import type { MetadataLog } from '../metadata-log.ts'
import type { MetadataRecord } from '../metadata-record.ts'
import { type Crc32c, decodeFrame, encodeFrame } from './frame.ts'

/**
 * Both files begin with eight bytes: `OTTLAMD` and the format version. Behind them `ottla-metadata.snapshot` has one
 * frame, `ottla-metadata.log` one per append. They are regular files because Kafka refuses to start on a log directory
 * with an unknown directory in it.
 */
const MAGIC = [0x4f, 0x54, 0x54, 0x4c, 0x41, 0x4d, 0x44]
const FORMAT_VERSION = 1
const FILE_HEADER = Uint8Array.from([...MAGIC, FORMAT_VERSION])
const LOG_FILE_NAME = 'ottla-metadata.log'
const SNAPSHOT_FILE_NAME = 'ottla-metadata.snapshot'
/** A directory with one of them has been the first log directory of a broker. */
export const METADATA_FILE_NAMES = [LOG_FILE_NAME, SNAPSHOT_FILE_NAME] as const
const SNAPSHOT_AFTER_BYTES = 1024 * 1024

export interface EmbeddedMetadataLogOptions {
  readonly disk: Disk
  /** The first log directory; exists and is locked by this broker. */
  readonly directory: string
  readonly crc32c: Crc32c
}

interface PendingAppend {
  readonly resolve: () => void
  readonly reject: (error: StorageError) => void
}

/** The journal of a broker on its own. A failed write or sync fences it: the page cache can't be trusted any more. */
export class EmbeddedMetadataLog implements MetadataLog {
  readonly #disk: Disk
  readonly #crc32c: Crc32c
  readonly #snapshotPath: string
  readonly #logPath: string
  readonly #directory: string
  readonly #queue: DiskQueue
  #file: FileHandle | null = null
  #sizeBytes = 0
  #sequence = 0
  #pending: PendingAppend | null = null
  #failure: StorageError | null = null

  constructor(options: EmbeddedMetadataLogOptions) {
    this.#disk = options.disk
    this.#crc32c = options.crc32c
    this.#directory = options.directory
    this.#snapshotPath = `${options.directory}/${SNAPSHOT_FILE_NAME}`
    this.#logPath = `${options.directory}/${LOG_FILE_NAME}`
    this.#queue = options.disk.createQueue((completions, count) => this.#completed(completions, count))
  }

  get isSnapshotDue(): boolean {
    return this.#sizeBytes >= SNAPSHOT_AFTER_BYTES && this.#failure === null
  }

  load(): readonly MetadataRecord[] {
    assert(this.#file === null, 'the journal is loaded once')
    const records: MetadataRecord[] = []
    const snapshot = this.#read(this.#snapshotPath)
    if (snapshot !== null) {
      const frame = decodeFrame(snapshot, FILE_HEADER.length, this.#crc32c)
      if (frame === null) throw new StorageError('EBADMSG', 'load', this.#snapshotPath)
      records.push(...frame.records)
      this.#sequence = frame.sequence
    }
    const log = this.#read(this.#logPath)
    if (log === null) writeSmallFile(this.#disk, this.#logPath, FILE_HEADER)
    this.#sizeBytes = log === null ? FILE_HEADER.length : this.#replay(log, records)
    this.#file = this.#disk.open(this.#logPath, 'write')
    if (this.#disk.sizeBytes(this.#file) !== this.#sizeBytes) {
      this.#disk.truncate(this.#file, this.#sizeBytes)
    }
    this.#disk.fdatasync(this.#file)
    this.#disk.syncDirectory(this.#directory)
    return records
  }

  append(records: readonly MetadataRecord[]): Promise<void> {
    const file = this.#file
    if (this.#failure !== null) return Promise.reject(this.#failure)
    assert(file !== null && this.#pending === null, 'one append at a time, after loading')
    const frame = encodeFrame(this.#sequence + 1, records, this.#crc32c)
    try {
      this.#disk.pwritev(file, [frame], this.#sizeBytes)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      if (!this.#isTakenBack(file, error)) this.#failure = error
      return Promise.reject(error)
    }
    this.#sequence++
    this.#sizeBytes += frame.length
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      this.#queue.fdatasync(file, 0)
    })
  }

  /** A full disk is no reason to distrust it: once what was written of the frame is cut off, all is as before. */
  #isTakenBack(file: FileHandle, error: StorageError): boolean {
    if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return false
    return this.#attempt(() => this.#disk.truncate(file, this.#sizeBytes)) === null
  }

  /** A crash between the two files leaves frames that the snapshot already holds: their numbers tell. */
  writeSnapshot(records: readonly MetadataRecord[]): void {
    assert(this.#file !== null && this.#pending === null, 'no snapshot during an append')
    const frame = encodeFrame(this.#sequence, records, this.#crc32c)
    const bytes = new Uint8Array(FILE_HEADER.length + frame.length)
    bytes.set(FILE_HEADER)
    bytes.set(frame, FILE_HEADER.length)
    // Both files stay valid together without it: frames that a snapshot holds already are passed over.
    if (this.#attempt(() => writeSmallFile(this.#disk, this.#snapshotPath, bytes)) !== null) return
    this.#failure ??= this.#attempt(() => this.#emptyLog())
  }

  #emptyLog(): void {
    writeSmallFile(this.#disk, this.#logPath, FILE_HEADER)
    if (this.#file !== null) this.#disk.close(this.#file)
    this.#file = null
    this.#file = this.#disk.open(this.#logPath, 'write')
    this.#sizeBytes = FILE_HEADER.length
  }

  /** What the disk refused, or null. */
  #attempt(work: () => void): StorageError | null {
    try {
      work()
      return null
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      return error
    }
  }

  close(): void {
    this.#queue.close()
    if (this.#file !== null) this.#disk.close(this.#file)
    this.#file = null
  }

  #completed(completions: Int32Array, count: number): void {
    for (let row = 0; row < count; row++) {
      const pending = this.#pending
      assert(pending !== null, 'a sync belongs to an append')
      this.#pending = null
      const errno = completions[2 * row + 1]!
      if (errno === 0) {
        pending.resolve()
        continue
      }
      this.#failure = new StorageError(this.#disk.errorName(errno), 'fdatasync', this.#logPath)
      pending.reject(this.#failure)
    }
  }

  #read(path: string): Uint8Array | null {
    const bytes = readSmallFile(this.#disk, path)
    if (bytes === null) return null
    if (!MAGIC.every((byte, index) => bytes[index] === byte)) throw new StorageError('EBADMSG', 'load', path)
    if (bytes[MAGIC.length] !== FORMAT_VERSION) throw new StorageError('ENOTSUP', 'load', path)
    return bytes
  }

  /** Answers where the sound part ends. Behind a torn frame nothing sound may follow: that would be lost metadata. */
  #replay(log: Uint8Array, records: MetadataRecord[]): number {
    let position = FILE_HEADER.length
    for (;;) {
      const frame = decodeFrame(log, position, this.#crc32c)
      if (frame === null) break
      position += frame.sizeBytes
      if (frame.sequence <= this.#sequence) continue
      if (frame.sequence !== this.#sequence + 1) throw new StorageError('EBADMSG', 'load', this.#logPath)
      records.push(...frame.records)
      this.#sequence = frame.sequence
    }
    for (let behind = position + 1; behind < log.length; behind++) {
      const frame = decodeFrame(log, behind, this.#crc32c)
      if (frame !== null && frame.sequence > this.#sequence) {
        throw new StorageError('EBADMSG', 'load', this.#logPath)
      }
    }
    return position
  }
}
