import { expect, test } from 'vitest'
import { decodeApiVersionsRequest } from './generated/api-versions.ts'
import { decodeFetchRequest, decodeFetchResponse, encodeFetchRequest } from './generated/fetch.ts'
import { decodeMetadataRequest } from './generated/metadata.ts'
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const fromHex = (text: string) => new Reader(new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')))

test('positions and limits stay within the part of the array that is the frame', () => {
  const reader = new Reader(Uint8Array.of(9, 0, 1, 2, 3), 1, 3)
  expect(reader.int16()).toBe(1)
  expect(() => reader.int8()).toThrow(ProtocolError)
})

test('an int64 beyond 2^53-1 is refused, or saturates where the schema says so', () => {
  expect(() => fromHex('7fffffffffffffff').int64()).toThrow(ProtocolError)
  expect(() => fromHex('8000000000000000').int64()).toThrow(ProtocolError)
  expect(fromHex('7fffffffffffffff').saturatingInt64()).toBe(Number.MAX_SAFE_INTEGER)
  expect(fromHex('8000000000000000').saturatingInt64()).toBe(Number.MIN_SAFE_INTEGER)
  expect(fromHex('001fffffffffffff').int64()).toBe(Number.MAX_SAFE_INTEGER)
  expect(fromHex('ffffffffffffffff').saturatingInt64()).toBe(-1)
})

test('a padded varint is accepted, one of six bytes is not', () => {
  expect(fromHex('8100').uvarint()).toBe(1)
  expect(() => fromHex('808080808001').uvarint()).toThrow(ProtocolError)
})

test('records are a view of the frame, other bytes a copy', () => {
  const frame = Uint8Array.of(0, 0, 0, 1, 7, 0, 0, 0, 1, 8)
  const reader = new Reader(frame)
  const [records, copied] = [reader.records(false), reader.byteString(false)]
  frame.fill(0)
  expect(records).toEqual(Uint8Array.of(0))
  expect(copied).toEqual(Uint8Array.of(8))
})

test('NET-5: bytes behind the body are left alone, an array of length -2 is null', () => {
  const reader = fromHex('fffffffe 00 aaaa')
  expect(decodeMetadataRequest(reader, 4).topics).toBeNull()
  expect(reader.remaining).toBe(2)
})

test('a count that the bytes cannot hold, or of more than a million, is refused before allocation', () => {
  expect(() => decodeMetadataRequest(fromHex('7fffffff'), 1)).toThrow(ProtocolError)
  expect(() => fromHex('000f4241').arrayLength(false, 0)).toThrow(ProtocolError)
  expect(() => fromHex('914e').tagCount()).toThrow(ProtocolError)
})

test('NET-6: unknown tags are skipped, their size of 2^32-1 is refused', () => {
  const names = '02 61 02 62'
  expect(decodeApiVersionsRequest(fromHex(`${names} 01 63 02 abcd`), 3).clientSoftwareVersion).toBe('b')
  expect(() => decodeApiVersionsRequest(fromHex(`${names} 01 63 ffffffff0f`), 3)).toThrow(ProtocolError)
})

test('a tag that only other versions have is refused, the declared size of a known one is ignored', () => {
  // Fetch request 12 without topics: maxWaitMs, minBytes, maxBytes, isolation, session, two empty arrays, rack.
  const body = 'ffffffff 00000001 00000001 00000001 00 00000000 ffffffff 01 01 01'
  expect(() => decodeFetchRequest(fromHex(`${body} 01 01 00`), 12)).toThrow(ProtocolError)
  expect(decodeFetchRequest(fromHex(`${body} 01 00 63 02 61`), 12).clusterId).toBe('a')
  expect(decodeFetchRequest(fromHex(`${body} 02 00 02 02 61 00 02 02 62`), 12).clusterId).toBe('b')
})

test("Fetch 18: the follower's high watermark is written only when it is set (KIP-1166)", () => {
  const writer = new Writer()
  const partition = { partition: 0 }
  encodeFetchRequest(writer, { topics: [{ partitions: [partition] }] }, 18)
  const without = writer.finish().length
  writer.reset()
  encodeFetchRequest(writer, { topics: [{ partitions: [{ ...partition, highWatermark: 5 }] }] }, 18)
  expect(writer.finish().length).toBe(without + 10)
  const decoded = decodeFetchRequest(new Reader(writer.finish()), 18)
  expect(decoded.topics[0]?.partitions[0]?.highWatermark).toBe(5)
})

test('a decoder refuses a version that its message does not have', () => {
  expect(() => decodeFetchResponse(fromHex('00'), 99)).toThrow(ProtocolError)
})
