import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadNativeBinding } from '../../src/native/load.ts'
import { SeededRandom } from '../../src/platform/seeded-random.ts'
import { SystemTimers } from '../../src/platform/system-timers.ts'
import { ClientConnection } from '../simulation/client-connection.ts'
import { type ClientEnvironment, NONE } from '../simulation/client-environment.ts'
import { History } from '../simulation/history.ts'
import { createTopic } from '../simulation/requests.ts'
import { SimulatedProducer } from '../simulation/simulated-producer.ts'
import { SimulatedReader } from '../simulation/simulated-reader.ts'
import { BrokerProcess, findFreePort } from './broker-process.ts'
import { tcpConnect } from './tcp-connect.ts'

/** CRASH_KILLS=1000 for the long run. */
const KILL_COUNT = Number(process.env.CRASH_KILLS ?? 3)
const SEED = Number(process.env.CRASH_SEED ?? 1)
const PARTITION_COUNT = 3
const BATCHES_PER_KILL = 150
const TIME_BETWEEN_KILLS_MAX_MS = 700
const WAIT_MAX_MS = 30_000

const sleep = (delayMs: number): Promise<void> => new Promise(resolve => setTimeout(resolve, delayMs))

async function until(what: string, isReached: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MAX_MS
  while (!isReached()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain: ${what}`)
    await sleep(5)
  }
}

async function createTopicWhenUp(environment: ClientEnvironment): Promise<void> {
  let isCreated = false
  const attempt = (): void => {
    const connection = new ClientConnection(environment.connect, () => {
      if (!isCreated) setTimeout(attempt, 50)
    })
    connection.request(createTopic(environment.topic, PARTITION_COUNT, 10_000), errorCode => {
      isCreated = errorCode === NONE
      connection.close()
    })
  }
  attempt()
  await until('the topic', () => isCreated)
}

async function judge(environment: ClientEnvironment): Promise<void> {
  for (let partitionIndex = 0; partitionIndex < PARTITION_COUNT; partitionIndex++) {
    const reader = new SimulatedReader(environment, { name: 'judge', partitionIndex })
    reader.start()
    await until('the last reader', () => reader.highWatermark >= 0 && reader.position >= reader.highWatermark)
    reader.stop()
    environment.history.judge(partitionIndex, reader.records)
  }
}

test(
  `R1: ${KILL_COUNT} kills lose, repeat and reorder nothing that was acknowledged`,
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ottla-kill-'))
    const broker = new BrokerProcess(dataDir, await findFreePort())
    const random = new SeededRandom(SEED)
    const { crc32c } = loadNativeBinding()
    const environment: ClientEnvironment = {
      topic: 'orders',
      partitionCount: PARTITION_COUNT,
      timers: new SystemTimers(),
      random,
      history: new History(),
      connect: tcpConnect(broker.port),
      crc32c: bytes => crc32c(bytes, 0),
      trace: () => {},
    }
    try {
      broker.start()
      await createTopicWhenUp(environment)
      const producers = ['p0', 'p1', 'p2'].map(name => {
        return new SimulatedProducer(environment, name, KILL_COUNT * BATCHES_PER_KILL)
      })
      const reader = new SimulatedReader(environment, { name: 'r0', partitionIndex: 0, groupId: 'audit' })
      for (const client of [...producers, reader]) client.start()
      for (let i = 0; i < KILL_COUNT; i++) {
        await sleep(random.below(TIME_BETWEEN_KILLS_MAX_MS))
        await broker.kill()
        broker.start()
      }
      await until('the producers', () => producers.every(producer => producer.isDone))
      reader.stop()
      await broker.kill()
      broker.start()
      await judge(environment)
      expect(environment.history.violations).toEqual([])
      expect(environment.history.acknowledgedCount).toBeGreaterThan(KILL_COUNT * BATCHES_PER_KILL)
    } catch (error) {
      throw new Error(`seed ${SEED}: ${String(error)}\n${broker.output}`)
    } finally {
      await broker.stop()
      rmSync(dataDir, { recursive: true })
    }
  },
  60_000 + KILL_COUNT * 10_000,
)
