/** A record of `__consumer_offsets` whose bytes do not follow its own version. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError'
}

const TWO_POW_32 = 2 ** 32
const GROWTH = 2
const INITIAL_SIZE_BYTES = 256

/** Big-endian fields as Kafka's non-flexible messages have them; grows as needed. */
export class RecordWriter {
  #bytes = new Uint8Array(INITIAL_SIZE_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #position = 0

  int16(value: number): void {
    const start = this.#reserve(2)
    this.#view.setInt16(start, value)
  }

  int32(value: number): void {
    const start = this.#reserve(4)
    this.#view.setInt32(start, value)
  }

  /** A safe integer. */
  int64(value: number): void {
    const start = this.#reserve(8)
    this.#view.setInt32(start, Math.floor(value / TWO_POW_32))
    this.#view.setUint32(start + 4, value >>> 0)
  }

  string(value: string | null): void {
    if (value === null) {
      this.int16(-1)
      return
    }
    const encoded = new TextEncoder().encode(value)
    this.int16(encoded.length)
    this.#raw(encoded)
  }

  /** Length-prefixed. */
  blob(value: Uint8Array): void {
    this.int32(value.length)
    this.#raw(value)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#position)
  }

  #raw(value: Uint8Array): void {
    const start = this.#reserve(value.length)
    this.#bytes.set(value, start)
  }

  #reserve(sizeBytes: number): number {
    const start = this.#position
    const end = start + sizeBytes
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * GROWTH))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#position = end
    return start
  }
}

/** Reads what RecordWriter writes; throws MalformedRecordError past the end. */
export class RecordReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  /** Beyond 2^53-1 the nearest number, which only a timestamp of a client's choice can be. */
  int64(): number {
    const start = this.#take(8)
    return this.#view.getInt32(start) * TWO_POW_32 + this.#view.getUint32(start + 4)
  }

  nullableString(): string | null {
    const sizeBytes = this.int16()
    if (sizeBytes < 0) return null
    const start = this.#take(sizeBytes)
    return new TextDecoder().decode(this.#bytes.subarray(start, start + sizeBytes))
  }

  string(): string {
    const value = this.nullableString()
    if (value === null) throw new MalformedRecordError('null for a string that must be there')
    return value
  }

  /** A copy. */
  blob(): Uint8Array {
    const sizeBytes = this.int32()
    if (sizeBytes < 0) throw new MalformedRecordError('negative length of bytes')
    const start = this.#take(sizeBytes)
    return this.#bytes.slice(start, start + sizeBytes)
  }

  #take(sizeBytes: number): number {
    const start = this.#position
    if (start + sizeBytes > this.#bytes.length) throw new MalformedRecordError('record ends early')
    this.#position = start + sizeBytes
    return start
  }
}
