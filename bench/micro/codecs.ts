import { fetchCodec } from '../../src/protocol/generated/fetch.ts'
import { produceCodec } from '../../src/protocol/generated/produce.ts'
import {
  type Body,
  InterpretedDecoder,
  InterpretedEncoder,
} from '../../src/protocol/interpreter.test-support.ts'
import { Reader } from '../../src/protocol/reader.ts'
import type { Message } from '../../src/protocol/schema.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/schemas/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/schemas/produce.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { cpuUsPerCall, printLine } from './measure.ts'

const CALLS = 20_000
const PRODUCE_VERSION = 9
const FETCH_VERSION = 12
const BATCH = new Uint8Array(170)

/** The generated codecs beside a walk over the schema that makes objects of whatever it meets. */
export function benchCodecs(): void {
  const produced = { topicData: [{ name: 'bench', partitionData: [{ index: 3, records: BATCH }] }] }
  const fetched = { topics: [{ topic: 'bench', partitions: [{ partition: 3, fetchOffset: 5 }] }] }
  const acked = { responses: [{ name: 'bench', partitionResponses: [{ index: 3, baseOffset: 5 }] }] }
  const found = { responses: [{ topic: 'bench', partitions: [{ partitionIndex: 3, highWatermark: 5 }] }] }
  const { encodeRequest: writeProduce, decodeRequest: readProduce } = produceCodec
  const { encodeRequest: writeFetch, decodeRequest: readFetch } = fetchCodec
  decoding('Produce request', ProduceRequest, PRODUCE_VERSION, writeProduce, readProduce, produced)
  decoding('Fetch request', FetchRequest, FETCH_VERSION, writeFetch, readFetch, fetched)
  encoding('Produce answer', ProduceResponse, PRODUCE_VERSION, produceCodec, acked)
  encoding('Fetch answer', FetchResponse, FETCH_VERSION, fetchCodec, found)
}

type Encode<Init> = (writer: Writer, body: Init, version: number) => void
type Decode = (reader: Reader, version: number) => unknown

function decoding<Init>(
  name: string,
  message: Message,
  version: number,
  encode: Encode<Init>,
  decode: Decode,
  body: Init,
): void {
  const writer = new Writer()
  encode(writer, body, version)
  const bytes = writer.finish()
  const reader = new Reader()
  const us = cpuUsPerCall(() => {
    reader.reset(bytes)
    decode(reader, version)
  }, CALLS)
  const naiveUs = cpuUsPerCall(() => new InterpretedDecoder(message, version, bytes).decode(), CALLS)
  printLine(`${name}, decoded`, us, 'by walking the schema', naiveUs)
}

function encoding<Init>(
  name: string,
  message: Message,
  version: number,
  codec: { encodeResponse: Encode<Init>; decodeResponse: Decode },
  body: Init,
): void {
  const writer = new Writer()
  const us = cpuUsPerCall(() => {
    writer.reset()
    codec.encodeResponse(writer, body, version)
  }, CALLS)
  // Read back: the walk wants every field, the generated encoder knows the defaults.
  const whole = codec.decodeResponse(new Reader(writer.finish().slice()), version) as Body
  const naiveUs = cpuUsPerCall(() => new InterpretedEncoder(message, version).encode(whole), CALLS)
  printLine(`${name}, encoded`, us, 'by walking the schema', naiveUs)
}
