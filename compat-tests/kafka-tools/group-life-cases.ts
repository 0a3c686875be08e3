import assert from 'node:assert/strict'
import { NotRun, type Suite } from '../harness/suite.ts'
import type { TestedBroker } from '../harness/tested-broker.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { createTopic, nameFor, offsetsOf } from './topic-tools.ts'
import { until } from './until.ts'
import { VerifiableClient } from './verifiable-client.ts'
import {
  assertAllAcked,
  produceNumbers,
  RECORD_COUNT,
  readKeysOf,
  recordKey,
  STEP_MAX_MS,
  withRetries,
} from './verifiable-records.ts'

const PARTITION_COUNT = 4
/** What each of two consumers has read before something happens. */
const SOME = 1000
/** More than the start of a JVM takes, so that a member that was killed is back in time. */
const SESSION_TIMEOUT_MS = '20000'
const COOPERATIVE = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor'

/** Two consumers, a producer, and what they work on. */
interface Group {
  readonly topic: string
  readonly group: string
  readonly members: VerifiableClient[]
  readonly producer: VerifiableClient
  readonly addMember: (index: number) => VerifiableClient
}

export function addGroupLifeCases(suite: Suite, tools: KafkaTools): void {
  suite.add(`${tools.version} two VerifiableConsumers share a topic, one leaves in the middle`, broker =>
    withGroup(tools, broker, 'leaves', [], async ({ members: [stays, leaves], producer }) => {
      await leaves!.stop()
      await readAll(producer, [stays!, leaves!])
      assert.ok(leaves!.of('record_data').length < RECORD_COUNT / 2, 'it left too late to show anything')
    }),
  )
  suite.add(`${tools.version} a group goes on when the broker was killed, and has committed all`, broker => {
    if (!broker.isOurs) throw new NotRun('the broker is not ours to kill')
    return withGroup(tools, broker, 'broker-killed', [], async ({ topic, group, members, producer }) => {
      await broker.killAndRestart()
      await readAll(producer, members)
      await Promise.all(members.map(member => member.stop()))
      await assertAllCommitted(tools, broker.bootstrap, topic, group)
    })
  })
  const strategy = ['--assignment-strategy', COOPERATIVE, '--session-timeout', SESSION_TIMEOUT_MS]
  suite.add(
    `${tools.version} a static member that was killed comes back to its partitions, the other reads on`,
    broker => withGroup(tools, broker, 'static', strategy, replaceStaticMember),
  )
}

async function replaceStaticMember({ members, producer, addMember }: Group): Promise<void> {
  const [killed, other] = members as [VerifiableClient, VerifiableClient]
  const changes = () => other.of('partitions_assigned').length + other.of('partitions_revoked').length
  const before = changes()
  await killed.kill()
  const back = addMember(0)
  await until('it is back', STEP_MAX_MS, () => back.of('partitions_assigned').length > 0)
  assert.deepEqual(partitionsOf(back), partitionsOf(killed))
  await readAll(producer, [killed, other, back])
  assert.equal(changes(), before)
}

/** Starts two members and, when both have partitions, a producer; runs `then` when both have read some. */
async function withGroup(
  tools: KafkaTools,
  { bootstrap }: TestedBroker,
  name: string,
  options: readonly string[],
  then: (group: Group) => Promise<void>,
): Promise<void> {
  const topic = nameFor(tools, `life-${name}`)
  const group = nameFor(tools, `lives-${name}`)
  await createTopic(tools, bootstrap, topic, PARTITION_COUNT)
  const running: VerifiableClient[] = []
  const addMember = (index: number) => {
    const instance = options.length > 0 ? ['--group-instance-id', `instance-${index}`] : []
    const member = consume(tools, bootstrap, topic, ['--group-id', group, ...instance, ...options])
    running.push(member)
    return member
  }
  try {
    const members = [addMember(0), addMember(1)]
    await until('the partitions are shared', STEP_MAX_MS, () =>
      members.every(member => partitionsOf(member).length === PARTITION_COUNT / members.length),
    )
    await withRetries(async config => {
      const producer = produceNumbers(tools, bootstrap, topic, config)
      running.push(producer)
      await until('both consumers have read some', STEP_MAX_MS, () =>
        members.every(member => member.of('record_data').length > SOME),
      )
      await then({ topic, group, members, producer, addMember })
    })
  } finally {
    await Promise.all(running.map(client => client.stop()))
  }
}

function consume(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  options: readonly string[],
): VerifiableClient {
  const how = ['--group-protocol', 'classic', '--reset-policy', 'earliest', '--verbose', ...options]
  return new VerifiableClient(tools, 'VerifiableConsumer', [
    ...['--bootstrap-server', bootstrap, '--topic', topic, ...how],
  ])
}

/** The partitions that a consumer has by now. */
function partitionsOf(consumer: VerifiableClient): number[] {
  const owned = new Set<number>()
  for (const { name, partitions } of consumer.events) {
    if (name === 'partitions_assigned') for (const { partition } of partitions) owned.add(partition)
    if (name === 'partitions_revoked') for (const { partition } of partitions) owned.delete(partition)
  }
  return [...owned].sort((a, b) => a - b)
}

/** Every record that was acknowledged is read by one of the consumers at least, and nothing else is. */
async function readAll(producer: VerifiableClient, consumers: readonly VerifiableClient[]): Promise<void> {
  await producer.ended()
  const acked = assertAllAcked(producer)
  await until('all records are read', STEP_MAX_MS, () => readKeysOf(consumers).size >= RECORD_COUNT)
  const found = readKeysOf(consumers)
  assert.deepEqual(
    acked.filter(event => !found.has(recordKey(event))),
    [],
  )
  assert.equal(found.size, RECORD_COUNT)
}

async function assertAllCommitted(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  group: string,
): Promise<void> {
  const text = await tools.run('ConsumerGroupCommand', [
    '--bootstrap-server',
    bootstrap,
    '--describe',
    '--group',
    group,
  ])
  const rows = [...text.matchAll(new RegExp(`${group} +${topic} +(\\d+) +(\\d+) +(\\d+) +0 `, 'g'))]
  const committed = new Map(rows.map(([, partition, current]) => [Number(partition), Number(current)]))
  assert.deepEqual(committed, await offsetsOf(tools, bootstrap, topic, 'latest'))
}
