import type { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

/** Old, simple versions of the requests that the simulated clients make, by hand: an oracle for the broker's codecs. */
export interface Request<Response> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly body: Uint8Array
  readonly decode: (reader: WireReader) => Response
}

const CLIENT_ID = 'simulation'

export function encodeRequest(request: Request<unknown>, correlationId: number): Uint8Array {
  const header = new WireWriter().int16(request.apiKey).int16(request.apiVersion).int32(correlationId)
  return header.string(CLIENT_ID).raw(request.body).finish()
}

export function createTopic(name: string, partitionCount: number, timeoutMs: number): Request<number> {
  const body = new WireWriter().int32(1).string(name).int32(partitionCount).int16(1)
  body.int32(0).int32(0).int32(timeoutMs)
  const decode = (reader: WireReader): number => {
    const errors = reader.array(() => [reader.string(), reader.int16()] as const)
    return errors[0]![1]
  }
  return { apiKey: 19, apiVersion: 0, body: body.finish(), decode }
}

export function initProducerId(): Request<{ errorCode: number; producerId: number; producerEpoch: number }> {
  return {
    apiKey: 22,
    apiVersion: 0,
    body: new WireWriter().nullString().int32(60_000).finish(),
    decode: reader => {
      reader.int32()
      return { errorCode: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() }
    },
  }
}

export function produce(
  topic: string,
  partitionIndex: number,
  records: Uint8Array,
): Request<{ errorCode: number; baseOffset: number }> {
  const body = new WireWriter().nullString().int16(-1).int32(30_000)
  body.int32(1).string(topic).int32(1).int32(partitionIndex).bytes(records)
  const decode = (reader: WireReader): { errorCode: number; baseOffset: number } => {
    reader.int32()
    reader.string()
    reader.int32()
    reader.int32()
    return { errorCode: reader.int16(), baseOffset: reader.int64() }
  }
  return { apiKey: 0, apiVersion: 3, body: body.finish(), decode }
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly highWatermark: number
  readonly records: Uint8Array
}

export function fetch(
  topic: string,
  partitionIndex: number,
  offset: number,
  maxWaitMs: number,
): Request<FetchAnswer> {
  const body = new WireWriter().int32(-1).int32(maxWaitMs).int32(1).int32(1_000_000).int8(0)
  body.int32(1).string(topic).int32(1).int32(partitionIndex).int64(offset).int32(100_000)
  const decode = (reader: WireReader): FetchAnswer => {
    reader.int32()
    reader.int32()
    reader.string()
    reader.int32()
    reader.int32()
    const errorCode = reader.int16()
    const highWatermark = reader.int64()
    reader.int64()
    reader.array(() => [reader.int64(), reader.int64()])
    return { errorCode, highWatermark, records: reader.nullableBytes() ?? new Uint8Array() }
  }
  return { apiKey: 1, apiVersion: 4, body: body.finish(), decode }
}

/** Who is who in a generation of a group. */
export interface Membership {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
}

/** A consumer that is no member of any generation commits with this. */
export function outsiderOf(groupId: string): Membership {
  return { groupId, generationId: -1, memberId: '' }
}

export function findGroupCoordinator(groupId: string): Request<number> {
  return {
    apiKey: 10,
    apiVersion: 0,
    body: new WireWriter().string(groupId).finish(),
    decode: reader => reader.int16(),
  }
}

export function commitOffset(
  { groupId, generationId, memberId }: Membership,
  topic: string,
  partitionIndex: number,
  offset: number,
): Request<number> {
  const body = new WireWriter().string(groupId).int32(generationId).string(memberId).int64(-1)
  body.int32(1).string(topic).int32(1).int32(partitionIndex).int64(offset).nullString()
  const decode = (reader: WireReader): number => {
    reader.int32()
    reader.string()
    reader.int32()
    reader.int32()
    return reader.int16()
  }
  return { apiKey: 8, apiVersion: 2, body: body.finish(), decode }
}

export function fetchOffset(
  groupId: string,
  topic: string,
  partitionIndex: number,
): Request<{ errorCode: number; offset: number }> {
  const body = new WireWriter().string(groupId).int32(1).string(topic).int32(1).int32(partitionIndex)
  const decode = (reader: WireReader): { errorCode: number; offset: number } => {
    reader.int32()
    reader.string()
    reader.int32()
    reader.int32()
    const offset = reader.int64()
    reader.nullableString()
    return { errorCode: reader.int16(), offset }
  }
  return { apiKey: 9, apiVersion: 1, body: body.finish(), decode }
}
