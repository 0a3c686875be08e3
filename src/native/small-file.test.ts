import { expect, test } from 'vitest'
import { readSmallFile, SMALL_FILE_MAX_BYTES, SmallFileWrite, writeSmallFile } from '../base/small-file.ts'
import { SimDisk, type SimOperation } from './sim-disk.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes)
const newDisk = (): SimDisk => new SimDisk({ schedule: callback => callback() })

/** Randomness of the test itself. */
function chooser(seed: number): { below: (bound: number) => number; bytes: (count: number) => Uint8Array } {
  let state = seed
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  return { below, bytes: count => new Uint8Array(count) }
}

test('what is written is read; a missing file is null', () => {
  const disk = newDisk()
  expect(readSmallFile(disk, '/a')).toBeNull()
  writeSmallFile(disk, '/a', bytesOf('a longer first text'))
  writeSmallFile(disk, '/a', bytesOf('second'))
  expect(textOf(readSmallFile(disk, '/a'))).toBe('second')
  expect(disk.list('/').map(({ name }) => name)).toEqual(['a'])
  expect(disk.openFileCount).toBe(0)
})

test('KAFKA-9892: a crash at any step leaves the old bytes or the new, and the new after the return', () => {
  const steps: SimOperation[] = ['open', 'truncate', 'pwritev', 'fdatasync', 'rename', 'syncDirectory']
  for (const step of [...steps, undefined]) {
    for (let seed = 0; seed < 50; seed++) {
      const disk = newDisk()
      writeSmallFile(disk, '/a', bytesOf('old'))
      if (step !== undefined) disk.failNext(step, 'EIO')
      const write = (): void => writeSmallFile(disk, '/a', bytesOf('new bytes'))
      if (step === undefined) write()
      else expect(write).toThrow('EIO')
      const found = textOf(readSmallFile(disk.crash(chooser(seed)), '/a'))
      expect(step === undefined ? ['new bytes'] : ['old', 'new bytes']).toContain(found)
      expect(disk.openFileCount).toBe(0)
    }
  }
})

test('through a queue it takes one ticket and three completions', () => {
  const disk = newDisk()
  let write: SmallFileWrite | undefined
  const waiting: (() => void)[] = []
  const slow = new SimDisk({ schedule: callback => void waiting.push(callback) })
  const results: string[] = []
  const queue = slow.createQueue((rows, count) => {
    for (let i = 0; i < count; i++) results.push(write!.advance(rows[2 * i + 1]!))
  })
  write = new SmallFileWrite(slow, queue, '/a', bytesOf('text'), 5)
  while (waiting.length > 0) waiting.shift()!()
  expect(results).toEqual(['pending', 'pending', 'done'])
  expect(textOf(readSmallFile(slow.crash(chooser(1)), '/a'))).toBe('text')
  expect(disk.openFileCount + slow.openFileCount).toBe(0)
})

test('through a queue a failed sync ends it before the rename', () => {
  const waiting: (() => void)[] = []
  const disk = new SimDisk({ schedule: callback => void waiting.push(callback) })
  disk.failNext('fdatasync', 'EIO')
  const results: string[] = []
  const queue = disk.createQueue(rows => results.push(write.advance(rows[1]!)))
  const write = new SmallFileWrite(disk, queue, '/a', bytesOf('text'), 5)
  while (waiting.length > 0) waiting.shift()!()
  expect(results).toEqual(['failed'])
  expect(disk.exists('/a')).toBe(false)
})

test('a file beyond the limit is refused unread', () => {
  const disk = newDisk()
  const file = disk.open('/a', 'create')
  disk.truncate(file, SMALL_FILE_MAX_BYTES + 1)
  expect(() => readSmallFile(disk, '/a')).toThrow('EFBIG')
})
