import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DiskQueue } from '../base/disk.ts'
import { readSmallFile, writeSmallFile } from '../base/small-file.ts'
import { StorageError } from '../base/storage-error.ts'
import { NativeDisk } from './disk.ts'
import { loadNativeBinding } from './load.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const disk = new NativeDisk(loadNativeBinding())
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ottla-disk-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function errorOf(work: () => void): StorageError {
  try {
    work()
  } catch (error) {
    if (error instanceof StorageError) return error
    throw error
  }
  throw new Error('no error')
}

/** A queue, and a promise of its first `count` completions. */
function queueWith(count: number): { queue: DiskQueue; rows: Promise<number[]>; batches: number[] } {
  const batches: number[] = []
  const seen: number[] = []
  const { promise, resolve } = withResolvers<number[]>()
  const queue = disk.createQueue((completions, batchCount) => {
    batches.push(batchCount)
    seen.push(...completions.subarray(0, 2 * batchCount))
    if (seen.length >= 2 * count) resolve(seen)
  })
  return { queue, rows: promise, batches }
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>(fulfil => {
    resolve = fulfil
  })
  return { promise, resolve }
}

describe('files', () => {
  test('buffers are written one after another and read back, short at the end of the file', () => {
    const file = disk.open(`${directory}/a`, 'create')
    disk.pwritev(file, [bytesOf('one '), bytesOf(''), bytesOf('two').subarray(1)], 3)
    expect(disk.sizeBytes(file)).toBe(9)
    const into = new Uint8Array(20)
    expect(disk.pread(file, into, 3)).toBe(6)
    expect(Buffer.from(into.subarray(0, 6)).toString()).toBe('one wo')
    expect(disk.pread(file, into, 9)).toBe(0)
    disk.fdatasync(file)
    disk.truncate(file, 5)
    disk.truncate(file, 4096)
    expect(disk.sizeBytes(file)).toBe(4096)
    disk.close(file)
  })

  test('thousands of buffers are one write', () => {
    const file = disk.open(`${directory}/a`, 'write')
    const buffers = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(i % 251))
    disk.pwritev(file, buffers, 0)
    disk.close(file)
    expect([...readFileSync(`${directory}/a`)]).toEqual(buffers.map(bytes => bytes[0]))
  })

  test('positions beyond 4 GiB are reached', () => {
    const file = disk.open(`${directory}/a`, 'write')
    const position = 5 * 2 ** 30
    disk.pwritev(file, [bytesOf('far')], position)
    const into = new Uint8Array(3)
    expect(disk.pread(file, into, position)).toBe(3)
    expect(Buffer.from(into).toString()).toBe('far')
    disk.close(file)
  })

  test('errors name code, call and path', () => {
    const path = `${directory}/none`
    expect(errorOf(() => disk.open(path, 'read'))).toMatchObject({ code: 'ENOENT', syscall: 'open', path })
    disk.close(disk.open(path, 'create'))
    expect(errorOf(() => disk.open(path, 'create'))).toMatchObject({ code: 'EEXIST', syscall: 'open', path })
    const file = disk.open(path, 'read')
    expect(errorOf(() => disk.pwritev(file, [bytesOf('x')], 0))).toMatchObject({
      code: 'EBADF',
      syscall: 'pwritev',
      path,
    })
    disk.close(file)
    expect(errorOf(() => disk.syncDirectory(`${directory}/x`)).code).toBe('ENOENT')
    expect(errorOf(() => disk.list(`${directory}/x`)).code).toBe('ENOENT')
    expect(errorOf(() => disk.rename(`${directory}/x`, `${directory}/y`)).syscall).toBe('rename')
    expect(errorOf(() => disk.removeDirectory(`${directory}`)).code).toBe('ENOTEMPTY')
  })

  test('a handle is used again only after it was closed, and a closed one is refused', () => {
    const first = disk.open(`${directory}/a`, 'write')
    const second = disk.open(`${directory}/b`, 'write')
    expect(second).not.toBe(first)
    disk.close(first)
    expect(() => disk.sizeBytes(first)).toThrow('not open')
    expect(() => disk.close(first)).toThrow('not open')
    const third = disk.open(`${directory}/c`, 'write')
    expect(third).not.toBe(second)
    disk.close(second)
    disk.close(third)
  })

  test('entries are listed by name, with their sizes and when they were written to', () => {
    disk.makeDirectory(`${directory}/d/e`)
    disk.makeDirectory(`${directory}/d/e`)
    writeSmallFile(disk, `${directory}/d/f`, bytesOf('four'))
    utimesSync(`${directory}/d/f`, 1_600_000_000, 1_600_000_000.1236)
    expect(disk.list(`${directory}/d`)).toEqual([
      { name: 'e', isDirectory: true, sizeBytes: 0, modifiedAtMs: 0 },
      { name: 'f', isDirectory: false, sizeBytes: 4, modifiedAtMs: 1_600_000_000_123 },
    ])
    expect(Buffer.from(readSmallFile(disk, `${directory}/d/f`) ?? []).toString()).toBe('four')
    expect(disk.exists(`${directory}/d/f.tmp`)).toBe(false)
  })

  test('a directory that the system refuses below one that there is ends the attempt', () => {
    // In a process of its own: the fault was to try for ever, which a test could not end.
    const making = `
      import { NativeDisk } from './src/native/disk.ts'
      import { loadNativeBinding } from './src/native/load.ts'
      const disk = new NativeDisk(loadNativeBinding())
      try { disk.makeDirectory('/proc/none/of/these') } catch (error) { console.log(error.message) }`
    const args = ['--import', 'tsx', '--input-type=module', '--eval', making]
    const made = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
    expect(made.stdout).toContain('ENOENT')
  }, 30_000)

  test('a lock excludes a second holder in the same process until it is released', () => {
    const lock = disk.tryLock(`${directory}/.lock`)
    expect(lock).not.toBeNull()
    expect(disk.tryLock(`${directory}/.lock`)).toBeNull()
    expect(new NativeDisk(loadNativeBinding()).tryLock(`${directory}/.lock`)).toBeNull()
    lock?.release()
    lock?.release()
    const again = disk.tryLock(`${directory}/.lock`)
    expect(again).not.toBeNull()
    again?.release()
  })
})

