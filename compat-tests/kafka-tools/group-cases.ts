import assert from 'node:assert/strict'
import type { Suite } from '../harness/suite.ts'
import type { KafkaTools, ToolResult } from './kafka-tools.ts'
import { withFile } from './scratch-file.ts'
import { createTopic, nameFor, produceLines } from './topic-tools.ts'
import { until } from './until.ts'
import { VerifiableClient } from './verifiable-client.ts'

const STEP_MAX_MS = 30_000
const EARLY = ['a', 'b', 'c', 'd', 'e', 'f']
const LATE = ['g', 'h', 'i', 'j']

/** A group that has read a topic of one partition, and the tool for groups. */
interface Readers {
  readonly group: string
  readonly topic: string
  /** A moment after the early records and before the late ones. */
  readonly betweenMs: number
  /** ConsumerGroupCommand with these options. */
  readonly command: (...options: string[]) => Promise<ToolResult>
  /** The same; it must succeed. */
  readonly run: (...options: string[]) => Promise<string>
  /** All groups, not only this one. */
  readonly list: (...options: string[]) => Promise<string>
}

export function addGroupCases(suite: Suite, tools: KafkaTools): void {
  suite.add(
    `${tools.version} kafka-consumer-groups: list and describe a group with a member`,
    async ({ bootstrap }) => {
      await withReaders(tools, bootstrap, 'described', describeWhileItLives)
    },
  )
  suite.add(`${tools.version} kafka-consumer-groups: reset-offsets`, async ({ bootstrap }) => {
    await resetOffsets(await withReaders(tools, bootstrap, 'reset', () => Promise.resolve()))
  })
  suite.add(`${tools.version} kafka-consumer-groups: delete-offsets, delete`, async ({ bootstrap }) => {
    await deleteAll(await withReaders(tools, bootstrap, 'removed', refuseWhileItLives))
  })
}

/** A consumer reads all ten records; `whileItLives` is run before it leaves. */
async function withReaders(
  tools: KafkaTools,
  bootstrap: string,
  name: string,
  whileItLives: (readers: Readers) => Promise<void>,
): Promise<Readers> {
  const topic = nameFor(tools, `group-${name}`)
  const group = nameFor(tools, `readers-${name}`)
  await createTopic(tools, bootstrap, topic)
  await produceLines(tools, bootstrap, topic, EARLY)
  await pause()
  const betweenMs = Date.now()
  await pause()
  await produceLines(tools, bootstrap, topic, LATE)
  const toolOptions = ['--bootstrap-server', bootstrap, '--group', group]
  const readers: Readers = {
    group,
    topic,
    betweenMs,
    command: (...options) => tools.call('ConsumerGroupCommand', [...toolOptions, ...options]),
    run: (...options) => tools.run('ConsumerGroupCommand', [...toolOptions, ...options]),
    list: (...options) =>
      tools.run('ConsumerGroupCommand', ['--bootstrap-server', bootstrap, '--list', ...options]),
  }
  const options = ['--bootstrap-server', bootstrap, '--topic', topic, '--group-id', group]
  const protocol = ['--group-protocol', 'classic', '--reset-policy', 'earliest', '--verbose']
  const consumer = new VerifiableClient(tools, 'VerifiableConsumer', [...options, ...protocol])
  try {
    await until('its offsets are committed', STEP_MAX_MS, async () => {
      const isRead = consumer.of('record_data').length === EARLY.length + LATE.length
      return isRead && consumer.of('offsets_committed').length > 0 && (await currentOffset(readers)) === '10'
    })
    await whileItLives(readers)
  } finally {
    await consumer.stop()
  }
  return readers
}

