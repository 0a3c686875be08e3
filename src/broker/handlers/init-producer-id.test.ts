import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '../../protocol/error-code.ts'
import { INIT_PRODUCER_ID } from '../simulated-apis.test-support.ts'
import { batchOf, PRODUCE, produced, produceOf, SimulatedBroker } from '../simulated-broker.test-support.ts'

const BLOCK = 1_000

let world: SimulatedBroker

beforeEach(async () => {
  world = await SimulatedBroker.started()
})

afterEach(() => world.close())

function init(version: number, change: object = {}) {
  const request = { transactionTimeoutMs: 60_000, ...change }
  return world.call(world.connect(), INIT_PRODUCER_ID, version, request)
}

test.each([0, 1, 2, 3, 4, 5])('IDM-3 version %i gives a new id with epoch 0', async version => {
  const first = await init(version)
  expect(first).toMatchObject({ errorCode: ErrorCode.NONE, producerEpoch: 0, throttleTimeMs: 0 })
  const second = await init(version)
  const third = await init(version)
  expect(second.producerId).toBeGreaterThan(first.producerId)
  expect(third.producerId).toBeGreaterThan(second.producerId)
})

test('IDM-3 ids are given in blocks of 1000: a start begins a new block', async () => {
  const { producerId } = await init(4)
  await init(4)
  await world.restart()
  expect((await init(4)).producerId).toBe(producerId + BLOCK)
})

test('IDM-3 clients that ask at once are given different ids', async () => {
  const replies = Array.from({ length: 50 }, () =>
    world.connect().send(INIT_PRODUCER_ID, 4, { transactionTimeoutMs: 60_000 }),
  )
  await world.quiet()
  expect(new Set(replies.map(({ value }) => value.producerId)).size).toBe(50)
})

test('IDM-3 the id of an idempotent producer is new even if it names an earlier one', async () => {
  const { producerId, producerEpoch } = await init(4)
  const again = await init(4, { producerId, producerEpoch })
  expect(again).toMatchObject({ errorCode: ErrorCode.NONE, producerEpoch: 0 })
  expect(again.producerId).not.toBe(producerId)
  await world.createTopic('t')
  const batch = batchOf(['x'], { producerId: again.producerId, producerEpoch: 0, baseSequence: 0 })
  expect(produced(await world.call(world.connect(), PRODUCE, 9, produceOf('t', batch)))).toEqual([0, 0])
})

test.each([[{ producerEpoch: 3 }], [{ producerId: 5 }]])(
  'IDM-3 an id without its epoch, or an epoch without its id, is 42: %j',
  async half => {
    for (const version of [3, 5]) {
      expect(await init(version, half)).toMatchObject({
        errorCode: ErrorCode.INVALID_REQUEST,
        producerId: -1,
      })
    }
  },
)

test('IDM-3 a transactional id is refused: there is no transaction coordinator yet', async () => {
  expect(await init(4, { transactionalId: 'tx' })).toMatchObject({
    errorCode: ErrorCode.INVALID_REQUEST,
    producerId: -1,
    producerEpoch: -1,
  })
})
