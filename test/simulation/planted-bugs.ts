import type { Disk, DiskCompletions, DiskQueue } from '../../src/base/disk.ts'

/** Mistakes that a broker could make; the simulation is worth what it finds of them. */
export type PlantedBug = 'none' | 'acknowledge before fsync' | 'forget the directory fsync'

/** A disk that lets the broker make one of the mistakes: the sync it asks for is reported done and does nothing. */
export function withPlantedBug(disk: Disk, bug: PlantedBug): Disk {
  if (bug === 'none') return disk
  const forgetsData = bug === 'acknowledge before fsync'
  return new Proxy(disk, {
    get(target, name) {
      if (forgetsData && name === 'fdatasync') return () => {}
      if (!forgetsData && name === 'syncDirectory') return () => {}
      if (name === 'createQueue') {
        return (onCompletions: DiskCompletions) =>
          forgetfulQueue(target.createQueue(onCompletions), forgetsData)
      }
      const member = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Does something harmless in the place of the forgotten sync, so that its ticket is still completed, in order. */
function forgetfulQueue(queue: DiskQueue, forgetsData: boolean): DiskQueue {
  return {
    fdatasync: (file, ticket) =>
      forgetsData ? queue.makeDirectory('/', ticket) : queue.fdatasync(file, ticket),
    writeOut: (file, position, sizeBytes, ticket) => queue.writeOut(file, position, sizeBytes, ticket),
    syncDirectory: (path, ticket) =>
      forgetsData ? queue.syncDirectory(path, ticket) : queue.makeDirectory('/', ticket),
    rename: (from, to, ticket) => queue.rename(from, to, ticket),
    createFile: (path, ticket) => queue.createFile(path, ticket),
    makeDirectory: (path, ticket) => queue.makeDirectory(path, ticket),
    unlink: (path, ticket) => queue.unlink(path, ticket),
    removeTree: (path, ticket) => queue.removeTree(path, ticket),
    gather: (file, position, head, ranges, ticket) =>
      forgetsData ? queue.makeDirectory('/', ticket) : queue.gather(file, position, head, ranges, ticket),
    warm: (path, position, sizeBytes, ticket) => queue.warm(path, position, sizeBytes, ticket),
    close: () => queue.close(),
  }
}
