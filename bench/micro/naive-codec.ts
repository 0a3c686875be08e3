/** Decoding as one would write it first: Node's own readers, a BigInt for each long, a copy of each bytes field. */
export class NaiveReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    this.#position += 2
    return this.#bytes.readInt16BE(this.#position - 2)
  }

  int32(): number {
    this.#position += 4
    return this.#bytes.readInt32BE(this.#position - 4)
  }

  int64(): bigint {
    this.#position += 8
    return this.#bytes.readBigInt64BE(this.#position - 8)
  }

  int8(): number {
    this.#position += 1
    return this.#bytes.readInt8(this.#position - 1)
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#position)
      this.#position += 1
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  bytes(): Buffer | null {
    const length = this.uvarint() - 1
    if (length < 0) return null
    this.#position += length
    return Buffer.from(this.#bytes.subarray(this.#position - length, this.#position))
  }

  string(): string | null {
    return this.bytes()?.toString('utf8') ?? null
  }

  array<Element>(readElement: () => Element): Element[] {
    return Array.from({ length: this.uvarint() - 1 }, readElement)
  }

  tags(): void {
    for (let left = this.uvarint(); left > 0; left -= 1) {
      this.uvarint()
      this.#position += this.uvarint()
    }
  }
}

/** Produce 9. */
export function decodeProduceNaively(bytes: Buffer): object {
  const reader = new NaiveReader(bytes)
  const transactionalId = reader.string()
  const acks = reader.int16()
  const timeoutMs = reader.int32()
  const topicData = reader.array(() => {
    const name = reader.string()
    const partitionData = reader.array(() => {
      const partition = { index: reader.int32(), records: reader.bytes() }
      reader.tags()
      return partition
    })
    reader.tags()
    return { name, partitionData }
  })
  reader.tags()
  return { transactionalId, acks, timeoutMs, topicData }
}

/** The head of Fetch 12, without a rack. */
export function decodeFetchNaively(bytes: Buffer): object {
  const reader = new NaiveReader(bytes)
  const head = [reader.int32(), reader.int32(), reader.int32(), reader.int32(), reader.int8()]
  const session = [reader.int32(), reader.int32()]
  const topics = reader.array(() => {
    const topic = reader.string()
    const partitions = reader.array(() => {
      const [partition, currentLeaderEpoch, fetchOffset] = [reader.int32(), reader.int32(), reader.int64()]
      const [lastFetchedEpoch, logStartOffset] = [reader.int32(), reader.int64()]
      const partitionMaxBytes = reader.int32()
      reader.tags()
      return {
        partition,
        currentLeaderEpoch,
        fetchOffset,
        lastFetchedEpoch,
        logStartOffset,
        partitionMaxBytes,
      }
    })
    reader.tags()
    return { topic, partitions }
  })
  return { head, session, topics }
}

/** Produce 9: one piece for each field, put together at the end. */
export function encodeProduceAnswerNaively(
  topic: string,
  partitionIndex: number,
  baseOffset: bigint,
): Buffer {
  const name = Buffer.from(topic)
  const partition = [int32(partitionIndex), int16(0), int64(baseOffset), int64(-1n), int64(0n), uvarint(1)]
  const topics = [
    uvarint(2),
    uvarint(name.length + 1),
    name,
    uvarint(2),
    ...partition,
    uvarint(0),
    uvarint(0),
  ]
  return Buffer.concat([...topics, uvarint(0), int32(0), uvarint(0)])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** Below 128. */
function uvarint(value: number): Buffer {
  return Buffer.from([value])
}