async function describeWhileItLives({ group, topic, run, list }: Readers): Promise<void> {
  const [row] = rowsOf(await run('--describe'))
  const member = row!['CONSUMER-ID']!
  const client = row!['CLIENT-ID']!
  assert.match(member, new RegExp(`^${client}-[0-9a-f-]{36}$`))
  const host = '/127.0.0.1'
  assert.deepEqual(
    { ...row, 'CONSUMER-ID': member },
    {
      ...{
        GROUP: group,
        TOPIC: topic,
        PARTITION: '0',
        'CURRENT-OFFSET': '10',
        'LOG-END-OFFSET': '10',
        LAG: '0',
      },
      ...{ 'CONSUMER-ID': member, HOST: host, 'CLIENT-ID': client },
    },
  )
  const members = await run('--describe', '--members', '--verbose')
  // 3.9 leaves out the topic; 4.3 has columns for the epochs of the newer protocol.
  assert.match(
    members,
    new RegExp(`^${group} +${member} +${host} +${client} +1 +(- +)?(${topic})?[:(]0\\)?( |$)`, 'm'),
  )
  const state = await run('--describe', '--state')
  assert.match(state, new RegExp(`^${group} +localhost:\\d+ +\\(\\d+\\) +range +Stable +1`, 'm'))
  assert.match(await list('--state'), new RegExp(`^${group} +Stable`, 'm'))
  assert.ok((await list()).split('\n').includes(group))
}

async function refuseWhileItLives({ topic, command }: Readers): Promise<void> {
  const reset = await command('--reset-offsets', '--to-earliest', '--topic', topic, '--execute')
  assert.match(reset.output + reset.errors, /can only be reset if the group .* is inactive/)
  const deleted = await command('--delete')
  assert.match(deleted.output + deleted.errors, /not empty|NonEmpty/i)
}

async function resetOffsets(readers: Readers): Promise<void> {
  const { group, topic, betweenMs, run } = readers
  assert.match(await run('--describe', '--state'), / +Empty +0/)
  const reset = async (how: string[], expected: string) => {
    const text = await run('--reset-offsets', '--topic', topic, ...how)
    // 3.9 begins no new line for a row.
    assert.match(text, new RegExp(`\\b${group} +${topic} +0 +${expected}\\b`), how.join(' '))
  }
  await reset(['--to-earliest', '--dry-run'], '0')
  assert.equal(await currentOffset(readers), '10')
  await reset(['--to-earliest', '--execute'], '0')
  assert.equal(await currentOffset(readers), '0')
  await reset(['--shift-by', '4', '--execute'], '4')
  await reset(['--shift-by', '-1', '--execute'], '3')
  assert.equal(await currentOffset(readers), '3')
  await reset(['--to-datetime', new Date(betweenMs).toISOString(), '--execute'], String(EARLY.length))
  await reset(['--by-duration', 'PT1H', '--execute'], '0')
  await reset(['--to-offset', '99', '--execute'], '10')
  await reset(['--to-offset', '5', '--execute'], '5')
  const saved = await run('--reset-offsets', '--topic', topic, '--to-current', '--export', '--dry-run')
  assert.match(saved, new RegExp(`"?${topic}"?,0,5`))
  await reset(['--to-latest', '--execute'], '10')
  await withFile(saved, path => run('--reset-offsets', '--from-file', path, '--execute'))
  const [row] = rowsOf(await run('--describe'))
  assert.equal(row!['CURRENT-OFFSET'], '5')
  assert.equal(row!.LAG, '5')
}

async function deleteAll({ group, topic, command, run, list }: Readers): Promise<void> {
  const deleted = await run('--delete-offsets', '--topic', topic)
  assert.match(deleted, new RegExp(`\\b${topic} +0 +Successful`))
  assert.deepEqual(rowsOf(await run('--describe')), [])
  assert.match(
    await run('--delete'),
    new RegExp(`Deletion of requested consumer groups \\('${group}'\\) was successful`),
  )
  assert.ok(!(await list()).split('\n').includes(group))
  const again = await command('--delete')
  assert.match(again.output + again.errors, /GroupIdNotFoundException/)
}

async function currentOffset({ run }: Readers): Promise<string | undefined> {
  return rowsOf(await run('--describe'))[0]?.['CURRENT-OFFSET']
}

/** The lines below the one that begins with GROUP, each by the names of the columns. */
function rowsOf(text: string): Record<string, string>[] {
  const lines = text.split('\n').map(line => line.trim().split(/ +/))
  const header = lines.findIndex(([first]) => first === 'GROUP')
  if (header === -1) return []
  const names = lines[header]!
  return lines
    .slice(header + 1)
    .filter(words => words.length > 1)
    .map(words => Object.fromEntries(names.map((name, index) => [name, words[index] ?? ''])))
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 20))
}