describe('the queue', () => {
  test('executes in order and reports the errno of each', async () => {
    const { queue, rows } = queueWith(7)
    const file = disk.open(`${directory}/a`, 'create')
    disk.pwritev(file, [bytesOf('text')], 0)
    queue.writeOut(file, 0, 4, 0)
    queue.fdatasync(file, 1)
    disk.close(file)
    queue.rename(`${directory}/a`, `${directory}/b`, 2)
    queue.rename(`${directory}/a`, `${directory}/b`, 3)
    queue.makeDirectory(`${directory}/d/e`, 4)
    queue.createFile(`${directory}/d/e/f`, 5)
    queue.syncDirectory(`${directory}/d/e`, 2 ** 31 - 1)
    expect(await rows).toEqual([0, 0, 1, 0, 2, 0, 3, constants.errno.ENOENT, 4, 0, 5, 0, 2 ** 31 - 1, 0])
    expect(statSync(`${directory}/d/e/f`).size).toBe(0)
    queue.close()
  })

  test('many completions arrive in order, in batches no larger than the array', async () => {
    const { queue, rows, batches } = queueWith(5000)
    for (let ticket = 0; ticket < 5000; ticket++) queue.unlink(`${directory}/none`, ticket)
    const busyUntilMs = performance.now() + 50
    while (performance.now() < busyUntilMs);
    const tickets = (await rows).filter((_, index) => index % 2 === 0)
    expect(tickets).toEqual(Array.from({ length: 5000 }, (_, ticket) => ticket))
    expect(batches.length).toBeLessThan(1000)
    expect(Math.max(...batches)).toBeLessThanOrEqual(1024)
    queue.close()
  })

  test('close finishes what is queued and reports nothing after it', async () => {
    const { queue, batches } = queueWith(1)
    queue.makeDirectory(`${directory}/d`, 1)
    queue.createFile(`${directory}/d/f`, 2)
    queue.removeTree(`${directory}/d`, 3)
    queue.createFile(`${directory}/last`, 4)
    queue.close()
    const before = batches.length
    expect(disk.list(directory).map(({ name }) => name)).toEqual(['last'])
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(batches.length).toBe(before)
    expect(() => queue.unlink(`${directory}/last`, 5)).toThrow('EBADF')
  })

  test('an owner may close the queue from within a completion', async () => {
    const { promise, resolve } = withResolvers<number>()
    const queue = disk.createQueue((_, count) => {
      queue.close()
      resolve(count)
    })
    for (let ticket = 0; ticket < 10; ticket++) queue.unlink(`${directory}/none`, ticket)
    expect(await promise).toBeGreaterThan(0)
  })

  test('a worker thread may be ended with work in flight', async () => {
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      const binding = require('node-gyp-build')(workerData)
      const queue = binding.queueOpen(new Int32Array(8), () => {})
      const submit = () => binding.queueSubmit(queue, 5, 0, -1, '/none/none', '', 0, 0)
      setInterval(() => { for (let i = 0; i < 50; i++) submit() }, 1)
      submit()
      parentPort.postMessage('working')`
    for (let round = 0; round < 10; round++) {
      const worker = new Worker(code, { eval: true, workerData: process.cwd() })
      await once(worker, 'message')
      await new Promise(resolve => setTimeout(resolve, round))
      await worker.terminate()
    }
  })

  test('an exception in a completion is an uncaught one, and the rest is still reported', async () => {
    const { promise, resolve } = withResolvers<number>()
    const caught: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', error => void caught.push(error))
    let reported = 0
    const queue = disk.createQueue((_, count) => {
      const isFirst = reported === 0
      reported += count
      if (reported === 5000) resolve(reported)
      if (isFirst) throw new Error('broken invariant')
    })
    for (let ticket = 0; ticket < 5000; ticket++) queue.unlink(`${directory}/none`, ticket)
    expect(await promise).toBe(5000)
    queue.close()
    for (const listener of before) process.on('uncaughtException', listener)
    expect(caught).toEqual([new Error('broken invariant')])
  })
})
