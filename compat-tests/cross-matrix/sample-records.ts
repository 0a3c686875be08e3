import type { WireRecord } from './wire-record.ts'

const ORDINARY_COUNT = 500
const LARGE_BYTES = 100 * 1024

type Bytes = Buffer | string | null
type Headers = readonly (readonly [string, Bytes])[]

/** What every client has to write and read: the odd ones, and enough ordinary ones that a codec has work to do. */
export function sampleRecords(): WireRecord[] {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const large = Buffer.concat([noise(LARGE_BYTES / 2), Buffer.alloc(LARGE_BYTES / 2, 'large ')])
  return [
    recordOf('key', 'value'),
    recordOf(null, 'null key'),
    recordOf('', 'empty key'),
    recordOf('empty value', ''),
    recordOf('tombstone', null),
    recordOf(allBytes, Buffer.from(allBytes).reverse()),
    recordOf('Zoë', 'naïve 漢字 🦦'),
    recordOf('large', large),
    recordOf('one header', 'value', [['header', 'x']]),
    recordOf('one name', 'three values', [
      ['same', 'first'],
      ['same', ''],
      ['same', Buffer.from([0xff, 0x01, 0x80])],
      ['other', 'last'],
    ]),
    ...Array.from({ length: ORDINARY_COUNT }, (_, index) => ordinary(index)),
  ]
}

function ordinary(index: number): WireRecord {
  return recordOf(`key-${index % 7}`, `${index} ${'a line of a log '.repeat(index % 23)}`)
}

function recordOf(key: Bytes, value: Bytes, headers: Headers = []): WireRecord {
  return {
    key: base64(key),
    value: base64(value),
    headers: headers.map(([name, one]) => [name, base64(one)!]),
  }
}

function base64(bytes: Bytes): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}

/** Bytes that no codec makes smaller, the same in every run. */
function noise(lengthBytes: number): Buffer {
  let state = 1
  const bytes = Array.from({ length: lengthBytes }, () => {
    state = (state * 48_271) % 0x7fffffff
    return state >> 8
  })
  return Buffer.from(bytes)
}
