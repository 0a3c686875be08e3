import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { FileHandle } from '../base/disk.ts'
import type { Random } from '../base/random.ts'
import { SimDisk } from './sim-disk.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A small generator of the test's own: native may not import platform. */
function seeded(seed: number): Random {
  let state = seed + 1
  const below = (bound: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    return Math.floor(((state >>> 0) / 2 ** 32) * bound)
  }
  return { below, bytes: count => Uint8Array.from({ length: count }, () => below(256)) }
}

/** A schedule whose steps the test takes one by one. */
function stepping(): { schedule: (callback: () => void) => void; step: () => boolean; all: () => void } {
  const waiting: (() => void)[] = []
  const step = (): boolean => {
    const next = waiting.shift()
    next?.()
    return next !== undefined
  }
  return {
    schedule: callback => void waiting.push(callback),
    step,
    all: () => {
      while (step());
    },
  }
}

function newDisk(capacityBytes = Number.POSITIVE_INFINITY): SimDisk {
  return new SimDisk({ schedule: callback => callback(), capacityBytes })
}

function contentOf(disk: SimDisk, path: string): string {
  const file = disk.open(path, 'read')
  const bytes = new Uint8Array(disk.sizeBytes(file))
  disk.pread(file, bytes, 0)
  disk.close(file)
  return new TextDecoder().decode(bytes)
}

function create(disk: SimDisk, path: string, text: string): FileHandle {
  const file = disk.open(path, 'create')
  disk.pwritev(file, [bytesOf(text)], 0)
  return file
}

/** What `path` holds after each of 200 crashes of a disk made by `prepare`; null where the file is gone. */
function crashStates(prepare: (disk: SimDisk) => void, path: string): Set<string | null> {
  const states = new Set<string | null>()
  for (let seed = 0; seed < 200; seed++) {
    const disk = newDisk()
    prepare(disk)
    const after = disk.crash(seeded(seed))
    states.add(after.exists(path) ? contentOf(after, path) : null)
  }
  return states
}

describe('contents', () => {
  test('buffers are written one after another and read back, short at the end of the file', () => {
    const disk = newDisk()
    const file = disk.open('/a', 'create')
    disk.pwritev(file, [bytesOf('one '), bytesOf(''), bytesOf('two')], 5)
    expect(disk.sizeBytes(file)).toBe(12)
    const into = new Uint8Array(20).fill(7)
    expect(disk.pread(file, into, 0)).toBe(12)
    expect([...into.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 'o'.charCodeAt(0)])
    expect(disk.pread(file, into, 12)).toBe(0)
  })

  test('a truncated file that grows again reads zeros, also inside a page', () => {
    const disk = newDisk()
    const file = create(disk, '/a', 'x'.repeat(10_000))
    disk.truncate(file, 4100)
    disk.truncate(file, 9000)
    const into = new Uint8Array(9000)
    expect(disk.pread(file, into, 0)).toBe(9000)
    expect(into.lastIndexOf('x'.charCodeAt(0))).toBe(4099)
  })

  test('a full disk writes what fits and says ENOSPC', () => {
    const disk = newDisk(10)
    const file = disk.open('/a', 'create')
    expect(() => disk.pwritev(file, [bytesOf('12345678'), bytesOf('abcd')], 0)).toThrow('ENOSPC')
    expect(contentOf(disk, '/a')).toBe('12345678ab')
    disk.pwritev(file, [bytesOf('over')], 0)
    disk.setCapacityBytes(20)
    disk.pwritev(file, [bytesOf('more')], 10)
  })
})

describe('names', () => {
  test('the errors are those of a file system', () => {
    const disk = newDisk()
    disk.makeDirectory('/d/e')
    disk.makeDirectory('/d/e')
    disk.close(create(disk, '/d/f', 'x'))
    expect(() => disk.open('/d/none', 'read')).toThrow('ENOENT')
    expect(() => disk.open('/none/f', 'write')).toThrow('ENOENT')
    expect(() => disk.open('/d/f', 'create')).toThrow('EEXIST')
    expect(() => disk.open('/d/e', 'write')).toThrow('EISDIR')
    expect(() => disk.list('/d/f')).toThrow('ENOTDIR')
    expect(() => disk.removeDirectory('/d')).toThrow('ENOTEMPTY')
    expect(() => disk.unlink('/d/e')).toThrow('EISDIR')
    expect(() => disk.rename('/d/none', '/d/x')).toThrow('ENOENT')
    expect(disk.list('/d')).toEqual([
      { name: 'e', isDirectory: true, sizeBytes: 0, modifiedAtMs: 0 },
      { name: 'f', isDirectory: false, sizeBytes: 1, modifiedAtMs: 0 },
    ])
  })

  test('a file lives on in its handle when its name is gone', () => {
    const disk = newDisk()
    const file = create(disk, '/a', 'text')
    disk.unlink('/a')
    expect(disk.exists('/a')).toBe(false)
    expect(disk.sizeBytes(file)).toBe(4)
    disk.close(file)
    expect(disk.openFileCount).toBe(0)
  })

  test('a lock is had by one holder at a time', () => {
    const disk = newDisk()
    const lock = disk.tryLock('/.lock')
    expect(lock).not.toBeNull()
    expect(disk.tryLock('/.lock')).toBeNull()
    lock?.release()
    expect(disk.tryLock('/.lock')).not.toBeNull()
  })
})

