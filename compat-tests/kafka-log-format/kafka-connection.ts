import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { encodeRequest, produce, type Request } from '../../test/simulation/requests.ts'
import { WireReader } from '../../test/simulation/wire-reader.ts'
import { WireWriter } from '../../test/simulation/wire-writer.ts'

const TIMEOUT_MS = 30_000
const RETRY_MS = 200
/** The first that may carry zstd; its request, and its answer up to the error, are those of version 3. */
const PRODUCE_VERSION = 7
/** UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER: soon after a start or a creation. */
const NOT_YET: readonly number[] = [3, 5, 6]

/** One request at a time to a real Kafka. */
export class KafkaConnection {
  readonly #socket: Socket
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(port: number): Promise<KafkaConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new KafkaConnection(socket)
  }

  close(): void {
    this.#socket.destroy()
  }

  async createTopic(name: string, config: ReadonlyMap<string, string>): Promise<void> {
    const body = new WireWriter().int32(1).string(name).int32(1).int16(1).int32(0).int32(config.size)
    for (const [key, value] of config) body.string(key).string(value)
    body.int32(TIMEOUT_MS).int8(0)
    const decode = (reader: WireReader) => {
      reader.int32()
      return reader.array(() => {
        reader.string()
        return reader.int16()
      })[0]!
    }
    await this.#untilDone(() => this.#call({ apiKey: 19, apiVersion: 2, body: body.finish(), decode }))
  }

  async produce(topicName: string, batch: Uint8Array): Promise<void> {
    const request = { ...produce(topicName, 0, batch), apiVersion: PRODUCE_VERSION }
    await this.#untilDone(async () => (await this.#call(request)).errorCode)
  }

  async deleteRecordsBefore(topicName: string, offset: number): Promise<void> {
    const body = new WireWriter().int32(1).string(topicName).int32(1).int32(0).int64(offset).int32(TIMEOUT_MS)
    const decode = (reader: WireReader) => {
      reader.int32()
      reader.int32()
      reader.string()
      reader.int32()
      reader.int32()
      reader.int64()
      return reader.int16()
    }
    await this.#untilDone(() => this.#call({ apiKey: 21, apiVersion: 1, body: body.finish(), decode }))
  }

  async #untilDone(attempt: () => Promise<number>): Promise<void> {
    const deadlineMs = Date.now() + TIMEOUT_MS
    for (;;) {
      const errorCode = await attempt()
      if (errorCode === 0) return
      if (!NOT_YET.includes(errorCode) || Date.now() > deadlineMs)
        throw new Error(`Kafka answers ${errorCode}`)
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
    }
  }

  async #call<Response>(request: Request<Response>): Promise<Response> {
    this.#correlationId += 1
    const frame = encodeRequest(request, this.#correlationId)
    this.#socket.write(new WireWriter().int32(frame.length).raw(frame).finish())
    const reader = new WireReader(await this.#answer())
    if (reader.int32() !== this.#correlationId) throw new Error('another answer than was waited for')
    return request.decode(reader)
  }

  async #answer(): Promise<Uint8Array> {
    const size = await this.#read(4)
    return this.#read(new DataView(size.buffer, size.byteOffset, size.byteLength).getInt32(0))
  }

  async #read(sizeBytes: number): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#socket.read(sizeBytes) as Buffer | null
      if (bytes !== null) return bytes
      if (this.#socket.readableEnded || this.#socket.destroyed) throw new Error('Kafka closed the connection')
      await once(this.#socket, 'readable')
    }
  }
}
