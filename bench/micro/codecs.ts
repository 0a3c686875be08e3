import { fetchCodec } from '../../src/protocol/generated/fetch.ts'
import { produceCodec } from '../../src/protocol/generated/produce.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { cpuUsPerCall, printLine } from './measure.ts'
import { decodeFetchNaively, decodeProduceNaively, encodeProduceAnswerNaively } from './naive-codec.ts'

const CALLS = 200_000
const PRODUCE_VERSION = 9
const FETCH_VERSION = 12
const TOPIC = 'bench'
const SIZES_BYTES = [170, 16_000]

/** The generated codecs beside the ones that one would write first. */
export function benchCodecs(): void {
  for (const sizeBytes of SIZES_BYTES) benchProduce(new Uint8Array(sizeBytes))
  benchFetch()
  benchProduceAnswer()
}

function benchProduce(records: Uint8Array): void {
  const writer = new Writer()
  const topicData = [{ name: TOPIC, partitionData: [{ index: 3, records }] }]
  produceCodec.encodeRequest(writer, { topicData }, PRODUCE_VERSION)
  const decode = (reader: Reader) => void produceCodec.decodeRequest(reader, PRODUCE_VERSION)
  compareDecoders(`Produce request of ${records.length} B`, writer, decode, decodeProduceNaively)
}

function benchFetch(): void {
  const writer = new Writer()
  const topics = [{ topic: TOPIC, partitions: [{ partition: 3, fetchOffset: 5 }] }]
  fetchCodec.encodeRequest(writer, { topics }, FETCH_VERSION)
  const decode = (reader: Reader) => void fetchCodec.decodeRequest(reader, FETCH_VERSION)
  compareDecoders('Fetch request', writer, decode, decodeFetchNaively)
}

function compareDecoders(
  name: string,
  written: Writer,
  decode: (reader: Reader) => void,
  decodeNaively: (bytes: Buffer) => object,
): void {
  const bytes = Buffer.from(written.finish())
  const reader = new Reader()
  const us = cpuUsPerCall(() => {
    reader.reset(bytes)
    decode(reader)
  }, CALLS)
  const naiveUs = cpuUsPerCall(() => void decodeNaively(bytes), CALLS)
  printLine(`${name}, decoded`, us, 'naively', naiveUs)
}

function benchProduceAnswer(): void {
  const body = {
    responses: [
      { name: TOPIC, partitionResponses: [{ index: 3, errorCode: 0, baseOffset: 5, logStartOffset: 0 }] },
    ],
  }
  const writer = new Writer()
  const encode = () => {
    writer.reset()
    produceCodec.encodeResponse(writer, body, PRODUCE_VERSION)
  }
  encode()
  const naive = encodeProduceAnswerNaively(TOPIC, 3, 5n)
  if (naive.compare(writer.finish()) !== 0) throw new Error('the two answers differ')
  const us = cpuUsPerCall(encode, CALLS)
  const naiveUs = cpuUsPerCall(() => void encodeProduceAnswerNaively(TOPIC, 3, 5n), CALLS)
  printLine('Produce answer, encoded', us, 'naively', naiveUs)
}
