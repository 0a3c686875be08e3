import { afterEach, expect, test } from 'vitest'
import { batchOf, PRODUCE, produceOf, SimulatedBroker } from './simulated-broker.test-support.ts'

let world: SimulatedBroker

afterEach(() => world.close())

test('the start offsets are written at log.flush.start.offset.checkpoint.interval.ms at the latest', async () => {
  world = await SimulatedBroker.started({ 'log.flush.start.offset.checkpoint.interval.ms': '500' })
  await world.createTopic('t')
  expect(world.disk.exists('/data/log-start-offset-checkpoint')).toBe(false)
  await world.pass(1000)
  expect(world.disk.exists('/data/log-start-offset-checkpoint')).toBe(true)
})

test('flush.ms is looked at as often as log.flush.scheduler.interval.ms says', async () => {
  world = await SimulatedBroker.started({
    'ottla.durability': 'os',
    'log.flush.interval.ms': '10',
    'log.flush.scheduler.interval.ms': '5000',
  })
  await world.createTopic('t')
  await world.call(world.connect(), PRODUCE, 9, produceOf('t', batchOf(['v'])))
  const before = world.disk.syncCount
  await world.pass(4000)
  expect(world.disk.syncCount).toBe(before)
  await world.pass(1500)
  expect(world.disk.syncCount).toBe(before + 1)
})
