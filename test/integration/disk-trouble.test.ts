import { afterEach, expect, test } from 'vitest'
import { StorageError } from '../../src/base/storage-error.ts'
import {
  batchOf,
  CREATE_TOPICS,
  FETCH,
  fetched,
  fetchOf,
  METADATA,
  PRODUCE,
  produced,
  produceOf,
  SimulatedBroker,
} from '../../src/broker/simulated-broker.test-support.ts'
import type { SimulatedClient } from '../../src/broker/simulated-client.test-support.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'

const REFUSED = [ErrorCode.KAFKA_STORAGE_ERROR, -1]

let world: SimulatedBroker
let client: SimulatedClient

async function begin(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await SimulatedBroker.started(settings)
  client = world.connect()
}

afterEach(() => world.close())

async function produce(topic: string, batch: Uint8Array, acks = -1) {
  return produced(await world.call(client, PRODUCE, 9, produceOf(topic, batch, { acks })))
}

async function read(topic: string): Promise<{ highWatermark: number; text: string; errorCode: number }> {
  const answer = await world.call(world.connect(), FETCH, 11, fetchOf(topic))
  const { errorCode, highWatermark, records } = fetched(answer)
  return { errorCode, highWatermark, text: new TextDecoder().decode(records ?? new Uint8Array(0)) }
}

for (const acks of [-1, 1]) {
  test(`a write without room is taken back whole, acks ${acks}: the next gets its offset`, async () => {
    await begin()
    await world.createTopic('t')
    const identity = { producerId: 3, producerEpoch: 0 }
    expect(await produce('t', batchOf(['first'], { ...identity, baseSequence: 0 }), acks)).toEqual([0, 0])
    world.disk.failNext('pwritev', 'ENOSPC', 't-0')
    const second = () => batchOf(['second'], { ...identity, baseSequence: 1 })
    expect(await produce('t', second(), acks)).toEqual(REFUSED)
    // The producer tries again with the same sequence: it is neither a duplicate nor out of order.
    expect(await produce('t', second(), acks)).toEqual([0, 1])
    const { highWatermark, text } = await read('t')
    expect(highWatermark).toBe(2)
    expect(text.match(/second/g)).toHaveLength(1)
  })
}

test('a short write of several batches rolls all of them back, and the log recovers as it is', async () => {
  await begin()
  await world.createTopic('t')
  expect(await produce('t', batchOf(['first']))).toEqual([0, 0])
  let usedBytes = 0
  const measure = (path: string) => {
    for (const { name, isDirectory, sizeBytes } of world.disk.list(path)) {
      usedBytes += sizeBytes
      if (isDirectory) measure(`${path}/${name}`)
    }
  }
  measure('/data')
  const batch = batchOf(['lost'])
  // Room for one and a half of three.
  world.disk.setCapacityBytes(usedBytes + Math.floor(batch.length * 1.5))
  const replies = [0, 1, 2].map(() => client.send(PRODUCE, 9, produceOf('t', batch)))
  await world.quiet()
  expect(replies.map(reply => produced(reply.value))).toEqual([REFUSED, REFUSED, REFUSED])
  world.disk.setCapacityBytes(Number.POSITIVE_INFINITY)
  expect(await produce('t', batchOf(['second']))).toEqual([0, 1])
  await world.restart()
  client = world.connect()
  const { highWatermark, text } = await read('t')
  expect(highWatermark).toBe(2)
  expect(text).not.toContain('lost')
  expect(text).toContain('second')
})

test('a pass that began a new segment is taken back over both, and the new one is gone', async () => {
  await begin()
  await world.createTopic('t', { configs: { 'segment.ms': '1000' } })
  const startMs = 1_700_000_000_000
  expect(await produce('t', batchOf(['first'], { timestampMs: startMs }))).toEqual([0, 0])
  world.disk.failNext('pwritev', 'ENOSPC', 't-0/00000000000000000002.log')
  const replies = [10, 5_000].map(afterMs =>
    client.send(PRODUCE, 9, produceOf('t', batchOf(['lost'], { timestampMs: startMs + afterMs }))),
  )
  await world.quiet()
  expect(replies.map(reply => produced(reply.value))).toEqual([REFUSED, REFUSED])
  expect(world.disk.exists('/data/t-0/00000000000000000002.log')).toBe(false)
  expect(await produce('t', batchOf(['second'], { timestampMs: startMs }))).toEqual([0, 1])
  expect(await produce('t', batchOf(['third'], { timestampMs: startMs + 5_000 }))).toEqual([0, 2])
  await world.restart()
  client = world.connect()
  const { highWatermark, text } = await read('t')
  expect(highWatermark).toBe(3)
  expect(text).not.toContain('lost')
  expect(await produce('t', batchOf(['fourth']))).toEqual([0, 3])
})

test('a new segment that cannot be made refuses its batch, and the next one gets the offset', async () => {
  await begin()
  await world.createTopic('t', { configs: { 'segment.ms': '1000' } })
  expect(await produce('t', batchOf(['first']))).toEqual([0, 0])
  world.disk.failNext('open', 'ENOSPC', 't-0/00000000000000000001.log')
  const later = () => batchOf(['later'], { timestampMs: 1_700_000_005_000 })
  expect(await produce('t', later())).toEqual(REFUSED)
  expect(await produce('t', later())).toEqual([0, 1])
  await world.restart()
  client = world.connect()
  expect((await read('t')).highWatermark).toBe(2)
})

