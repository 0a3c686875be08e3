import type { Disk, DiskCompletions, DiskQueue } from '../base/disk.ts'
import type { SimDisk } from '../native/sim-disk.ts'
import { StorageWorld } from './storage-world.test-support.ts'

/** A disk as a process sees it that can be killed: nothing is lost then, but its threads do and report nothing more. */
export class KillableProcess {
  #isAlive = true

  readonly wrapDisk = (disk: SimDisk): Disk =>
    withMembers(disk, {
      createQueue: (onCompletions: DiskCompletions) =>
        this.#queue(disk.createQueue((rows, count) => void (this.#isAlive && onCompletions(rows, count)))),
    })

  kill(): void {
    this.#isAlive = false
  }

  #queue(queue: DiskQueue): DiskQueue {
    return new Proxy(queue, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]): unknown => (this.#isAlive ? value.apply(target, args) : undefined)
      },
    })
  }
}

/** The next process on the disk of one that was killed, and that holds no lock any more. */
export function afterKill(killed: StorageWorld, seed: number): StorageWorld {
  const world = new StorageWorld({}, seed)
  world.disk = killed.disk
  world.time = killed.time
  world.wrapDisk = disk => withMembers(disk, { tryLock: () => ({ release() {} }) })
  return world
}

function withMembers(disk: SimDisk, members: Partial<Disk>): Disk {
  return new Proxy(disk, {
    get(target, key) {
      const value: unknown = Reflect.get(members, key) ?? Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
