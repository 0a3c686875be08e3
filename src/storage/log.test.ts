import { expect, test } from 'vitest'
import { Codec } from '../native/codecs.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { createCheckRow, DECOMPRESSED_MAX_BYTES, type PackedBatch } from './append-validation.ts'
import { StorageWorld } from './storage-world.test-support.ts'

const value = (index: number) => `v${index}`

async function filled(count: number, config = {}): Promise<StorageWorld> {
  const world = await StorageWorld.open(config)
  for (let index = 0; index < count; index += 1) world.append({ values: [value(index)] })
  world.sync()
  return world
}

test('LOG-1: a segment is rolled when the next batch would pass segment.bytes', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 200 })
  for (let index = 0; index < 6; index += 1) world.append({ values: [value(index)] })
  world.sync()
  expect(world.files('.log').length).toBeGreaterThan(1)
  expect(world.values()).toEqual([0, 1, 2, 3, 4, 5].map(value))
})

test('LOG-1: a segment is rolled by the age of its first record', async () => {
  const world = await filled(1, { segmentMs: 1000 })
  world.time.advance(500)
  world.append()
  expect(world.log.segments).toHaveLength(1)
  world.time.advance(1000)
  world.append()
  expect(world.log.segments).toHaveLength(2)
})

test('LOG-1: a segment is rolled when its index is full', async () => {
  const world = await StorageWorld.open({ segmentIndexSizeBytes: 36, indexIntervalBytes: 0 })
  for (let index = 0; index < 12; index += 1) world.append()
  expect(world.log.segments.length).toBeGreaterThan(1)
})

test('nothing is seen before it is written, and nothing is durable before it is synced', async () => {
  const world = await StorageWorld.open()
  world.stage()
  expect(world.log.logEndOffset).toBe(0)
  expect(world.log.read(0, 1000, 100, true)).toEqual({ ok: true, range: null })
  world.logs.writeStaged()
  expect([world.log.logEndOffset, world.log.durableOffset]).toEqual([1, 0])
  world.sync()
  expect([world.log.durableOffset, world.log.highWatermark]).toEqual([1, 1])
})

test('LOG-4: in mode os what was written is durable, unless flush.messages asks for more', async () => {
  const world = await StorageWorld.open({ durability: 'os', flushMessages: 2 })
  world.append()
  expect(world.log.durableOffset).toBe(1)
  world.append()
  expect(world.log.durableOffset).toBe(1)
  world.sync()
  expect(world.log.durableOffset).toBe(2)
})

test('the durable offset is the end of the contiguous synced prefix', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100, durability: 'os' })
  world.append()
  world.append()
  const [first, second] = world.log.segments
  expect(world.log.segments).toHaveLength(2)
  world.log.segmentSynced(second!, second!.writtenEnd)
  expect(world.log.safeOffset).toBe(0)
  world.log.segmentSynced(first!, first!.writtenEnd)
  expect(world.log.safeOffset).toBe(2)
})

test('a full disk rolls everything back that was staged: offsets, producers, indexes, segments', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 0, segmentSizeBytes: 300 })
  world.append({ producerId: 7, producerEpoch: 0, baseSequence: 0 })
  world.sync()
  const segment = world.log.segments[0]!
  const before = [world.log.segments.length, segment.offsetIndex.count, segment.endPosition]
  for (let index = 1; index < 6; index += 1) {
    world.stage({ producerId: 7, producerEpoch: 0, baseSequence: index, leaderEpoch: 3 })
  }
  expect(world.log.segments.length).toBeGreaterThan(1)
  world.disk.failNext('pwritev', 'ENOSPC', '.log')
  const [failed] = world.logs.writeStaged()
  expect(failed).toMatchObject({ fromOffset: 1, errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
  expect([world.log.segments.length, segment.offsetIndex.count, segment.endPosition]).toEqual(before)
  expect(world.log.epochs.latestEpoch).toBe(0)
  expect(world.log.isOffline).toBe(false)
  const again = world.append({ values: ['w'], producerId: 7, producerEpoch: 0, baseSequence: 1 })
  expect(again).toMatchObject({ ok: true, baseOffset: 1, duplicate: false })
  world.sync()
  expect(world.values()).toEqual(['v', 'w'])
})