test('one partition without room fails alone, in a request with two', async () => {
  await begin()
  await world.createTopic('full')
  await world.createTopic('fine')
  world.disk.failNext('pwritev', 'ENOSPC', 'full-0')
  const topicData = ['full', 'fine'].map(name => ({
    name,
    partitionData: [{ index: 0, records: batchOf(['x']) }],
  }))
  const { responses } = await world.call(client, PRODUCE, 9, { acks: -1, topicData })
  expect(responses.map(({ partitionResponses }) => partitionResponses[0]!.errorCode)).toEqual([
    ErrorCode.KAFKA_STORAGE_ERROR,
    0,
  ])
})

test('NET-7 acks=0 without room ends the connection', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.failNext('pwritev', 'ENOSPC', 't-0')
  client.sendSilently(PRODUCE, 9, produceOf('t', batchOf(['x']), { acks: 0 }))
  await world.quiet()
  expect([client.isClosed, client.frames.length]).toEqual([true, 0])
})

test('a write without room leaves what came before it, and waits for its sync, alone', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.holdSyncs()
  const first = client.send(PRODUCE, 9, produceOf('t', batchOf(['first'])))
  await world.quiet()
  world.disk.failNext('pwritev', 'ENOSPC', 't-0')
  const second = world.connect().send(PRODUCE, 9, produceOf('t', batchOf(['second'])))
  await world.quiet()
  expect(first.isAnswered).toBe(false)
  expect(produced(second.value)).toEqual(REFUSED)
  world.disk.releaseSyncs()
  await world.quiet()
  expect(produced(first.value)).toEqual([0, 0])
})

for (const durability of ['group', 'os']) {
  test(`a sync that fails fences the directory in mode ${durability}: nothing is acknowledged after it`, async () => {
    await begin({ 'ottla.durability': durability })
    const flush = { configs: { 'flush.messages': '1' } }
    await world.createTopic('t', flush)
    await world.createTopic('other', flush)
    expect(await produce('t', batchOf(['first']))).toEqual([0, 0])
    const reading = world.connect().send(FETCH, 11, fetchOf('other', { maxWaitMs: 30_000 }))
    await world.quiet()
    world.disk.failNext('fdatasync', 'EIO', 't-0')
    const waiting = [-1, -1].map(acks => client.send(PRODUCE, 9, produceOf('t', batchOf(['x']), { acks })))
    const elsewhere = world.connect().send(PRODUCE, 9, produceOf('other', batchOf(['x'])))
    await world.quiet()
    for (const reply of [...waiting, elsewhere]) expect(produced(reply.value)).toEqual(REFUSED)
    for (const topic of ['t', 'other']) expect(await produce(topic, batchOf(['y']), 1)).toEqual(REFUSED)
    expect(fetched(reading.value).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect((await read('t')).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    const { topics } = await world.call(client, METADATA, 9, { topics: null })
    expect(topics.map(({ name }) => name).sort()).toEqual(['other', 't'])
  })
}

test('a failed sync is not tried again, and the marker of a clean stop is not written', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.failNext('fdatasync', 'EIO', 't-0')
  expect(await produce('t', batchOf(['x']))).toEqual(REFUSED)
  const before = world.disk.syncCount
  await world.pass(120_000)
  expect(world.disk.syncCount).toBe(before)
  await world.close()
  expect(world.disk.exists('/data/.kafka_cleanshutdown')).toBe(false)
})

test('one of two directories fails: topics in the other live on', async () => {
  await begin({ 'log.dirs': '/data,/more' })
  for (const topic of ['a', 'b']) await world.createTopic(topic)
  expect([world.disk.exists('/data/a-0'), world.disk.exists('/more/b-0')]).toEqual([true, true])
  world.disk.failNext('fdatasync', 'EIO', 'a-0')
  expect(await produce('a', batchOf(['x']))).toEqual(REFUSED)
  expect(await produce('b', batchOf(['x']))).toEqual([0, 0])
  expect((await read('b')).text).toContain('x')
})

test('a start that the disk refuses holds nothing, and the next one finds everything', async () => {
  await begin()
  await world.createTopic('t')
  await produce('t', batchOf(['kept']))
  await world.close()
  for (const operation of ['pwritev', 'fdatasync'] as const) {
    world.disk.failNext(operation, 'EIO', 'ottla-metadata')
    await expect(world.start()).rejects.toThrow(StorageError)
    expect(world.disk.openFileCount).toBe(0)
  }
  await world.start()
  client = world.connect()
  expect(await read('t')).toMatchObject({ errorCode: 0, highWatermark: 1 })
})

test('a topic that the journal has no room for is refused, records are still taken, a start mends it', async () => {
  await begin()
  await world.createTopic('t')
  world.disk.failNext('pwritev', 'ENOSPC', 'ottla-metadata.log')
  const topics = [{ name: 'new', numPartitions: 1, replicationFactor: 1 }]
  const create = async () => (await world.call(client, CREATE_TOPICS, 5, { topics })).topics[0]!.errorCode
  expect(await create()).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  const known = await world.call(client, METADATA, 9, { topics: null })
  expect(known.topics.map(({ name }) => name)).toEqual(['t'])
  expect(await produce('t', batchOf(['x']))).toEqual([0, 0])
  await world.restart()
  client = world.connect()
  expect(await create()).toBe(ErrorCode.NONE)
  expect(await produce('new', batchOf(['y']))).toEqual([0, 0])
  await world.restart()
  client = world.connect()
  expect((await read('new')).text).toContain('y')
  expect((await read('t')).text).toContain('x')
})
