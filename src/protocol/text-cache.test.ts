import { expect, test } from 'vitest'
import { Reader } from './reader.ts'
import { TextCache } from './text-cache.ts'
import { Writer } from './writer.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

test('what comes again is answered from where it lies, whatever else came meanwhile', () => {
  const cache = new TextCache()
  const frame = bytesOf('xxorders-17xx')
  for (const text of ['orders-17', 'orders-1', '', 'orders-17']) {
    expect(cache.read(frame, 2, text.length)).toBe(text)
  }
  for (let i = 0; i < 10_000; i += 1) {
    const text = `topic-${i}`
    expect(cache.read(bytesOf(text), 0, text.length)).toBe(text)
  }
})

test('texts of one slot are told apart', () => {
  // Both have the same sum: 31 * 'A' + 'a' and 31 * 'B' + 'B'.
  const cache = new TextCache()
  expect(cache.read(bytesOf('Aa'), 0, 2)).toBe('Aa')
  expect(cache.read(bytesOf('BB'), 0, 2)).toBe('BB')
  expect(cache.read(bytesOf('Aa'), 0, 2)).toBe('Aa')
})

test('long texts, and those with other letters, are left to the decoder', () => {
  const cache = new TextCache()
  expect(cache.read(bytesOf('x'.repeat(64)), 0, 64)).toBe('x'.repeat(64))
  expect(cache.read(bytesOf('x'.repeat(65)), 0, 65)).toBeNull()
  expect(cache.read(bytesOf('ä'), 0, 2)).toBeNull()
})

test('a reader with a cache reads what one without does', () => {
  const writer = new Writer()
  const texts = ['orders', 'ä', '', 'y'.repeat(300), 'orders', '\u0000\u007f']
  for (const text of texts) writer.string(text, true)
  const bytes = writer.finish()
  const reader = new Reader(bytes, 0, bytes.length, new TextCache())
  expect(texts.map(() => reader.string(true))).toEqual(texts)
})
