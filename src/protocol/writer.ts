import { assert } from '../base/assert.ts'
import type { FileRange } from '../base/file-range.ts'
import { UnencodableError } from './unencodable-error.ts'
import { writeUuid } from './uuid.ts'

/** Bytes of a file that belong at position `at` of what was written, but were not. */
export interface Hole {
  readonly at: number
  readonly range: FileRange
}

const DEFAULT_CAPACITY_BYTES = 64 * 1024
const MAX_FRAME_SIZE_BYTES = 0x7fffffff
const MAX_CLASSIC_STRING_BYTES = 32767
const MAX_UVARINT_BYTES = 5
const TWO_TO_32 = 4294967296
/** Below this many characters a loop beats the call into the encoder. */
const SHORT_STRING_CHARACTERS = 64
const UTF8 = new TextEncoder()

/**
 * Writes the primitives of the protocol, big-endian, into a buffer that grows and is used again: the answers of a whole
 * wake-up are encoded into one. What is written stays valid until reset() or the next growth, so call finish() last.
 */
export class Writer {
  view: DataView
  position = 0
  /** In order of position; their bytes do not count into positions. */
  holes: Hole[] = []
  #bytes: Uint8Array
  readonly #maxBytes: number

  /** `maxBytes`: more is never written, an UnencodableError instead; holes don't count. */
  constructor(capacityBytes = DEFAULT_CAPACITY_BYTES, maxBytes = MAX_FRAME_SIZE_BYTES) {
    this.#maxBytes = maxBytes
    this.#bytes = new Uint8Array(Math.max(capacityBytes, 1))
    this.view = new DataView(this.#bytes.buffer)
  }

  reset(): void {
    this.position = 0
    if (this.holes.length > 0) this.holes = []
  }

  /** The buffer as it is now: what was written since reset() stands before `position`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** A view of everything since reset(). */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.position)
  }

  /** Room for `sizeBytes`, and where it starts: one check for neighbouring fields. May replace `view`. */
  claim(sizeBytes: number): number {
    const { position } = this
    if (position + sizeBytes > this.#bytes.length) this.#grow(position + sizeBytes)
    this.position = position + sizeBytes
    return position
  }

  #grow(neededBytes: number): void {
    const maxBytes = this.#maxBytes
    if (neededBytes > maxBytes) throw new UnencodableError(`a message of more than ${maxBytes} bytes`)
    const grown = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, neededBytes), maxBytes))
    grown.set(this.#bytes.subarray(0, this.position))
    this.#bytes = grown
    this.view = new DataView(grown.buffer)
  }

  bool(value: boolean): void {
    const at = this.claim(1)
    this.view.setUint8(at, value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.claim(1)
    this.view.setInt8(at, value)
  }

  int16(value: number): void {
    const at = this.claim(2)
    this.view.setInt16(at, value)
  }

  uint16(value: number): void {
    const at = this.claim(2)
    this.view.setUint16(at, value)
  }

  int32(value: number): void {
    const at = this.claim(4)
    this.view.setInt32(at, value)
  }

  float64(value: number): void {
    const at = this.claim(8)
    this.view.setFloat64(at, value)
  }

  int64(value: number): void {
    this.int64At(this.claim(8), value)
  }

  saturatingInt64(value: number): void {
    this.saturatingInt64At(this.claim(8), value)
  }

  int64At(position: number, value: number): void {
    assert(Number.isSafeInteger(value), 'an int64 is a safe integer')
    const high = Math.floor(value / TWO_TO_32)
    this.view.setInt32(position, high)
    this.view.setUint32(position + 4, value - high * TWO_TO_32)
  }

  saturatingInt64At(position: number, value: number): void {
    if (value >= Number.MAX_SAFE_INTEGER) {
      this.view.setInt32(position, 0x7fffffff)
      this.view.setUint32(position + 4, 0xffffffff)
    } else if (value <= Number.MIN_SAFE_INTEGER) {
      this.view.setUint32(position, 0x80000000)
      this.view.setUint32(position + 4, 0)
    } else {
      this.int64At(position, value)
    }
  }

  uuid(value: string): void {
    const at = this.claim(16)
    writeUuid(this.view, at, value)
  }

  /** An unsigned 32-bit number in one to five bytes, the low seven bits first. */
  uvarint(value: number): void {
    let left = value >>> 0
    while (left > 127) {
      this.int8((left & 0x7f) | 0x80)
      left >>>= 7
    }
    this.int8(left)
  }

  string(value: string, compact: boolean): void {
    if (value.length <= SHORT_STRING_CHARACTERS && this.#shortAscii(value, compact)) return
    const start = this.claim(value.length * 3 + MAX_UVARINT_BYTES)
    const textStart = start + MAX_UVARINT_BYTES
    const { written } = UTF8.encodeInto(value, this.#bytes.subarray(textStart, textStart + value.length * 3))
    this.position = start
    this.#stringLength(written, compact)
    this.#bytes.copyWithin(this.position, textStart, textStart + written)
    this.position += written
  }

  nullableString(value: string | null, compact: boolean): void {
    if (value !== null) this.string(value, compact)
    else if (compact) this.int8(0)
    else this.int16(-1)
  }

  #stringLength(sizeBytes: number, compact: boolean): void {
    if (compact) {
      this.uvarint(sizeBytes + 1)
      return
    }
    if (sizeBytes > MAX_CLASSIC_STRING_BYTES) throw new UnencodableError(`a string of ${sizeBytes} bytes`)
    this.int16(sizeBytes)
  }

  /** False, with nothing written, when a character is not ASCII. */
  #shortAscii(value: string, compact: boolean): boolean {
    const start = this.position
    const { length } = value
    this.#stringLength(length, compact)
    let at = this.claim(length)
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 127) {
        this.position = start
        return false
      }
      this.#bytes[at++] = code
    }
    return true
  }

  byteString(value: Uint8Array, compact: boolean): void {
    this.#bytesLength(value.length, compact)
    this.raw(value)
  }

  nullableByteString(value: Uint8Array | null, compact: boolean): void {
    if (value === null) this.#nullLength(compact)
    else this.byteString(value, compact)
  }

  /** Bytes in memory are copied; of a range in a file only the length is written, and a hole is left. */
  records(value: Uint8Array | FileRange | null, compact: boolean): void {
    if (value === null) {
      this.#nullLength(compact)
    } else if (value instanceof Uint8Array) {
      this.byteString(value, compact)
    } else {
      this.#bytesLength(value.sizeBytes, compact)
      if (value.sizeBytes === 0) return
      this.holes.push({ at: this.position, range: value })
    }
  }

  #bytesLength(sizeBytes: number, compact: boolean): void {
    if (compact) this.uvarint(sizeBytes + 1)
    else this.int32(sizeBytes)
  }

  #nullLength(compact: boolean): void {
    if (compact) this.int8(0)
    else this.int32(-1)
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const at = this.claim(value.length)
    this.#bytes.set(value, at)
  }

  /** Number of elements, -1 for null. */
  arrayLength(count: number, compact: boolean): void {
    if (compact) this.uvarint(count + 1)
    else this.int32(count)
  }

  /** Tag number, and room for the size of its value, which endTag() fills in. */
  beginTag(tag: number): number {
    this.uvarint(tag)
    return this.claim(1)
  }

  endTag(start: number): void {
    const sizeBytes = this.position - start - 1
    this.position = start
    if (sizeBytes > 127) this.#moveTag(start, sizeBytes)
    this.uvarint(sizeBytes)
    this.position += sizeBytes
  }

  /** A size of more than one byte: the value makes room. Holes would have to move as well; no tag holds records. */
  #moveTag(start: number, sizeBytes: number): void {
    let lengthBytes = 1
    for (let left = sizeBytes; left > 127; left >>>= 7) lengthBytes++
    const lastHole = this.holes.at(-1)
    assert(lastHole === undefined || lastHole.at <= start, 'no tag holds records')
    this.position = start + 1 + sizeBytes
    this.claim(lengthBytes - 1)
    this.#bytes.copyWithin(start + lengthBytes, start + 1, start + 1 + sizeBytes)
    this.position = start
  }
}
