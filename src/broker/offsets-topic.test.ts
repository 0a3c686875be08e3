import { expect, test } from 'vitest'
import type { Disk } from '../base/disk.ts'
import { defaultTopicConfig } from '../config/topic-config.ts'
import { createCrc32c } from '../native/crc32c.ts'
import { loadNativeBinding } from '../native/load.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import type { Partitions } from '../replication/partitions.ts'
import type { ReadResult } from '../storage/log-reader.ts'
import { OffsetsTopic, type OffsetsTopicPorts } from './offsets-topic.ts'

const crc32c = createCrc32c(loadNativeBinding())
const key = Uint8Array.of(1, 2)
const batch = encodeRecordBatch(
  { baseOffset: 0, records: [{ key, value: null, headers: [], timestampMs: 5 }] },
  crc32c,
)

/** A partition with one batch, of which a thread says `errno` before it can be read. */
function topicThatIsCold(errno: number): OffsetsTopic {
  let isCold = true
  const wait = (done: (errno: number) => void) => {
    isCold = false
    queueMicrotask(() => done(errno))
    return () => undefined
  }
  const read = (): ReadResult =>
    isCold
      ? { ok: true, range: null, cold: { wait, begin: () => undefined } }
      : { ok: true, range: { file: 0, position: 0, sizeBytes: batch.length } }
  const partition = { partitionIndex: 0, isOffline: false, logStartOffset: 0, highWatermark: 1, read }
  const pread = (_file: number, into: Uint8Array): number => {
    into.set(batch)
    return batch.length
  }
  return new OffsetsTopic({
    config: { ...defaultTopicConfig, offsetsTopicPartitionCount: 1 },
    metadata: { image: { topic: () => undefined } },
    partitions: { get: () => partition } as unknown as Partitions,
    disk: { pread } as unknown as Disk,
    crc32c,
    decompress: () => null,
    schedulePass: () => undefined,
  } as unknown as OffsetsTopicPorts)
}

test('FET-12 what groups had committed is read by threads where it is on the disk only', async () => {
  const found: number[] = []
  await topicThatIsCold(0).replay(0, (_key, _value, offset) => found.push(offset))
  expect(found).toEqual([0])
})

test('a shard whose log can not be read is not taken for empty', async () => {
  await expect(topicThatIsCold(5).replay(0, () => undefined)).rejects.toThrow('EIO')
})
