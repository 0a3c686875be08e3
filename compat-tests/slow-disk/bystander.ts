import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { encodeRequest, fetch, type Request } from '../../test/simulation/requests.ts'
import { WireReader } from '../../test/simulation/wire-reader.ts'
import { WireWriter } from '../../test/simulation/wire-writer.ts'

const PREFIX_BYTES = 4

/** A client with nothing to do with what is written: one connection, one request at a time. */
export class Bystander {
  readonly #socket: Socket
  /** Rejects: nothing of what is waited for comes any more. */
  readonly #closed: Promise<never>
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#closed = once(socket, 'close').then(() => {
      throw new Error('the connection of a bystander was closed')
    })
    this.#closed.catch(() => undefined)
  }

  static async connect(port: number): Promise<Bystander> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Bystander(socket)
  }

  metadata(topic: string): Promise<number> {
    const body = new WireWriter().int32(1).string(topic).finish()
    return this.#call({ apiKey: 3, apiVersion: 1, body, decode: () => 0 })
  }

  fetch(topic: string, partitionIndex: number): Promise<number> {
    const request = fetch(topic, partitionIndex, 0, 0)
    return this.#call({ ...request, decode: reader => request.decode(reader).errorCode })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Answers the error code. */
  async #call(request: Request<number>): Promise<number> {
    const frame = encodeRequest(request, 1)
    const bytes = Buffer.alloc(PREFIX_BYTES + frame.length)
    bytes.writeInt32BE(frame.length)
    bytes.set(frame, PREFIX_BYTES)
    this.#socket.write(bytes)
    while (
      this.#received.length < PREFIX_BYTES ||
      this.#received.length < PREFIX_BYTES + this.#received.readInt32BE()
    ) {
      const [chunk] = (await Promise.race([once(this.#socket, 'data'), this.#closed])) as [Buffer]
      this.#received = Buffer.concat([this.#received, chunk])
    }
    const endPosition = PREFIX_BYTES + this.#received.readInt32BE()
    const answer = this.#received.subarray(PREFIX_BYTES, endPosition)
    this.#received = this.#received.subarray(endPosition)
    const reader = new WireReader(answer)
    reader.int32()
    return request.decode(reader)
  }
}