test('a refused write leaves times, indexes and where the next entry is due as if it had never been', async () => {
  const settings = { indexIntervalBytes: 150, durability: 'os' } as const
  const state = async (isRefusedBetween: boolean) => {
    const world = await StorageWorld.open(settings)
    for (const timestampMs of [1000, 1001, 1002]) world.append({ timestampMs })
    if (isRefusedBetween) {
      for (let index = 0; index < 5; index += 1) world.stage({ timestampMs: 9000 })
      world.disk.failNext('pwritev', 'ENOSPC', '.log')
      expect(world.logs.writeStaged()).toHaveLength(1)
    }
    for (const timestampMs of [1003, 1004, 1005, 1006]) world.append({ timestampMs })
    const { offsetIndex, timeIndex, maxTimestampMs, offsetOfMaxTimestamp } = world.log.segments[0]!
    const entries = [offsetIndex.encode(), timeIndex.encode()]
    const later = await world.settled(world.log.offsetForTimestamp(2000))
    return { entries, maxTimestampMs, offsetOfMaxTimestamp, later }
  }
  const expected = await state(false)
  expect(expected.entries[1]!.length).toBeGreaterThan(12)
  expect(await state(true)).toEqual(expected)
})

test('a log that is deleted with batches staged takes them along', async () => {
  const world = await StorageWorld.open()
  world.stage()
  await world.settled(world.logs.deleteLog('t', 0))
  expect(world.logs.writeStaged()).toEqual([])
})

