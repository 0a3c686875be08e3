import { expect, test } from 'vitest'
import { createCrc32c } from '../../native/crc32c.ts'
import { loadNativeBinding } from '../../native/load.ts'
import { SimDisk } from '../../native/sim-disk.ts'
import { SeededRandom } from '../../platform/seeded-random.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { ResourceType } from '../metadata-record.ts'
import { MetadataStore } from '../metadata-store.ts'
import { EmbeddedMetadataLog } from './embedded.ts'

const crc32c = createCrc32c(loadNativeBinding())
const TOPIC = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
const LOG = '/data/ottla-metadata.log'

function newDisk(): SimDisk {
  const disk = new SimDisk({ schedule: callback => queueMicrotask(callback) })
  disk.makeDirectory('/data')
  disk.syncDirectory('/')
  return disk
}

async function start(disk: SimDisk, seed = 1): Promise<MetadataStore> {
  const store = new MetadataStore({
    log: new EmbeddedMetadataLog({ disk, directory: '/data', crc32c }),
    random: new SeededRandom(seed),
    nodeId: 0,
    settings: {
      brokerIds: [0],
      defaultPartitionCount: 1,
      defaultReplicationFactor: 1,
      isTopicDeletionEnabled: true,
      partitionsMax: 1_000,
    },
  })
  await store.start()
  return store
}

test('MD-7, MD-8: the cluster id stays, leader epochs rise with every start', async () => {
  const disk = newDisk()
  const first = await start(disk)
  expect(first.clusterId).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
  await first.createTopic(TOPIC)
  const { topicId } = first.image.topic('t')!
  await first.close()
  const second = await start(disk, 2)
  expect(second.clusterId).toBe(first.clusterId)
  expect(second.image.topicById(topicId)!.partitions.map(partition => partition.leaderEpoch)).toEqual([1, 1])
  await second.close()
})

test('what was answered is there after a power cut at any moment', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const disk = newDisk()
    const random = new SeededRandom(seed)
    const store = await start(disk)
    const answered: string[] = []
    for (let index = 0; index < 5; index++) {
      void store.createTopic({ ...TOPIC, name: `t${index}` }).then(result => {
        if (result.ok) answered.push(`t${index}`)
      })
    }
    for (let turn = random.below(40); turn > 0; turn--) await Promise.resolve()
    const known = [...answered]
    const after = await start(disk.crash(random), 3)
    for (const name of known) expect(after.image.topic(name), `seed ${seed}`).toBeDefined()
    expect((await after.createTopic({ ...TOPIC, name: 'later' })).ok).toBe(true)
    await after.close()
  }
})

test('IDM-3: producer ids are never given twice, over restarts and blocks', async () => {
  const disk = newDisk()
  const seen = new Set<number>()
  for (let run = 0; run < 3; run++) {
    const store = await start(disk)
    const ids = await Promise.all(Array.from({ length: 1_500 }, () => store.allocateProducerId()))
    for (const result of ids) if (result.ok) seen.add(result.producerId)
    await store.close()
  }
  expect(seen.size).toBe(4_500)
})

test('a journal that grew is replaced by a snapshot, which rebuilds the same image', async () => {
  const disk = newDisk()
  const store = await start(disk)
  await store.createTopic(TOPIC)
  const value = 'x'.repeat(400_000)
  const resource = { resourceType: 4, resourceName: '' }
  for (const name of ['a', 'b', 'c', 'd']) {
    await store.incrementalAlterConfigs(resource, [{ name, configOperation: 0, value }], false)
  }
  await store.close()
  expect(disk.exists('/data/ottla-metadata.snapshot')).toBe(true)
  const after = await start(disk)
  expect([...after.image.configs(4, '').keys()]).toEqual(['a', 'b', 'c', 'd'])
  expect(after.image.partitionCount).toBe(2)
  await after.close()
})

test('a torn tail is cut; a damaged frame before a sound one stops the start', async () => {
  const disk = newDisk()
  const store = await start(disk)
  await store.createTopic(TOPIC)
  await store.close()
  const file = disk.open(LOG, 'write')
  const sizeBytes = disk.sizeBytes(file)
  disk.pwritev(file, [Uint8Array.of(0, 0, 0, 9, 1, 2, 3)], sizeBytes)
  const torn = await start(disk)
  expect(torn.image.topic('t')).toBeDefined()
  await torn.close()
  disk.pwritev(file, [Uint8Array.of(255)], 30)
  disk.close(file)
  await expect(start(disk)).rejects.toThrow('EBADMSG')
})

test('a failed sync refuses the change, and every later one', async () => {
  const disk = newDisk()
  const store = await start(disk)
  disk.failNext('fdatasync', 'EIO')
  const refusal = { ok: false, errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
  expect(await store.createTopic(TOPIC)).toMatchObject(refusal)
  expect(await store.createTopic(TOPIC)).toMatchObject(refusal)
  expect(store.image.topic('t')).toBeUndefined()
  await store.close()
})

test('a journal that is fenced says which call failed, and why', async () => {
  const disk = newDisk()
  const log = new EmbeddedMetadataLog({ disk, directory: '/data', crc32c })
  log.load()
  disk.failNext('fdatasync', 'EDQUOT')
  const failure = { code: 'EDQUOT', syscall: 'fdatasync', path: LOG }
  await expect(log.append([{ type: 'broker-started', nodeId: 0 }])).rejects.toMatchObject(failure)
  await expect(log.append([{ type: 'broker-started', nodeId: 0 }])).rejects.toMatchObject(failure)
  log.close()
})

test('after a full disk the journal goes on by itself, and holds what was answered', async () => {
  const disk = newDisk()
  const store = await start(disk)
  disk.failNext('pwritev', 'ENOSPC', 'ottla-metadata.log')
  expect(await store.createTopic(TOPIC)).toMatchObject({
    ok: false,
    errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  })
  expect(await store.createTopic({ ...TOPIC, name: 'later' })).toMatchObject({ ok: true })
  await store.close()
  const again = await start(disk, 2)
  expect(again.image.topic('t')).toBeUndefined()
  expect(again.image.topic('later')).toBeDefined()
  await again.close()
})

test.each(['ottla-metadata.snapshot', 'ottla-metadata.log'])(
  'a snapshot that the disk refuses (%s) undoes no change, and the listeners hear of it',
  async pathPart => {
    const disk = newDisk()
    const store = await start(disk)
    const told: string[] = []
    store.onChange(record => {
      if (record.type === 'configs-changed') told.push(record.resourceName)
    })
    await store.createTopic(TOPIC)
    disk.failNext('rename', 'EIO', pathPart)
    // One change larger than what makes a snapshot due; its text need not be a setting that is known.
    const resource = { resourceType: ResourceType.BROKER, resourceName: '0' }
    const changes = [{ name: 'unknown.key', configOperation: 0, value: 'x'.repeat(1_100_000) }]
    expect(await store.incrementalAlterConfigs(resource, changes, false)).toMatchObject({ ok: true })
    expect(told).toEqual(['0'])
    await store.close()
    const again = await start(disk, 2)
    expect(again.image.topic('t')).toBeDefined()
    expect(again.image.configs(ResourceType.BROKER, '0').get('unknown.key')).toHaveLength(1_100_000)
    await again.close()
  },
)