describe('a power cut', () => {
  test('keeps what was synced, file and directory', () => {
    const states = crashStates(disk => {
      const file = create(disk, '/a', 'safe')
      disk.fdatasync(file)
      disk.syncDirectory('/')
    }, '/a')
    expect(states).toEqual(new Set(['safe']))
  })

  test('may lose a synced file whose directory was not synced', () => {
    const states = crashStates(disk => disk.fdatasync(create(disk, '/a', 'safe')), '/a')
    expect(states).toEqual(new Set([null, 'safe']))
  })

  test('may leave nothing, all, zeros or single sectors of what was not synced', () => {
    const states = crashStates(disk => {
      create(disk, '/a', 'x'.repeat(512) + 'y'.repeat(512))
      disk.syncDirectory('/')
    }, '/a')
    const x = 'x'.repeat(512)
    const y = 'y'.repeat(512)
    expect(states).toContain('')
    expect(states).toContain(x)
    expect(states).toContain(x + y)
    expect(states).toContain('\0'.repeat(512) + y)
    expect([...states].some(state => state?.startsWith(`${x}\0`))).toBe(true)
  })

  test('writes over synced bytes leave old and new sectors side by side', () => {
    const states = crashStates(disk => {
      const file = create(disk, '/a', 'o'.repeat(1024))
      disk.fdatasync(file)
      disk.syncDirectory('/')
      disk.pwritev(file, [bytesOf('n'.repeat(1024))], 0)
    }, '/a')
    expect(states).toContain('n'.repeat(512) + 'o'.repeat(512))
    expect(states).toContain('o'.repeat(512) + 'n'.repeat(512))
  })

  test('a rename is there or not, never half', () => {
    const states = new Set<string>()
    for (let seed = 0; seed < 100; seed++) {
      const disk = newDisk()
      disk.fdatasync(create(disk, '/a', 'old'))
      disk.fdatasync(create(disk, '/a.tmp', 'new'))
      disk.syncDirectory('/')
      disk.rename('/a.tmp', '/a')
      const after = disk.crash(seeded(seed))
      states.add(`${contentOf(after, '/a')} ${after.exists('/a.tmp')}`)
    }
    expect(states).toEqual(new Set(['old true', 'new false']))
  })

  test('an unsynced removal may be undone', () => {
    const states = crashStates(disk => {
      disk.fdatasync(create(disk, '/a', 'text'))
      disk.syncDirectory('/')
      disk.unlink('/a')
    }, '/a')
    expect(states).toEqual(new Set([null, 'text']))
  })

  test('ends the disk it hits and leaves the same state for the same seed', () => {
    const stateOf = (seed: number): string => {
      const disk = newDisk()
      for (const name of ['a', 'b', 'c']) create(disk, `/${name}`, name.repeat(700))
      const after = disk.crash(seeded(seed))
      expect(() => disk.list('/')).toThrow('EIO')
      return after
        .list('/')
        .map(({ name }) => contentOf(after, `/${name}`))
        .join('|')
    }
    expect(stateOf(11)).toBe(stateOf(11))
  })
})

describe('faults', () => {
  test('a planned fault hits the call it was planned for, once', () => {
    const disk = newDisk()
    disk.failNext('pwritev', 'EIO', 'b', 1)
    const a = create(disk, '/a', '1')
    const b = create(disk, '/b', '1')
    disk.pwritev(a, [bytesOf('2')], 1)
    expect(() => disk.pwritev(b, [bytesOf('2')], 1)).toThrow('EIO')
    disk.pwritev(b, [bytesOf('2')], 1)
  })

  test('a failed sync drops the data: readers see it, the next sync succeeds, a crash shows the loss', () => {
    const states = crashStates(disk => {
      const file = create(disk, '/a', 'lost')
      disk.syncDirectory('/')
      disk.failNext('fdatasync', 'EIO')
      expect(() => disk.fdatasync(file)).toThrow('EIO')
      expect(contentOf(disk, '/a')).toBe('lost')
      disk.fdatasync(file)
    }, '/a')
    expect(states).toEqual(new Set(['']))
  })
})

