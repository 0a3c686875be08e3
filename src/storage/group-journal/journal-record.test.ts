import { expect, test } from 'vitest'
import { loadNativeBinding } from '../../native/load.ts'
import { gatherBytes } from '../../native/sim/sim-gather.ts'
import { decodeJournal, encodeRecordHead, type JournalRange } from './journal-record.ts'

const { crc32c } = loadNativeBinding()
const JOURNAL = 7
const text = new TextEncoder()

function rangeOf(
  topicName: string,
  partitionIndex: number,
  position: number,
  bytes: Uint8Array,
): JournalRange {
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  return { topicName, topicId, partitionIndex, baseOffset: 2 ** 40, position, sizeBytes: bytes.length }
}

/** Record i has the parts 'i a' and 'i b'. */
function recordOf(index: number, journal = JOURNAL): Uint8Array {
  const parts = [text.encode(`${index} a`), text.encode(`${index} b`)]
  const ranges = [rangeOf('orders', 3, 100 * index, parts[0]!), rangeOf('ä', 0, 0, parts[1]!)]
  return gatherBytes(encodeRecordHead(journal, index, ranges), parts)
}

function journalOf(...records: Uint8Array[]): Uint8Array {
  return gatherBytes(new Uint8Array(8), records).subarray(8)
}

const decoded = (bytes: Uint8Array) =>
  [...decodeJournal(bytes, JOURNAL, crc32c)].map(ranges =>
    ranges.map(({ bytes: part, ...range }) => ({ ...range, text: new TextDecoder().decode(part) })),
  )

test('what was gathered is read back, with the places it belongs to', () => {
  const [, second] = decoded(journalOf(recordOf(0), recordOf(1)))
  expect(second).toEqual([
    { ...rangeOf('orders', 3, 100, text.encode('1 a')), text: '1 a' },
    { ...rangeOf('ä', 0, 0, text.encode('1 b')), text: '1 b' },
  ])
})

test('the journal ends before a record that a crash cut, at each of its bytes', () => {
  const whole = journalOf(recordOf(0), recordOf(1))
  for (let sizeBytes = recordOf(0).length; sizeBytes < whole.length; sizeBytes += 1) {
    expect(decoded(whole.subarray(0, sizeBytes))).toHaveLength(1)
  }
})

test('and before one with a byte that is not what was written', () => {
  const first = recordOf(0).length
  for (let at = first; at < first + recordOf(1).length; at += 1) {
    const bytes = journalOf(recordOf(0), recordOf(1), recordOf(2))
    bytes[at]! ^= 0x40
    expect(decoded(bytes)).toHaveLength(1)
  }
})

test.each([
  ['of another journal', recordOf(1, JOURNAL + 1)],
  ['out of its turn', recordOf(2)],
])('a record %s is none', (_name, record) => {
  expect(decoded(journalOf(recordOf(0), record))).toHaveLength(1)
})
