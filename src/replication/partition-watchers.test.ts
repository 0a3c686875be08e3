import { expect, test } from 'vitest'
import { ErrorCode } from '../protocol/error-code.ts'
import { Partition, type PartitionPorts, type PartitionWatcher } from './partition.ts'

class Watcher implements PartitionWatcher {
  count = 0
  readonly #onChanged: () => void

  constructor(onChanged: () => void = () => {}) {
    this.#onChanged = onChanged
  }

  onPartitionChanged(): void {
    this.count += 1
    this.#onChanged()
  }
}

function createPartition(): Partition {
  const identity = { topicName: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionIndex: 0 }
  const image = { partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicas: [1], isr: [1] }
  const unused = {} as PartitionPorts
  return new Partition(identity, image, null, unused)
}

function countsAfterChange(partition: Partition, watchers: readonly Watcher[]): number[] {
  for (const watcher of watchers) watcher.count = 0
  partition.settleAll(ErrorCode.KAFKA_STORAGE_ERROR)
  return watchers.map(({ count }) => count)
}

test('every watcher is told once for each change, however many there are and however often each asked', () => {
  const partition = createPartition()
  const watchers = [new Watcher(), new Watcher(), new Watcher()] as const
  const [a, b, c] = watchers
  expect(countsAfterChange(partition, watchers)).toEqual([0, 0, 0])
  for (const watcher of [a, a]) partition.watch(watcher)
  expect(countsAfterChange(partition, watchers)).toEqual([1, 0, 0])
  for (const watcher of [b, a, c, b]) partition.watch(watcher)
  expect(countsAfterChange(partition, watchers)).toEqual([1, 1, 1])
})

test('who does not watch any more is not told, and others are', () => {
  const partition = createPartition()
  const watchers = [new Watcher(), new Watcher()] as const
  const [a, b] = watchers
  partition.watch(a)
  partition.unwatch(b)
  expect(countsAfterChange(partition, watchers)).toEqual([1, 0])
  partition.watch(b)
  partition.unwatch(a)
  expect(countsAfterChange(partition, watchers)).toEqual([0, 1])
  partition.unwatch(b)
  expect(countsAfterChange(partition, watchers)).toEqual([0, 0])
  partition.watch(b)
  partition.unwatch(b)
  partition.watch(a)
  expect(countsAfterChange(partition, watchers)).toEqual([1, 0])
})

test('a watcher may leave while it is told', () => {
  const partition = createPartition()
  const leaving: Watcher = new Watcher(() => partition.unwatch(leaving))
  const staying = new Watcher()
  for (const watcher of [leaving, staying]) partition.watch(watcher)
  expect(countsAfterChange(partition, [leaving, staying])).toEqual([1, 1])
  expect(countsAfterChange(partition, [leaving, staying])).toEqual([0, 1])
})
