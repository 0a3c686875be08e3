import type { StoredCodec } from '../config/topic-config.ts'
import type { ScanFile } from '../native/batch-scan.ts'
import type { Crc32c } from '../protocol/record-batch.ts'
import type { Decompress } from '../protocol/records/decode-records.ts'

/** The work on record bytes that the addon does; src/broker/native-platform.ts fills it from the binding. */
export interface BatchNative {
  /** `batchCheck` of the binding: 0 or a reason, and the batch's fields in `out` (BatchCheckRow). */
  check(bytes: Uint8Array, flags: number, decompressedMaxBytes: number, out: Float64Array): number
  /** The same on a worker thread: `bytes` must stay as they are until `done` is called on the loop. */
  checkOnWorker(
    bytes: Uint8Array,
    flags: number,
    decompressedMaxBytes: number,
    out: Float64Array,
    done: (reason: number) => void,
  ): void
  /** The records of a batch that `check` found good, in another codec; null when it would pass `sizeMaxBytes`. */
  pack(batch: Uint8Array, target: StoredCodec, sizeMaxBytes: number): Uint8Array | null
  /** The same on a worker thread: `batch` must stay as it is until `done` is called on the loop. */
  packOnWorker(
    batch: Uint8Array,
    target: StoredCodec,
    sizeMaxBytes: number,
    done: (packed: Uint8Array | null) => void,
  ): void
  /**
   * The first record at or behind `fromOffset` with at least this timestamp, found on a worker thread; offset -1 when
   * there is none. `bytes` are one batch, and must stay as they are until `done` is called on the loop with reason 0,
   * or why the batch can't be read (BatchCheckReason).
   */
  findTimestampOnWorker(
    bytes: Uint8Array,
    timestampMs: number,
    fromOffset: number,
    done: (reason: number, offset: number, timestampMs: number) => void,
  ): void
  /** Finds the batches of a file on a worker thread. */
  readonly scanFile: ScanFile
  readonly crc32c: Crc32c
  readonly decompress: Decompress
}
