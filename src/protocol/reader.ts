import { ProtocolError } from './protocol-error.ts'
import type { TextCache } from './text-cache.ts'
import { readUuid } from './uuid.ts'

/** Elements of one array, and tags of one struct, that are read at most (Kafka 4.4 has the same limits). */
const MAX_ARRAY_ELEMENTS = 1_000_000
const MAX_TAGS = 10_000
const MAX_SAFE_HIGH = 0x1fffff
const TWO_TO_32 = 4294967296
/** Below this many bytes a loop beats the call into the decoder. */
const SHORT_STRING_BYTES = 24
const NO_BYTES = new Uint8Array(0)
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Reads the primitives of the protocol, big-endian, from a part of a byte array. Every length and count is compared
 * with the bytes that are left before anything is allocated. What does not fit throws ProtocolError. It is as lenient
 * as Kafka: padded varints, bad UTF-8 and any negative length as null are accepted.
 */
export class Reader {
  /** Over the bytes of this reader: positions count from their start. */
  view: DataView
  position: number
  end: number
  #bytes: Uint8Array
  readonly #texts: TextCache | null

  /** With `texts`, strings that came before are not made again: for a reader that goes on from frame to frame. */
  constructor(bytes: Uint8Array = NO_BYTES, start = 0, end = bytes.length, texts: TextCache | null = null) {
    this.#bytes = bytes
    this.#texts = texts
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = start
    this.end = end
  }

  /** Starts again over other bytes; cheap while they stay the same array (a slab with many frames). */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Steps over `sizeBytes` and answers where they start: one bounds check for neighbouring fields. */
  take(sizeBytes: number): number {
    const { position } = this
    if (sizeBytes > this.end - position || sizeBytes < 0) {
      throw new ProtocolError(`${sizeBytes} bytes wanted, ${this.end - position} left`)
    }
    this.position = position + sizeBytes
    return position
  }

  bool(): boolean {
    return this.view.getUint8(this.take(1)) !== 0
  }

  int8(): number {
    return this.view.getInt8(this.take(1))
  }

  int16(): number {
    return this.view.getInt16(this.take(2))
  }

  uint16(): number {
    return this.view.getUint16(this.take(2))
  }

  int32(): number {
    return this.view.getInt32(this.take(4))
  }

  float64(): number {
    return this.view.getFloat64(this.take(8))
  }

  int64(): number {
    return this.int64At(this.take(8))
  }

  saturatingInt64(): number {
    return this.saturatingInt64At(this.take(8))
  }

  /** The eight bytes at `position`, which take() has checked. */
  int64At(position: number): number {
    const high = this.view.getInt32(position)
    const value = high * TWO_TO_32 + this.view.getUint32(position + 4)
    if (!Number.isSafeInteger(value)) throw new ProtocolError('an int64 beyond 2^53-1')
    return value
  }

  saturatingInt64At(position: number): number {
    const high = this.view.getInt32(position)
    if (high > MAX_SAFE_HIGH) return Number.MAX_SAFE_INTEGER
    if (high < -MAX_SAFE_HIGH - 1) return Number.MIN_SAFE_INTEGER
    const value = high * TWO_TO_32 + this.view.getUint32(position + 4)
    return Math.max(value, Number.MIN_SAFE_INTEGER)
  }

  uuid(): string {
    return readUuid(this.view, this.take(16))
  }

  /** Up to five bytes as a signed 32-bit number, as Kafka's readUnsignedVarint answers it. */
  uvarint(): number {
    const first = this.view.getUint8(this.take(1))
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.view.getUint8(this.take(1))
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new ProtocolError('a varint of more than five bytes')
  }

  /** Length of a string, or -1 for null. */
  #stringLength(compact: boolean): number {
    const length = compact ? (this.uvarint() - 1) | 0 : this.int16()
    return length < 0 ? -1 : length
  }

  /** Length of a byte sequence, or -1 for null. */
  #bytesLength(compact: boolean): number {
    const length = compact ? (this.uvarint() - 1) | 0 : this.int32()
    return length < 0 ? -1 : length
  }

  string(compact: boolean): string {
    const length = this.#stringLength(compact)
    if (length < 0) throw new ProtocolError('null where a string must stand')
    return this.#text(length)
  }

  nullableString(compact: boolean): string | null {
    const length = this.#stringLength(compact)
    return length < 0 ? null : this.#text(length)
  }

  #text(length: number): string {
    const start = this.take(length)
    const end = start + length
    const known = this.#texts?.read(this.#bytes, start, length) ?? null
    if (known !== null) return known
    if (length >= SHORT_STRING_BYTES) return UTF8.decode(this.#bytes.subarray(start, end))
    let text = ''
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at]!
      if (byte > 127) return UTF8.decode(this.#bytes.subarray(start, end))
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** A copy: it outlives the frame. */
  byteString(compact: boolean): Uint8Array {
    const value = this.nullableByteString(compact)
    if (value === null) throw new ProtocolError('null where bytes must stand')
    return value
  }

  nullableByteString(compact: boolean): Uint8Array | null {
    const length = this.#bytesLength(compact)
    if (length < 0) return null
    const start = this.take(length)
    const copy = new Uint8Array(length)
    copy.set(this.#bytes.subarray(start, start + length))
    return copy
  }

  /** A view of the frame's own bytes: it dies with the frame. */
  records(compact: boolean): Uint8Array | null {
    const length = this.#bytesLength(compact)
    if (length < 0) return null
    const start = this.take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Number of elements, -1 for null. Each takes `minElementSizeBytes` at least: a lie is found before allocation. */
  nullableArrayLength(compact: boolean, minElementSizeBytes: number): number {
    const length = compact ? (this.uvarint() - 1) | 0 : this.int32()
    if (length < 0) return -1
    if (length > MAX_ARRAY_ELEMENTS || length * minElementSizeBytes > this.end - this.position) {
      throw new ProtocolError(`an array of ${length} elements in ${this.end - this.position} bytes`)
    }
    return length
  }

  arrayLength(compact: boolean, minElementSizeBytes: number): number {
    const length = this.nullableArrayLength(compact, minElementSizeBytes)
    if (length < 0) throw new ProtocolError('null where an array must stand')
    return length
  }

  /** Number of tags behind a struct; each takes two bytes at least. */
  tagCount(): number {
    const count = this.uvarint()
    if (count < 0 || count > MAX_TAGS || count * 2 > this.end - this.position) {
      throw new ProtocolError(`${count} tags in ${this.end - this.position} bytes`)
    }
    return count
  }

  /** Steps over the value of a tag that the message does not know (KIP-482). */
  skipTag(sizeBytes: number): void {
    this.take(sizeBytes)
  }

  /** Steps over all tags of a struct that knows none. */
  skipTags(): void {
    for (let left = this.tagCount(); left > 0; left--) {
      this.uvarint()
      this.skipTag(this.uvarint())
    }
  }
}
