import { expect, test } from 'vitest'
import { SimDisk } from '../native/sim-disk.ts'
import { foreignDirectoryProblem } from './foreign-directory.ts'

function diskWith(files: readonly string[]): SimDisk {
  const disk = new SimDisk({ schedule: () => {} })
  for (const path of files) {
    disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
    disk.close(disk.open(path, 'create'))
  }
  return disk
}

test.each([
  ['a directory that is not there', []],
  ['an empty one', ['/a/lost+found/x', '/a/notes-2/x']],
  ['one of ours', ['/a/ottla-metadata.log', '/a/t-0/partition.metadata']],
  ['one with a snapshot', ['/a/ottla-metadata.snapshot', '/b/t-0/partition.metadata']],
])('%s may be opened', (_name, files) => {
  expect(foreignDirectoryProblem(diskWith(files), ['/a', '/b'])).toBeNull()
})

test('one of Apache Kafka may not: all its logs would be set aside', () => {
  const disk = diskWith(['/b/__cluster_metadata-0/partition.metadata', '/b/mine-0/partition.metadata'])
  expect(foreignDirectoryProblem(disk, ['/a', '/b'])).toBe(
    '/b is a data directory of Apache Kafka: choose another one (--data-dir, log.dirs)',
  )
})

test('nor may logs whose metadata is gone', () => {
  const disk = diskWith(['/a/my-topic-0/partition.metadata'])
  expect(foreignDirectoryProblem(disk, ['/a'])).toBe(
    '/a has logs, such as my-topic-0, but /a has no ottla-metadata.log, which knows their topics: ' +
      'put it back, or choose another data directory',
  )
})
