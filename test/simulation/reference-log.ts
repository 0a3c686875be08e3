import type { Disk, FileHandle } from '../../src/base/disk.ts'

const HEADER_SIZE_BYTES = 61
const LENGTH_START = 8
const CRC_POSITION = 17
const CRC_START = 21
const PRODUCER_ID_POSITION = 43
const BASE_SEQUENCE_POSITION = 53
const COUNT_POSITION = 57

interface StoredBatch {
  readonly baseOffset: number
  readonly count: number
  readonly producerId: number
  readonly baseSequence: number
  readonly bytes: Uint8Array
}

/** One file of batches, all of them in memory too; what is behind the first bad batch is cut off when it is opened. */
export class ReferenceLog {
  readonly file: FileHandle
  readonly #disk: Disk
  readonly #batches: StoredBatch[] = []
  #endPosition = 0
  endOffset = 0
  /** Readers see what is below. */
  highWatermark = 0

  constructor(disk: Disk, path: string, crc32c: (bytes: Uint8Array) => number) {
    this.#disk = disk
    this.file = disk.open(path, 'write')
    const bytes = new Uint8Array(disk.sizeBytes(this.file))
    disk.pread(this.file, bytes, 0)
    while (this.#endPosition < bytes.length) {
      const batch = wholeBatch(bytes.subarray(this.#endPosition), this.endOffset, crc32c)
      if (batch === undefined) break
      this.#remember(batch)
    }
    disk.truncate(this.file, this.#endPosition)
    disk.fdatasync(this.file)
    this.highWatermark = this.endOffset
  }

  /** The batch's base offset, of its first arrival if it came before; undefined when its sequence does not follow. */
  append(bytes: Uint8Array): number | undefined {
    const batch = batchOf(bytes.slice(), this.endOffset)
    const ofProducer = this.#batches.filter(({ producerId }) => producerId === batch.producerId)
    const before = ofProducer.find(({ baseSequence }) => baseSequence === batch.baseSequence)
    if (before !== undefined) return before.baseOffset
    const last = ofProducer.at(-1)
    if (batch.baseSequence !== (last === undefined ? 0 : last.baseSequence + last.count)) return undefined
    new DataView(batch.bytes.buffer).setBigInt64(0, BigInt(this.endOffset))
    this.#disk.pwritev(this.file, [batch.bytes], this.#endPosition)
    this.#remember(batch)
    return batch.baseOffset
  }

  read(offset: number): Uint8Array {
    const visible = this.#batches.filter(({ baseOffset, count }) => {
      return baseOffset + count > offset && baseOffset < this.highWatermark
    })
    return Uint8Array.from(visible.flatMap(({ bytes }) => [...bytes]))
  }

  #remember(batch: StoredBatch): void {
    this.#batches.push(batch)
    this.#endPosition += batch.bytes.length
    this.endOffset += batch.count
  }
}

function batchOf(bytes: Uint8Array, baseOffset: number): StoredBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    baseOffset,
    count: view.getInt32(COUNT_POSITION),
    producerId: Number(view.getBigInt64(PRODUCER_ID_POSITION)),
    baseSequence: view.getInt32(BASE_SEQUENCE_POSITION),
    bytes,
  }
}

/** The batch at the start of `bytes`, if it is whole, sound, and the one that is due. */
function wholeBatch(
  bytes: Uint8Array,
  baseOffset: number,
  crc32c: (bytes: Uint8Array) => number,
): StoredBatch | undefined {
  if (bytes.length < HEADER_SIZE_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const sizeBytes = view.getInt32(LENGTH_START) + LENGTH_START + 4
  if (sizeBytes < HEADER_SIZE_BYTES || sizeBytes > bytes.length) return undefined
  if (Number(view.getBigInt64(0)) !== baseOffset) return undefined
  if (view.getUint32(CRC_POSITION) !== crc32c(bytes.subarray(CRC_START, sizeBytes))) return undefined
  return batchOf(bytes.slice(0, sizeBytes), baseOffset)
}
