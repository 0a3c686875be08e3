/** The counterpart of WireWriter. */
export class WireReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#position
  }

  int8(): number {
    return this.#view.getInt8(this.#step(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#step(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#step(4))
  }

  int64(): number {
    return Number(this.#view.getBigInt64(this.#step(8)))
  }

  varint(): number {
    let rest = 0
    let scale = 1
    let byte = 0
    do {
      byte = this.int8() & 0xff
      rest += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2
  }

  string(): string {
    return new TextDecoder().decode(this.raw(this.int16()))
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : new TextDecoder().decode(this.raw(length))
  }

  nullableBytes(): Uint8Array | null {
    const length = this.int32()
    return length < 0 ? null : this.raw(length)
  }

  raw(count: number): Uint8Array {
    const start = this.#step(count)
    return this.#bytes.subarray(start, start + count)
  }

  array<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read)
  }

  #step(count: number): number {
    const at = this.#position
    if (count < 0 || count > this.leftBytes)
      throw new Error(`an answer that ends too early: ${count} bytes at ${at}`)
    this.#position += count
    return at
  }
}
