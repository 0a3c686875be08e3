import { expect, test } from 'vitest'
import { AssertionError } from '../base/assert.ts'
import type { FileRange } from '../base/file-range.ts'
import { decodeFetchResponse, encodeFetchResponse } from './generated/fetch.ts'
import { encodeMetadataRequest } from './generated/metadata.ts'
import { encodeProduceRequest } from './generated/produce.ts'
import { Reader } from './reader.ts'
import { decodeRequestHeader, encodeRequestHeader, encodeResponseHeader } from './request-header.ts'
import { UnencodableError } from './unencodable-error.ts'
import { readUuid, ZERO_UUID } from './uuid.ts'
import { Writer } from './writer.ts'

const hex = (writer: Writer) => Buffer.from(writer.finish()).toString('hex')
const bytesOf = (text: string) => text.replaceAll(' ', '')

test('golden: Metadata request 1 for one topic, with its header', () => {
  const writer = new Writer(1)
  encodeRequestHeader(writer, { apiKey: 3, apiVersion: 1, correlationId: 7, clientId: 'c' })
  encodeMetadataRequest(writer, { topics: [{ name: 'ab' }] }, 1)
  expect(hex(writer)).toBe(bytesOf('0003 0001 00000007 0001 63 00000001 0002 6162'))
})

test('golden: Produce request 9 is compact', () => {
  const writer = new Writer(1)
  const partitionData = [{ index: 1, records: Uint8Array.of(0xaa) }]
  encodeProduceRequest(writer, { acks: -1, timeoutMs: 30, topicData: [{ name: 'é', partitionData }] }, 9)
  expect(hex(writer)).toBe(bytesOf('00 ffff 0000001e 02 03c3a9 02 00000001 02aa 00 00 00'))
})

test('golden: the header of an ApiVersions answer has no tags in any version, that of Metadata 9 has', () => {
  const writer = new Writer()
  encodeResponseHeader(writer, 18, 4, 1)
  encodeResponseHeader(writer, 3, 9, 2)
  encodeResponseHeader(writer, 3, 8, 3)
  expect(hex(writer)).toBe(bytesOf('00000001 00000002 00 00000003'))
})

test('NET-4: a request header without client id reads as an empty one', () => {
  const reader = new Reader(new Uint8Array(Buffer.from('00120003000000050000', 'hex')))
  expect(() => decodeRequestHeader(reader)).toThrow()
  const whole = new Reader(new Uint8Array(Buffer.from('0012000300000005ffff00', 'hex')))
  expect(decodeRequestHeader(whole)).toEqual({ apiKey: 18, apiVersion: 3, correlationId: 5, clientId: '' })
  expect(whole.remaining).toBe(0)
})

test('a range of a file leaves a hole where its bytes belong', () => {
  const writer = new Writer(8)
  const range: FileRange = { file: 3 as unknown as FileRange['file'], position: 100, sizeBytes: 1000 }
  const body = { responses: [{ topic: 'a', partitions: [{ partitionIndex: 0, records: range }] }] }
  encodeFetchResponse(writer, body, 4)
  const [hole] = writer.holes
  expect(hole?.range).toBe(range)
  expect(hole?.at).toBe(writer.position)
  const filled = new Uint8Array(writer.position + 1000)
  filled.set(writer.finish())
  const decoded = decodeFetchResponse(new Reader(filled), 4)
  expect(decoded.responses[0]?.partitions[0]?.records?.length).toBe(1000)
})

test('strings: short, long, beyond ASCII, and too long for the classic form', () => {
  for (const text of ['', 'a', 'x'.repeat(64), 'x'.repeat(65), 'ü', `${'x'.repeat(63)}ü`, '😀'.repeat(50)]) {
    const writer = new Writer(1)
    writer.string(text, true)
    writer.string(text, false)
    const reader = new Reader(writer.finish())
    expect([reader.string(true), reader.string(false), reader.remaining]).toEqual([text, text, 0])
  }
  expect(() => new Writer().string('x'.repeat(32768), false)).toThrow(UnencodableError)
})

test('a tag of more than 127 bytes is moved behind its longer size', () => {
  const writer = new Writer(1)
  const start = writer.beginTag(5)
  writer.raw(new Uint8Array(300).fill(1))
  writer.endTag(start)
  writer.int8(2)
  expect(hex(writer)).toBe(`05ac02${'01'.repeat(300)}02`)
})

test("a uuid is written in Kafka's base64url form", () => {
  const writer = new Writer()
  writer.uuid(ZERO_UUID)
  writer.uuid('AQIDBAUGBwgJCgsMDQ4PEA')
  expect(hex(writer)).toBe(`${'00'.repeat(16)}0102030405060708090a0b0c0d0e0f10`)
  expect(readUuid(writer.view, 0)).toBe(ZERO_UUID)
  expect(() => writer.uuid('short')).toThrow(AssertionError)
})

test('a bounded writer takes what fits and not a byte more', () => {
  const writer = new Writer(4, 100)
  writer.raw(new Uint8Array(60))
  writer.raw(new Uint8Array(40))
  expect(writer.finish()).toHaveLength(100)
  expect(() => writer.bool(true)).toThrow(UnencodableError)
})
