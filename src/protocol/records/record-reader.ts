import { MalformedBatchError } from './malformed-batch-error.ts'

/** An int64's worth; a larger value is refused before it loses bits. */
const VARINT_BYTES_MAX = 10

/** Reads the fields of records one after the other. Throws MalformedBatchError at the end of the bytes. */
export class RecordReader {
  readonly #bytes: Uint8Array
  readonly #decoder = new TextDecoder()
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get leftBytes(): number {
    return this.#bytes.byteLength - this.#position
  }

  skip(countBytes: number): void {
    if (countBytes > this.leftBytes)
      throw new MalformedBatchError(`${countBytes} bytes, ${this.leftBytes} are left`)
    this.#position += countBytes
  }

  varint(): number {
    let value = 0
    let factor = 1
    for (let i = 0; i < VARINT_BYTES_MAX; i += 1) {
      const byte = this.#bytes[this.#position]
      if (byte === undefined) throw new MalformedBatchError('a varint cut short')
      this.#position += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return unzigzag(value)
      factor *= 0x80
    }
    throw new MalformedBatchError('a varint of more than ten bytes')
  }

  /** A length, -1 for null, and that many bytes, which are answered as a view. */
  nullableBytes(): Uint8Array | null {
    const length = this.varint()
    if (length === -1) return null
    if (length < 0) throw new MalformedBatchError(`length ${length}`)
    const start = this.#position
    this.skip(length)
    return this.#bytes.subarray(start, this.#position)
  }

  text(): string {
    const bytes = this.nullableBytes()
    if (bytes === null) throw new MalformedBatchError('null where text must be')
    return this.#decoder.decode(bytes)
  }
}

function unzigzag(value: number): number {
  if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBatchError('a varint beyond 2^53')
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
