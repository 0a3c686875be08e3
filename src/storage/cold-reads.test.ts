import { constants } from 'node:os'
import { expect, test } from 'vitest'
import type { Disk, DiskCompletions, DiskQueue } from '../base/disk.ts'
import { errorName } from '../native/error-name.ts'
import { ColdBytes } from './cold-bytes.ts'
import { ColdReads } from './cold-reads.ts'

const MIB = 1024 * 1024

interface Turn {
  readonly text: string
  readonly end: (errno?: number) => void
}

/** Threads that end their turns when they are told to. */
class HeldDisk {
  readonly events: string[] = []
  readonly reads = new ColdReads(this as unknown as Disk)
  queueCount = 0
  #turns: Turn[] = []

  /** The turns under way, as `path first-last` in MiB. */
  get turns(): string[] {
    return this.#turns.map(({ text }) => text)
  }

  errorName(errno: number): string {
    return errorName(errno)
  }

  createQueue(onCompletions: DiskCompletions): DiskQueue {
    this.queueCount += 1
    const warm: DiskQueue['warm'] = (path, position, sizeBytes, ticket) => {
      const end = (errno = 0) => onCompletions(Int32Array.of(ticket, errno), 1)
      this.#turns.push({ text: `${path} ${position / MIB}-${(position + sizeBytes) / MIB}`, end })
    }
    return { warm, close: () => this.events.push('closed') } as Partial<DiskQueue> as DiskQueue
  }

  /** Ends the turn that began first. */
  end(errno = 0): void {
    const [turn] = this.#turns.splice(0, 1)
    expect(turn).toBeDefined()
    turn!.end(errno)
  }

  demand(path: string, fromMib: number, toMib: number, who = path): () => void {
    const warmed = () => this.events.push(`warm ${path}`)
    return this.reads.demand(bytesOf(path, fromMib, toMib), warmed, errno =>
      this.events.push(`${who} told ${errno}`),
    )
  }

  ahead(path: string, fromMib: number, toMib: number): boolean {
    return this.reads.ahead(bytesOf(path, fromMib, toMib), () => this.events.push(`warm ${path}`))
  }
}

function bytesOf(path: string, fromMib: number, toMib: number): ColdBytes {
  return new ColdBytes(path, fromMib * MIB, (toMib - fromMib) * MIB)
}

test('threads begin with the first read', () => {
  const disk = new HeldDisk()
  expect(disk.queueCount).toBe(0)
  disk.demand('a', 0, 1)
  expect(disk.queueCount).toBe(3)
  disk.demand('b', 0, 1)
  expect(disk.queueCount).toBe(3)
})

test('each reader gets a turn of a MiB before anyone gets his second', () => {
  const disk = new HeldDisk()
  for (const path of ['a', 'b', 'c', 'd']) disk.demand(path, 0, 2)
  expect(disk.turns).toEqual(['a 0-1', 'b 0-1', 'c 0-1'])
  disk.end()
  expect(disk.turns).toEqual(['b 0-1', 'c 0-1', 'd 0-1'])
  disk.end()
  expect(disk.turns).toEqual(['c 0-1', 'd 0-1', 'a 1-2'])
  disk.end()
  disk.end()
  disk.end()
  expect(disk.events).toEqual(['warm a', 'a told 0'])
})

test('those who wait go before what is read ahead, which leaves them a thread', () => {
  const disk = new HeldDisk()
  for (const path of ['x', 'y', 'z']) expect(disk.ahead(path, 0, 2)).toBe(true)
  expect(disk.turns).toEqual(['x 0-1', 'y 0-1'])
  disk.demand('a', 0, 1)
  disk.demand('b', 0, 1)
  expect(disk.turns).toEqual(['x 0-1', 'y 0-1', 'a 0-1'])
  disk.end()
  expect(disk.turns).toEqual(['y 0-1', 'a 0-1', 'b 0-1'])
  disk.end()
  expect(disk.turns).toEqual(['a 0-1', 'b 0-1', 'z 0-1'])
})

test('no more than 64 MiB are read ahead, and there is room again when they are read', () => {
  const disk = new HeldDisk()
  const accepted = Array.from({ length: 9 }, (_, index) => disk.ahead(`${index}`, 0, 8))
  expect(accepted).toEqual([true, true, true, true, true, true, true, true, false])
  while (!disk.events.includes('warm 0')) disk.end()
  expect(disk.ahead('9', 0, 8)).toBe(true)
  expect(disk.ahead('10', 0, 8)).toBe(false)
})

test('who asks for what is asked for already waits for the same read', () => {
  const disk = new HeldDisk()
  disk.demand('a', 0, 1, 'first')
  disk.demand('a', 0, 1, 'second')
  expect(disk.turns).toEqual(['a 0-1'])
  disk.end()
  expect(disk.events).toEqual(['warm a', 'first told 0', 'second told 0'])
})

test('what nobody waits for any more is not begun, or ends with the turn under way', () => {
  const disk = new HeldDisk()
  const leave = ['a', 'b', 'c', 'd'].map(path => disk.demand(path, 0, 2))
  leave[3]!()
  leave[0]!()
  disk.end()
  expect(disk.turns).toEqual(['b 0-1', 'c 0-1'])
  expect(disk.events).toEqual([])
  disk.demand('a', 0, 2)
  expect(disk.turns).toEqual(['b 0-1', 'c 0-1', 'a 0-1'])
})

test('a read that fails is reported once, and warms nothing', () => {
  const disk = new HeldDisk()
  disk.demand('a', 0, 2)
  disk.end(constants.errno.EIO)
  expect(disk.events).toEqual([`a told ${constants.errno.EIO}`])
  expect(disk.turns).toEqual([])
})

test('a file that is not there needs no disk', () => {
  const disk = new HeldDisk()
  disk.demand('a', 0, 2)
  disk.end(constants.errno.ENOENT)
  expect(disk.events).toEqual(['warm a', 'a told 0'])
})

test('what a thread reads now is known, so that nobody takes it for read', () => {
  const disk = new HeldDisk()
  expect(disk.reads.isIdle).toBe(true)
  disk.demand('a', 0, 2)
  expect(disk.reads.isIdle).toBe(false)
  expect(disk.reads.isReading('a', 0, 1)).toBe(true)
  expect(disk.reads.isReading('a', MIB, MIB + 1)).toBe(false)
  expect(disk.reads.isReading('b', 0, 1)).toBe(false)
  disk.end()
  expect(disk.reads.isReading('a', 0, 1)).toBe(false)
  expect(disk.reads.isReading('a', MIB, MIB + 1)).toBe(true)
})

test('nobody is told anything after the end', () => {
  const disk = new HeldDisk()
  disk.demand('a', 0, 1)
  disk.demand('b', 0, 1)
  disk.reads.close()
  expect(disk.events).toEqual(['closed', 'closed', 'closed'])
  expect(disk.reads.isIdle).toBe(true)
})
