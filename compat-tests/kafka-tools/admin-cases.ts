import assert from 'node:assert/strict'
import type { Suite } from '../harness/suite.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { withFile } from './scratch-file.ts'
import { createTopic, nameFor, offsetsOf, produceLines } from './topic-tools.ts'

/** The APIs that every client and the tools of these suites need, and those of a broker's daily administration. */
const NEEDED_APIS = [
  ...[
    'Produce',
    'Fetch',
    'ListOffsets',
    'Metadata',
    'OffsetCommit',
    'OffsetFetch',
    'FindCoordinator',
    'JoinGroup',
  ],
  ...['Heartbeat', 'LeaveGroup', 'SyncGroup', 'DescribeGroups', 'ListGroups', 'ApiVersions', 'CreateTopics'],
  ...[
    'DeleteTopics',
    'DeleteRecords',
    'InitProducerId',
    'OffsetForLeaderEpoch',
    'DescribeConfigs',
    'AlterConfigs',
  ],
  ...['CreatePartitions', 'DeleteGroups', 'IncrementalAlterConfigs', 'OffsetDelete', 'DescribeCluster'],
  'DescribeTopicPartitions',
]

export function addAdminCases(suite: Suite, tools: KafkaTools): void {
  addTopicCases(suite, tools)
  addOffsetCases(suite, tools)
  suite.add(`${tools.version} kafka-broker-api-versions`, async ({ bootstrap }) => {
    const text = await tools.run('BrokerApiVersionsCommand', ['--bootstrap-server', bootstrap])
    const usable = new Set([...text.matchAll(/^\t(\w+)\(\d+\): .*\[usable: \d+\]/gm)].map(match => match[1]!))
    assert.deepEqual(
      NEEDED_APIS.filter(api => !usable.has(api)),
      [],
    )
    assert.equal(text.match(/ \(id: \d+ rack: null.*\) -> \($/gm)?.length, 1)
  })
}

function addTopicCases(suite: Suite, tools: KafkaTools): void {
  const topic = nameFor(tools, 'topics')
  const command = (bootstrap: string, ...options: string[]) =>
    tools.call('TopicCommand', ['--bootstrap-server', bootstrap, ...options])

  suite.add(`${tools.version} kafka-topics: create, list, describe`, async ({ bootstrap }) => {
    const create = ['--create', '--topic', topic, '--partitions', '3']
    const created = await command(bootstrap, ...create, '--config', 'retention.ms=86400000')
    assert.equal(created.output, `Created topic ${topic}.\n`)
    const again = await command(bootstrap, ...create)
    assert.match(again.output, new RegExp(`Topic '${topic}' already exists`))
    assert.equal(again.status, 1)
    assert.equal((await command(bootstrap, ...create, '--if-not-exists')).status, 0)
    assert.ok((await command(bootstrap, '--list')).output.split('\n').includes(topic))
    const { output } = await command(bootstrap, '--describe', '--topic', topic)
    const id = /TopicId: ([\w-]{22})\t/.exec(output)?.[1]
    assert.match(output, /PartitionCount: 3\tReplicationFactor: 1\tConfigs: .*\bretention\.ms=86400000\b/)
    assert.equal(output.match(/Partition: \d\tLeader: (\d+)\tReplicas: \1\tIsr: \1\b/g)?.length, 3)
    const byId = await command(bootstrap, '--describe', '--topic-id', id!)
    // Asked by id it does not know of eligible leaders.
    assert.equal(byId.output.replaceAll('N/A', ''), output)
    const sick = await command(bootstrap, '--describe', '--unavailable-partitions')
    assert.equal(sick.output, '')
  })

  suite.add(`${tools.version} kafka-topics: more partitions, never fewer`, async ({ bootstrap }) => {
    const alter = (partitions: string) =>
      command(bootstrap, '--alter', '--topic', topic, '--partitions', partitions)
    assert.equal((await alter('5')).status, 0)
    const fewer = await alter('2')
    assert.equal(fewer.status, 1)
    assert.match(fewer.output, /currently has 5 partition\(s\); 2 would not be an increase/)
    assert.match((await command(bootstrap, '--describe', '--topic', topic)).output, /PartitionCount: 5\t/)
  })

  suite.add(`${tools.version} kafka-topics: delete`, async ({ bootstrap }) => {
    assert.equal((await command(bootstrap, '--delete', '--topic', topic)).status, 0)
    assert.ok(!(await command(bootstrap, '--list')).output.split('\n').includes(topic))
    const gone = await command(bootstrap, '--describe', '--topic', topic)
    assert.equal(gone.status, 1)
    assert.match(gone.output, /does not exist as expected/)
  })
}

function addOffsetCases(suite: Suite, tools: KafkaTools): void {
  suite.add(`${tools.version} kafka-get-offsets: earliest, latest, by time`, async ({ bootstrap }) => {
    const topic = nameFor(tools, 'offsets')
    await createTopic(tools, bootstrap, topic, 2)
    const offset = async (time: string) => {
      const found = await offsetsOf(tools, bootstrap, topic, time)
      return [...found.values()].reduce((sum, value) => sum + Math.max(value, 0), 0)
    }
    assert.equal(await offset('latest'), 0)
    await produceLines(tools, bootstrap, topic, ['a', 'b', 'c', 'd', 'e'])
    assert.equal(await offset('earliest'), 0)
    assert.equal(await offset('latest'), 5)
    assert.equal(await offset('-1'), 5)
    assert.equal(await offset('earliest-local'), 0)
  })

  suite.add(
    `${tools.version} kafka-get-offsets: the first at a time, and the newest`,
    async ({ bootstrap }) => {
      const topic = nameFor(tools, 'times')
      await createTopic(tools, bootstrap, topic)
      await produceLines(tools, bootstrap, topic, ['a', 'b', 'c'])
      await new Promise(resolve => setTimeout(resolve, 20))
      const betweenMs = Date.now()
      await new Promise(resolve => setTimeout(resolve, 20))
      await produceLines(tools, bootstrap, topic, ['d'])
      const offset = async (time: string) => (await offsetsOf(tools, bootstrap, topic, time)).get(0)
      assert.equal(await offset('0'), 0)
      assert.equal(await offset(String(betweenMs)), 3)
      assert.equal(await offset('max-timestamp'), 3)
      // No offset at all: the tool prints no line.
      assert.equal(await offset(String(Date.now() + 60_000)), undefined)
    },
  )

  suite.add(`${tools.version} kafka-delete-records`, async ({ bootstrap }) => {
    const topic = nameFor(tools, 'deleted')
    await createTopic(tools, bootstrap, topic)
    await produceLines(tools, bootstrap, topic, ['a', 'b', 'c', 'd', 'e'])
    const deleteBefore = (offset: number) => {
      const partitions = [{ topic, partition: 0, offset }]
      return withFile(JSON.stringify({ partitions, version: 1 }), path =>
        tools.run('DeleteRecordsCommand', ['--bootstrap-server', bootstrap, '--offset-json-file', path]),
      )
    }
    assert.match(await deleteBefore(3), new RegExp(`partition: ${topic}-0\\s+low_watermark: 3`))
    assert.equal((await offsetsOf(tools, bootstrap, topic, 'earliest')).get(0), 3)
    const options = [
      '--bootstrap-server',
      bootstrap,
      '--topic',
      topic,
      '--from-beginning',
      '--max-messages',
      '2',
    ]
    assert.equal(await tools.run('ConsoleConsumer', [...options, '--timeout-ms', '10000']), 'd\ne\n')
    assert.match(await deleteBefore(9), new RegExp(`partition: ${topic}-0\\s+error: .*OffsetOutOfRange`))
  })
}