describe('the queue', () => {
  test('executes in order and reports later, in batches', () => {
    const { schedule, step, all } = stepping()
    const disk = new SimDisk({ schedule })
    const batches: number[][] = []
    const queue = disk.createQueue((rows, count) => void batches.push([...rows.subarray(0, 2 * count)]))
    queue.createFile('/a', 1)
    queue.rename('/a', '/b', 2)
    queue.unlink('/a', 3)
    expect(disk.exists('/a')).toBe(false)
    step()
    expect(disk.exists('/a')).toBe(true)
    expect(batches).toEqual([])
    all()
    expect(batches.flat()).toEqual([1, 0, 2, 0, 3, constants.errno.ENOENT])
    expect(disk.list('/')).toMatchObject([{ name: 'b', isDirectory: false, sizeBytes: 0 }])
  })

  test('syncs a file that was closed meanwhile', () => {
    const { schedule, all } = stepping()
    const disk = new SimDisk({ schedule })
    const file = create(disk, '/a', 'safe')
    disk.syncDirectory('/')
    disk.createQueue(() => {}).fdatasync(file, 1)
    disk.close(file)
    all()
    expect(contentOf(disk.crash(seeded(1)), '/a')).toBe('safe')
  })

  test('close does what is queued and reports nothing more', () => {
    const { schedule, all } = stepping()
    const disk = new SimDisk({ schedule })
    let reported = 0
    const queue = disk.createQueue((_rows, count) => {
      reported += count
    })
    queue.makeDirectory('/d/e', 1)
    queue.createFile('/d/e/f', 2)
    queue.removeTree('/d/e', 3)
    queue.close()
    all()
    expect(reported).toBe(0)
    expect(disk.list('/d')).toEqual([])
  })

  test('a power cut between execution and completion keeps the data and tells nobody', () => {
    const { schedule, step, all } = stepping()
    const disk = new SimDisk({ schedule })
    const file = create(disk, '/a', 'safe')
    disk.syncDirectory('/')
    let reported = 0
    disk.createQueue(() => void reported++).fdatasync(file, 1)
    step()
    const after = disk.crash(seeded(3))
    all()
    expect(reported).toBe(0)
    expect(contentOf(after, '/a')).toBe('safe')
  })

  test('a sync takes as long as its bytes do, and one that hangs takes longer', () => {
    const delays: (number | undefined)[] = []
    const ends: (() => void)[] = []
    const schedule = (callback: () => void, delayMs?: number) => {
      delays.push(delayMs)
      ends.push(callback)
    }
    const disk = new SimDisk({ schedule })
    const queues = [disk.createQueue(() => {}), disk.createQueue(() => {})]
    const [first, second, hanging] = ['/a', '/b', '/c'].map(path => create(disk, path, '1234567890'))
    expect(disk.dirtyBytes('/a')).toBe(10)
    queues[0]!.fdatasync(first!, 1)
    expect(delays).toEqual([0])
    // What comes while it is under way is for the next one.
    disk.pwritev(first!, [bytesOf('1234567890')], 0)
    ends.shift()!()
    expect(disk.dirtyBytes('/a')).toBe(10)
    disk.speed.set(5)
    ends.splice(0)[0]!()
    delays.length = 0
    queues[0]!.fdatasync(first!, 2)
    queues[1]!.fdatasync(second!, 3)
    // They share what the disk does.
    expect(delays).toEqual([2, 4])
    for (const end of ends.splice(0)) end()
    expect(['/a', '/b'].map(path => disk.dirtyBytes(path))).toEqual([0, 0])
    for (const end of ends.splice(0)) end()
    disk.speed.stickNext(5000, '/c')
    delays.length = 0
    queues[0]!.fdatasync(hanging!, 4)
    expect(delays).toEqual([5002])
  })

  test('what is written out is dirty no more, and a power cut may take it all the same', () => {
    const states = crashStates(disk => {
      const file = create(disk, '/a', 'safe')
      disk.createQueue(() => {}).writeOut(file, 0, 4, 1)
      expect(disk.dirtyBytes('/a')).toBe(0)
      disk.pwritev(file, [bytesOf('more')], 4)
      expect(disk.dirtyBytes('/a')).toBe(4)
      disk.syncDirectory('/')
    }, '/a')
    expect(states).toContain('')
    expect(states).toContain('safemore')
  })

  test('what is gathered takes its time too', () => {
    const delays: (number | undefined)[] = []
    const disk = new SimDisk({ schedule: (_callback, delayMs) => void delays.push(delayMs) })
    const source = create(disk, '/a', '1234567890')
    const target = create(disk, '/b', '')
    disk.speed.set(2)
    const queue = disk.createQueue(() => {})
    queue.gather(target, 0, new Uint8Array(8), Float64Array.of(source, 2, 6), 1)
    expect(delays).toEqual([7])
  })
})
