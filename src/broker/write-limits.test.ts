import { expect, test } from 'vitest'
import { parseBrokerConfig } from '../config/parse-broker-config.ts'
import { writeLimits } from './write-limits.ts'

const GIB = 1024 * 1024 * 1024

function limits(entries: Readonly<Record<string, string>>, memoryBytes: number) {
  const parsed = parseBrokerConfig(new Map(Object.entries(entries)))
  if (!parsed.ok) throw new Error(parsed.problems.join())
  return writeLimits(parsed.config, memoryBytes)
}

test('unflushed bytes stay below where the kernel slows writers down, on small machines too', () => {
  expect(limits({}, GIB / 2).unflushedMaxBytes).toBe(Math.ceil(GIB / 40))
  expect(limits({}, 8 * GIB).unflushedMaxBytes).toBe(Math.ceil((8 * GIB) / 20))
  expect(limits({}, 512 * GIB).unflushedMaxBytes).toBe(GIB)
})

test('directories share what the machine can hold; what is configured is for each of them', () => {
  expect(limits({ 'log.dirs': '/a,/b' }, 8 * GIB).unflushedMaxBytes).toBe(Math.ceil((8 * GIB) / 40))
  const entries = { 'log.dirs': '/a,/b', 'ottla.unflushed.max.bytes': '5000' }
  expect(limits(entries, 8 * GIB).unflushedMaxBytes).toBe(5000)
})

test('batches that wait take half of the request memory at most', () => {
  expect(limits({ 'queued.max.request.bytes': '1000' }, GIB).heldMaxBytes).toBe(500)
})
