/**
 * The whole native boundary. Handles are small whole numbers, only numbers, strings and Uint8Arrays cross on the hot
 * path. Errors of the operating system are thrown as Error with `code` (errno's name) and `syscall`.
 */

// ---- files (native/binding/disk.cc) ----
/** mode: 0 read, 1 read and write (created if missing), 2 create (fails when it exists). */
export function fileOpen(path: string, mode: number): number
export function fileClose(file: number): void
export function fileSizeBytes(file: number): number
export function filePwritev(file: number, buffers: readonly Uint8Array[], position: number): void
export function filePread(file: number, into: Uint8Array, position: number): number
/** -1 when the page cache lacks any of the bytes: never waits for the disk. */
export function filePreadResident(file: number, into: Uint8Array, position: number): number
export function fileIsResident(file: number, position: number, sizeBytes: number): boolean
export function fileTruncate(file: number, sizeBytes: number): void
export function fileDatasync(file: number): void
/** F_OFD_SETLK, exclusive: true when the lock is now held. */
export function fileTryLock(file: number): boolean
export function directorySync(path: string): void
/** The thread calls `onCompletions(count)` on the loop after it has filled `completions` with [ticket, errno] rows. */
export function queueOpen(completions: Int32Array, onCompletions: (count: number) => void): number
/**
 * op: 0 fdatasync(file), 1 syncDirectory, 2 rename, 3 createFile, 4 makeDirectory, 5 unlink, 6 removeTree,
 * 8 warm(path, position, size), 9 writeOut(file, position, size).
 */
export function queueSubmit(
  queue: number,
  op: number,
  ticket: number,
  file: number,
  path: string,
  toPath: string,
  sizeBytes: number,
  position: number,
): void
/** Operation 7: `rows` has [file, position, size] of each range; see DiskQueue.gather. */
export function queueGather(
  queue: number,
  ticket: number,
  file: number,
  position: number,
  head: Uint8Array,
  rows: Float64Array,
): void
export function queueClose(queue: number): void

// ---- sockets (native/binding/transport.cc) ----
export function transportOpen(
  options: {
    frameSizeMaxBytes: number
    requestMemoryMaxBytes: number
    connectionsMax: number
    sendQueueHighWaterBytes: number
  },
  events: {
    onConnection: (connectionId: number, listenerId: number, address: string, port: number) => void
    onFrames: (rows: Int32Array, count: number, slabs: (Uint8Array | undefined)[]) => void
    onClose: (connectionId: number, reason: number) => void
    onDrain: (connectionId: number) => void
  },
): number
export function transportListen(transport: number, host: string, port: number, listenerId: number): number
export function transportStopAccepting(transport: number): void
export function transportSend(
  transport: number,
  arena: Uint8Array,
  rows: Float64Array,
  rowCount: number,
): void
export function transportPauseReading(transport: number, connectionId: number): void
export function transportResumeReading(transport: number, connectionId: number): void
export function transportCloseConnection(transport: number, connectionId: number, drain: boolean): void
export function transportRetainSlab(transport: number, slabIndex: number): void
export function transportReleaseSlab(transport: number, slabIndex: number): void
/** Fills `out` with [receivedBytes, frameSizeBytes, outBytes, 1 if read]; false when there is no such connection. */
export function transportConnectionState(transport: number, connectionId: number, out: Float64Array): boolean
export function transportIsShortOfMemory(transport: number): boolean
export function transportClose(transport: number): void

// ---- record batches (native/binding/records.cc) ----
/** CRC-32C of `bytes`, continued from `seed` (0 to start). */
export function crc32c(bytes: Uint8Array, seed: number): number
/**
 * Checks one magic-2 batch completely (sizes, CRC, every record: lengths, dense offset deltas, key present when
 * `flags & 1`) and fills `out` (Float64Array, see BatchCheckRow in src/native/batch-check.ts). Answers 0 or a reason
 * code.
 */
export function batchCheck(
  bytes: Uint8Array,
  flags: number,
  decompressedMaxBytes: number,
  out: Float64Array,
): number
/** The same on a worker thread for compressed batches; `bytes` must stay unchanged until the callback. */
export function batchCheckAsync(
  bytes: Uint8Array,
  flags: number,
  decompressedMaxBytes: number,
  out: Float64Array,
  callback: (reason: number) => void,
): void
/**
 * The records of a batch that `batchCheck` found good, in another codec; the bytes behind the batch are not in `bytes`.
 * `level` is 0 for codecs without levels. Answers the batch, or 1 when it is longer than `sizeMaxBytes` or unfolds to
 * more than `decompressedMaxBytes`, or 2 when memory is short.
 */
export function batchPack(
  bytes: Uint8Array,
  codec: number,
  level: number,
  sizeMaxBytes: number,
  decompressedMaxBytes: number,
): Uint8Array | number
/** The same on a worker thread; callback(result, batch): result 0 and the batch, or 1 or 2 and no bytes. */
export function batchPackAsync(
  bytes: Uint8Array,
  codec: number,
  level: number,
  sizeMaxBytes: number,
  decompressedMaxBytes: number,
  callback: (result: number, batch: Uint8Array) => void,
): void
/**
 * The first record at or behind `fromOffset` with at least this timestamp, of one batch whose CRC was checked before;
 * on a worker thread. `reason` 0 or why the batch can't be read, offset -1 for no such record.
 */
export function findTimestamp(
  bytes: Uint8Array,
  timestampMs: number,
  fromOffset: number,
  decompressedMaxBytes: number,
  callback: (reason: number, offset: number, timestampMs: number) => void,
): void
/**
 * Recovery scan on a worker thread of the file from `position` to `endPosition`: for each whole valid batch one row
 * (SCAN_ROW_LENGTH numbers, see src/native/batch-scan.ts) is appended to `out`; ends at the first bad batch or when
 * `out` is full. callback(error errno or 0, rowCount, nextPosition, stopReason): stopReason 0 end of range, 1 out
 * full, 2 bad batch.
 */
export function scanBatches(
  file: number,
  position: number,
  endPosition: number,
  out: Float64Array,
  callback: (errno: number, rowCount: number, nextPosition: number, stopReason: number) => void,
): void
/** The same, synchronous (simulation, tests): over bytes in memory. Answers [rowCount, nextPosition, stopReason]. */
export function scanBytes(
  bytes: Uint8Array,
  basePosition: number,
  out: Float64Array,
): [number, number, number]
/** codec: 0 none 1 gzip 2 snappy (xerial) 3 lz4 frame 4 zstd. */
export function compress(codec: number, level: number, bytes: Uint8Array): Uint8Array
/** Reads xerial and raw snappy; answers null for garbage or when the output would pass `maxBytes`. */
export function decompress(codec: number, bytes: Uint8Array, maxBytes: number): Uint8Array | null
