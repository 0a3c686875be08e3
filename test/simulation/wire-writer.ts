/** Kafka's primitive types before the flexible versions; the simulation's own, independent of the broker's codecs. */
export class WireWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  int8(value: number): this {
    this.#view.setInt8(this.#room(1), value)
    return this
  }

  int16(value: number): this {
    this.#view.setInt16(this.#room(2), value)
    return this
  }

  int32(value: number): this {
    this.#view.setInt32(this.#room(4), value)
    return this
  }

  uint32(value: number): this {
    this.#view.setUint32(this.#room(4), value)
    return this
  }

  int64(value: number): this {
    this.#view.setBigInt64(this.#room(8), BigInt(value))
    return this
  }

  /** Zigzag, as in the records of a batch. */
  varint(value: number): this {
    let rest = value >= 0 ? value * 2 : -value * 2 - 1
    while (rest >= 0x80) {
      this.int8((rest % 0x80) - 0x80)
      rest = Math.floor(rest / 0x80)
    }
    return this.int8(rest)
  }

  string(text: string): this {
    const bytes = new TextEncoder().encode(text)
    return this.int16(bytes.length).raw(bytes)
  }

  nullString(): this {
    return this.int16(-1)
  }

  bytes(bytes: Uint8Array): this {
    return this.int32(bytes.length).raw(bytes)
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  array<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int32(items.length)
    for (const item of items) write(item)
    return this
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #room(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length)
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}
