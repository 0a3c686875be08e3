import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import {
  type Api,
  batchOf,
  FETCH,
  PRODUCE,
  produceOf,
} from '../../src/broker/simulated-broker.test-support.ts'
import { type EmbeddedBroker, startBroker } from '../../src/index.ts'
import { Codec, createCodecs } from '../../src/native/codecs.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { SeededRandom } from '../../src/platform/seeded-random.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { batchesOf } from '../../src/protocol/records/batches-of.ts'
import { decodeRecords } from '../../src/protocol/records/decode-records.ts'
import { decodeResponseHeader, encodeRequestHeader } from '../../src/protocol/request-header.ts'
import { Writer } from '../../src/protocol/writer.ts'

const CONNECTIONS = 4
const REQUESTS = 60
const PRODUCE_VERSION = 9
const FETCH_VERSION = 11
const codecs = createCodecs(loadNativeBinding())
const decompress = (codec: number, payload: Uint8Array) => codecs.decompress(codec, payload, 100_000_000)

let broker: EmbeddedBroker

afterEach(() => broker.close())

/** Frames over a real socket; many requests may be under way. */
class Client {
  readonly #socket: Socket
  readonly #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void }[] = []
  #bytes = Buffer.alloc(0)
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#take(chunk))
    socket.on('close', () => {
      for (const { reject } of this.#waiting) reject(new Error('the connection was closed'))
    })
  }

  static async open(): Promise<Client> {
    const [host, port] = broker.bootstrapServers.split(':')
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    return new Client(socket)
  }

  async call<Request, Response>(
    api: Api<Request, Response>,
    version: number,
    body: Request,
  ): Promise<Response> {
    const correlationId = this.#correlationId
    this.#correlationId += 1
    const writer = new Writer()
    writer.int32(0)
    encodeRequestHeader(writer, { apiKey: api.apiKey, apiVersion: version, correlationId, clientId: 'views' })
    api.encode(writer, body, version)
    writer.view.setInt32(0, writer.position - 4)
    this.#socket.write(writer.finish().slice())
    const frame = await new Promise<Buffer>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const reader = new Reader(frame)
    decodeResponseHeader(reader, api.apiKey, version, correlationId)
    return api.decode(reader, version)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE()) {
      const end = 4 + this.#bytes.readInt32BE()
      this.#waiting.shift()!.resolve(Buffer.from(this.#bytes.subarray(4, end)))
      this.#bytes = this.#bytes.subarray(end)
    }
  }
}

/**
 * Small and large, and such that no codec makes it small: some wait in their slab for a worker, some in a copy or in
 * their slab for the request before them, some not at all.
 */
function textOf(connection: number, request: number): string {
  const sizeBytes = [10, 5_000, 90_000, 300_000][request % 4]!
  const bytes = new SeededRandom(connection * REQUESTS + request).bytes(sizeBytes)
  return `${connection}/${request}/${Buffer.from(bytes).toString('base64')}`
}

function waitForNothing(client: Client): Promise<unknown> {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }]
  const body = { maxWaitMs: 20, minBytes: 1, sessionEpoch: -1, topics: [{ topic: 'empty', partitions }] }
  return client.call(FETCH, FETCH_VERSION, body)
}

async function writeAll(connection: number): Promise<void> {
  const client = await Client.open()
  const answers = Array.from({ length: REQUESTS }, (_, request) => {
    // What comes behind it has to wait.
    if (request % 10 === 5) waitForNothing(client).catch(() => {})
    const codec = request % 3 === 0 ? Codec.NONE : Codec.LZ4
    const batch = batchOf([textOf(connection, request)], { codec })
    return client.call(PRODUCE, PRODUCE_VERSION, produceOf(`views-${connection % 2}`, batch))
  })
  for (const answer of await Promise.all(answers)) {
    expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
  }
  client.close()
}

async function readAll(topic: string): Promise<string[]> {
  const client = await Client.open()
  const values: string[] = []
  while (values.length < (REQUESTS * CONNECTIONS) / 2) {
    const partitions = [{ partition: 0, fetchOffset: values.length, partitionMaxBytes: 1_000_000 }]
    const body = { maxWaitMs: 100, minBytes: 1, sessionEpoch: -1, topics: [{ topic, partitions }] }
    const answer = await client.call(FETCH, FETCH_VERSION, body)
    const { errorCode, records } = answer.responses[0]!.partitions[0]!
    expect(errorCode).toBe(0)
    for (const batch of batchesOf(records!)) {
      for (const { value } of decodeRecords(batch, decompress)) values.push(Buffer.from(value!).toString())
    }
  }
  client.close()
  return values
}

test.each([
  ['its request had to wait', '1000000000'],
  // One byte that is not synced yet is enough.
  ['it was held back', '1'],
])('a batch is what was sent, however long %s', async (_name, unflushedMaxBytes) => {
  broker = await startBroker({
    topics: ['views-0', 'views-1', 'empty'],
    config: { 'ottla.unflushed.max.bytes': unflushedMaxBytes },
  })
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, connection) => writeAll(connection)))
  const read = [...(await readAll('views-0')), ...(await readAll('views-1'))]
  for (let connection = 0; connection < CONNECTIONS; connection += 1) {
    const own = read.filter(value => value.startsWith(`${connection}/`))
    expect(own).toEqual(Array.from({ length: REQUESTS }, (_, request) => textOf(connection, request)))
  }
})