test('an I/O error fences the directory: no append is taken any more', async () => {
  const world = await filled(1)
  world.stage()
  world.disk.failNext('pwritev', 'EIO', '.log')
  expect(world.logs.writeStaged()).toHaveLength(1)
  expect(world.stage()).toMatchObject({ ok: false, errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
})

test('a failed sync is not tried again: nothing is durable after it', async () => {
  const world = await StorageWorld.open()
  world.disk.failNext('fdatasync', 'EIO', '.log')
  world.append()
  world.sync()
  expect(world.log.durableOffset).toBe(0)
  expect(world.stage()).toMatchObject({ ok: false, errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
})

test('IDM-1: the last five batches of a producer are known again, with their first offsets', async () => {
  const world = await StorageWorld.open()
  const batch = (baseSequence: number) => ({ producerId: 9, producerEpoch: 0, baseSequence })
  for (let sequence = 0; sequence < 6; sequence += 1) world.append(batch(sequence))
  for (let sequence = 1; sequence < 6; sequence += 1) {
    expect(world.append(batch(sequence))).toMatchObject({ duplicate: true, baseOffset: sequence })
  }
  expect(world.append(batch(0))).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  expect(world.append(batch(8))).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  expect(world.append(batch(6))).toMatchObject({ ok: true, duplicate: false, baseOffset: 6 })
})

test('IDM-1: a batch that ends like one before but is of another size is not that one', async () => {
  const world = await StorageWorld.open()
  const producer = { producerId: 9, producerEpoch: 0 }
  world.append({ ...producer, baseSequence: 0, values: ['a', 'b', 'c'] })
  expect(world.append({ ...producer, baseSequence: 2, values: ['c'] })).toMatchObject({
    errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  })
  expect(world.append({ ...producer, baseSequence: 0, values: ['a', 'b', 'c'] })).toMatchObject({
    duplicate: true,
  })
})

test('IDM-1: an older epoch is fenced, a newer one begins at sequence 0', async () => {
  const world = await StorageWorld.open()
  world.append({ producerId: 9, producerEpoch: 1, baseSequence: 0 })
  expect(world.append({ producerId: 9, producerEpoch: 0, baseSequence: 1 })).toMatchObject({
    errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
  })
  expect(world.append({ producerId: 9, producerEpoch: 2, baseSequence: 1 }).ok).toBe(false)
  expect(world.append({ producerId: 9, producerEpoch: 2, baseSequence: 0 }).ok).toBe(true)
})

test('IDM-1: sequences wrap behind 2^31 - 1', async () => {
  const world = await StorageWorld.open()
  const last = 0x7fff_ffff
  world.append({ producerId: 9, producerEpoch: 0, baseSequence: last - 1, values: ['a', 'b', 'c'] })
  expect(world.append({ producerId: 9, producerEpoch: 0, baseSequence: 1 })).toMatchObject({ ok: true })
})

test.each(['clean', 'kill'] as const)('IDM-1: all five are known after a restart (%s)', async how => {
  const world = await StorageWorld.open({ segmentSizeBytes: 200 })
  const batch = (baseSequence: number) => ({
    producerId: 9,
    producerEpoch: 0,
    baseSequence,
    timestampMs: 1000,
  })
  for (let sequence = 0; sequence < 7; sequence += 1) world.append(batch(sequence))
  world.sync()
  await (how === 'clean' ? world.restartCleanly() : world.cutPower())
  for (let sequence = 2; sequence < 7; sequence += 1) {
    expect(world.append(batch(sequence))).toMatchObject({ duplicate: true, baseOffset: sequence })
  }
})

test('IDM-2: a producer is forgotten by the time of its last append, not by that of its records', async () => {
  const world = await StorageWorld.open()
  world.append({ producerId: 9, producerEpoch: 0, baseSequence: 0, timestampMs: 1000 })
  world.logs.expireProducers()
  expect(world.log.producers.size).toBe(1)
  world.time.advance(87_000_000)
  expect(world.log.producers.size).toBe(0)
})

test('producer.id.expiration.check.interval.ms says when silent producers are looked for', async () => {
  const world = new StorageWorld()
  world.managerOptions = { producerIdExpirationMs: 100, producerIdExpirationCheckIntervalMs: 5000 }
  await world.startWithLogs(1)
  world.append({ producerId: 9, producerEpoch: 0, baseSequence: 0 })
  world.time.advance(4000)
  expect(world.log.producers.size).toBe(1)
  world.time.advance(1000)
  expect(world.log.producers.size).toBe(0)
})

test('log.flush.scheduler.interval.ms says when flush.ms is looked at', async () => {
  const world = new StorageWorld({ durability: 'os', flushMs: 10 })
  world.managerOptions = { flushCheckIntervalMs: 5000 }
  await world.startWithLogs(1)
  world.append()
  world.time.advance(4000)
  expect(world.log.safeOffset).toBe(0)
  world.time.advance(1000)
  expect(world.log.safeOffset).toBe(1)
})

test('RET-1: segments go by age, with the newest record of each, and by size', async () => {
  const world = await StorageWorld.open({ segmentSizeBytes: 100, retentionMs: 1000 })
  for (let index = 0; index < 3; index += 1) world.append()
  world.sync()
  world.logs.applyRetention()
  expect(world.log.logStartOffset).toBe(0)
  world.time.advance(500)
  world.append()
  world.sync()
  world.time.advance(700)
  world.logs.applyRetention()
  expect(world.log.logStartOffset).toBe(3)
  world.log.applyConfig({ ...world.config, retentionMs: -1, retentionSizeBytes: 0 })
  world.logs.applyRetention()
  expect(world.log.logStartOffset).toBe(4)
  expect(world.append()).toMatchObject({ baseOffset: 4 })
})

test('RET-1: what is as old as retention.ms stays, what is older goes', async () => {
  const world = await filled(1, { retentionMs: 1000 })
  const { maxTimestampMs } = world.log.segments[0]!
  world.time.advance(maxTimestampMs + 1000 - world.time.clock.wallMs())
  world.logs.applyRetention()
  expect(world.log.logStartOffset).toBe(0)
  world.time.advance(1)
  world.logs.applyRetention()
  expect(world.log.logStartOffset).toBe(1)
})

test('RET-1, RET-2: nothing is removed that is not below the high watermark yet', async () => {
  const world = await StorageWorld.open({ retentionSizeBytes: 0 })
  world.append()
  world.logs.applyRetention()
  expect(world.log.logStartOffset).toBe(0)
  expect(world.log.deleteRecordsBefore(1)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
  world.sync()
  expect(world.log.deleteRecordsBefore(1)).toEqual({ ok: true, logStartOffset: 1 })
  world.logs.applyRetention()
  expect(world.log.segments[0]!.baseOffset).toBe(1)
})

test('RET-2: what was deleted is out of range, and stays so after a restart', async () => {
  const world = await filled(3)
  expect(world.log.deleteRecordsBefore(2)).toEqual({ ok: true, logStartOffset: 2 })
  expect(world.log.read(1, 100, 3, true)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
  expect(world.log.deleteRecordsBefore(4)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
  await world.restartCleanly()
  expect(world.log.logStartOffset).toBe(2)
  expect(world.values()).toEqual(['v2'])
})

test('LO-1: a time is found by its first record, and the largest time of all', async () => {
  const world = await StorageWorld.open({ indexIntervalBytes: 0, segmentSizeBytes: 300 })
  for (const timestampMs of [100, 200, 150, 400, 300]) world.append({ timestampMs })
  world.sync()
  expect(await world.settled(world.log.offsetForTimestamp(150))).toMatchObject({
    offset: 1,
    timestampMs: 200,
  })
  expect(await world.settled(world.log.offsetForTimestamp(201))).toMatchObject({
    offset: 3,
    timestampMs: 400,
  })
  expect(await world.settled(world.log.offsetForTimestamp(401))).toBeNull()
  expect(await world.settled(world.log.maxTimestampOffset())).toMatchObject({ offset: 3, timestampMs: 400 })
  await world.restartCleanly()
  expect(await world.settled(world.log.maxTimestampOffset())).toMatchObject({ offset: 3, timestampMs: 400 })
})

test('LO-1: what is staged has no part in the largest time', async () => {
  const world = await StorageWorld.open()
  world.append({ timestampMs: 100 })
  world.stage({ timestampMs: 200 })
  expect(await world.settled(world.log.maxTimestampOffset())).toMatchObject({ offset: 0, timestampMs: 100 })
  expect(await world.settled(world.log.offsetForTimestamp(150))).toBeNull()
  world.logs.writeStaged()
  expect(await world.settled(world.log.maxTimestampOffset())).toMatchObject({ offset: 1, timestampMs: 200 })
})

test('LOG-5: an epoch ends where the next one begins', async () => {
  const world = await StorageWorld.open()
  for (const leaderEpoch of [0, 0, 4, 4, 7]) world.append({ leaderEpoch })
  world.sync()
  const ends = [0, 3, 4, 7, 9].map(epoch => world.log.epochEndOffset(epoch))
  await world.cutPower()
  expect([0, 3, 4, 7, 9].map(epoch => world.log.epochEndOffset(epoch))).toEqual(ends)
  expect(ends.slice(0, 4)).toEqual([
    { leaderEpoch: 0, endOffset: 2 },
    { leaderEpoch: 0, endOffset: 2 },
    { leaderEpoch: 4, endOffset: 4 },
    { leaderEpoch: 7, endOffset: 5 },
  ])
})

test('a stop does not wait for syncs of a directory that has failed', async () => {
  const world = await StorageWorld.open({ durability: 'os' })
  world.append()
  world.log.directory.fail('EIO')
  world.log.applyConfig({ ...world.config, durability: 'group' })
  let isClosed = false
  void world.logs.close().then(() => {
    isClosed = true
  })
  for (let turn = 0; turn < 50 && !isClosed; turn += 1) {
    await new Promise(resolve => setImmediate(resolve))
    world.time.advance(1)
  }
  expect(isClosed).toBe(true)
})

test('CMP-1: what a worker packed for another setting of the topic is packed again', async () => {
  const target = { codec: Codec.GZIP, level: -1 }
  const world = await StorageWorld.open({ storedCodec: target, maxMessageSizeBytes: 1_000 })
  const batch = world.batch({ values: ['x'] })
  const row = createCheckRow()
  const reason = world.native.check(batch, 0, DECOMPRESSED_MAX_BYTES, row)
  const append = (packed: PackedBatch) => {
    const options = { leaderEpoch: 0, nowMs: world.time.clock.wallMs(), origin: 'client' } as const
    const result = world.log.append(batch.slice(), { ...options, checked: { flags: 0, reason, row, packed } })
    world.logs.writeStaged()
    return result
  }
  const right = { target, sizeMaxBytes: 1_000, batch: null }
  expect(append(right)).toMatchObject({ ok: false, errorCode: ErrorCode.MESSAGE_TOO_LARGE })
  expect(append({ ...right, target: { codec: Codec.ZSTD, level: 3 } })).toMatchObject({
    ok: true,
    baseOffset: 0,
  })
  expect(append({ ...right, target: { ...target, level: 1 } })).toMatchObject({ ok: true, baseOffset: 1 })
  expect(append({ ...right, sizeMaxBytes: 999 })).toMatchObject({ ok: true, baseOffset: 2 })
})
