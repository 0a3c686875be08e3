import { connect } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { BatchAttributes } from '../../src/protocol/record-batch.ts'
import { batchesOf } from '../../src/protocol/records/batches-of.ts'
import { encodeRequest } from '../../test/simulation/requests.ts'
import { WireReader } from '../../test/simulation/wire-reader.ts'
import { WireWriter } from '../../test/simulation/wire-writer.ts'

const ANSWER_MAX_MS = 10_000
const MAX_BYTES = 16 * 1024 * 1024
const SIZE_BYTES = 4
/** The low byte of a batch's attributes. */
const ATTRIBUTES_POSITION = 22

/** The numbers of the codecs that the batches of a topic's only partition have, each once, as a Fetch gives them. */
export async function codecsOf(bootstrap: string, topic: string): Promise<number[]> {
  const frame = encodeRequest(fetchFromStart(topic), 1)
  const request = new WireWriter().int32(frame.length).raw(frame).finish()
  const answer = new WireReader(await exchange(Number(bootstrap.split(':').at(-1)), request))
  answer.int32()
  const { errorCode, records } = decode(answer)
  if (errorCode !== 0) throw new Error(`a Fetch of ${topic} is answered with ${errorCode}`)
  const codecs = [...batchesOf(records)].map(
    batch => batch[ATTRIBUTES_POSITION]! & BatchAttributes.CODEC_MASK,
  )
  return [...new Set(codecs)]
}

/** Version 10, the first that zstd is answered to (KIP-110). */
function fetchFromStart(topic: string) {
  const body = new WireWriter().int32(-1).int32(0).int32(0).int32(MAX_BYTES).int8(0).int32(0).int32(-1)
  body.int32(1).string(topic).int32(1).int32(0).int32(-1).int64(0).int64(-1).int32(MAX_BYTES).int32(0)
  return { apiKey: 1, apiVersion: 10, body: body.finish(), decode }
}

function decode(reader: WireReader): { errorCode: number; records: Uint8Array } {
  const throttleErrorAndSession = [4, 2, 4]
  for (const sizeBytes of throttleErrorAndSession) reader.raw(sizeBytes)
  reader.int32()
  reader.string()
  reader.int32()
  reader.int32()
  const errorCode = reader.int16()
  const offsetsSizeBytes = 3 * 8
  reader.raw(offsetsSizeBytes)
  reader.array(() => [reader.int64(), reader.int64()])
  return { errorCode, records: reader.nullableBytes() ?? new Uint8Array() }
}

/** Sends one request over a connection of its own, and answers the frame that comes back. */
async function exchange(port: number, request: Uint8Array): Promise<Uint8Array> {
  const socket = connect(port, '127.0.0.1')
  addAbortSignal(AbortSignal.timeout(ANSWER_MAX_MS), socket)
  socket.write(request)
  let received: Buffer = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer])
    if (received.length < SIZE_BYTES || received.length < SIZE_BYTES + received.readInt32BE(0)) continue
    return received.subarray(SIZE_BYTES)
  }
  throw new Error('the broker has closed the connection')
}
