import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NativeDisk } from './disk.ts'
import { loadNativeBinding } from './load.ts'

const MIB = 1024 * 1024
const TMPFS = 0x0102_1994
const disk = new NativeDisk(loadNativeBinding())
let directory = ''
let path = ''
let file = 0

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ottla-residency-'))
  path = `${directory}/a`
  file = disk.open(path, 'create')
  disk.pwritev(file, [new Uint8Array(4 * MIB).fill(7)], 0)
  disk.fdatasync(file)
})

afterEach(() => {
  disk.close(file)
  rmSync(directory, { recursive: true })
})

/** The file system keeps all files in memory, so that none of them can be dropped from it. */
function isInMemory(): boolean {
  return statfsSync(directory).type === TMPFS
}

/** With nothing to copy, dd only tells the kernel that the file is not needed in memory. */
function dropCache(): void {
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
}

function warm(position: number, sizeBytes: number, from = path): Promise<number> {
  return new Promise(resolve => {
    const queue = disk.createQueue(completions => {
      queue.close()
      resolve(completions[1]!)
    })
    queue.warm(from, position, sizeBytes, 0)
  })
}

test('what was written is in memory, and can be read without a wait', () => {
  expect(disk.isResident(file, 0, 4 * MIB)).toBe(true)
  const into = new Uint8Array(100)
  expect(disk.preadResident(file, into, MIB)).toBe(100)
  expect(into[99]).toBe(7)
  expect(disk.preadResident(file, into, 4 * MIB - 40)).toBe(40)
  expect(disk.preadResident(file, into, 4 * MIB)).toBe(0)
})

test('FET-12 what was dropped from memory is known to be on the disk only, until a thread has read it', async () => {
  dropCache()
  expect(disk.isResident(file, 0, 4 * MIB)).toBe(isInMemory())
  expect(disk.isResident(file, 3 * MIB, 1)).toBe(isInMemory())
  expect(disk.preadResident(file, new Uint8Array(100), 3 * MIB)).toBe(isInMemory() ? 100 : -1)
  expect(await warm(2 * MIB, 2 * MIB)).toBe(0)
  expect(disk.isResident(file, 2 * MIB, 2 * MIB)).toBe(true)
  expect(disk.preadResident(file, new Uint8Array(MIB), 3 * MIB)).toBe(MIB)
  expect(disk.isResident(file, 0, 4 * MIB)).toBe(isInMemory())
})

test('a thread reads to the end of the file, and says what it could not read', async () => {
  dropCache()
  expect(await warm(3 * MIB, 100 * MIB)).toBe(0)
  expect(disk.isResident(file, 3 * MIB, MIB)).toBe(true)
  expect(disk.errorName(await warm(0, 1, `${directory}/none`))).toBe('ENOENT')
  expect(disk.errorName(await warm(0, 1, directory))).toBe('EISDIR')
})
