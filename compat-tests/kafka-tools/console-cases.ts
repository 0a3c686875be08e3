import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { NotRun, type Suite } from '../harness/suite.ts'
import type { TestedBroker } from '../harness/tested-broker.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { createTopic, nameFor, produceLines } from './topic-tools.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** Topic, producer, disk. */
const REPACKED = [
  ['zstd', 'gzip', 'zstd'],
  ['snappy', 'none', 'snappy'],
  ['uncompressed', 'lz4', 'none'],
  ['producer', 'zstd', 'zstd'],
] as const
const LINE_COUNT = 2000
const QUIET_MS = '10000'

/** As the console producer reads them and the console consumer prints them: headers, key and value. */
function linesOf(codec: string): string {
  return Array.from({ length: LINE_COUNT }, (_, index) => {
    const value = `${codec} ${index} žluťoučký kůň 🐎 ${'x'.repeat(index % 300)}`
    return `number:${index},codec:${codec}\tkey ${index % 7}\t${value}\n`
  }).join('')
}

export function addConsoleCases(suite: Suite, tools: KafkaTools): void {
  for (const codec of CODECS) {
    suite.add(
      `${tools.version} console tools: keys, headers and values, ${codec}, byte by byte`,
      async broker => {
        const topic = nameFor(tools, `console-${codec}`)
        await createTopic(tools, broker.bootstrap, topic)
        const lines = linesOf(codec)
        const reader = tools.isBefore4 ? '--property' : '--reader-property'
        const parts = [reader, 'parse.key=true', reader, 'parse.headers=true']
        await tools.run(
          'ConsoleProducer',
          [
            ...[
              '--bootstrap-server',
              broker.bootstrap,
              '--topic',
              topic,
              '--compression-codec',
              codec,
              ...parts,
            ],
          ],
          lines,
        )
        const formatter = tools.isBefore4 ? '--property' : '--formatter-property'
        const shown = [formatter, 'print.key=true', formatter, 'print.headers=true', '--from-beginning']
        const read = await consume(tools, broker, topic, LINE_COUNT, shown)
        assert.ok(read === lines, `other bytes: ${read.length} characters of ${lines.length}`)
        const committed = ['--isolation-level', 'read_committed', ...shown]
        assert.ok((await consume(tools, broker, topic, LINE_COUNT, committed)) === lines)
      },
    )
  }

  suite.add(
    `${tools.version} console producer: what lies on the disk is compressed and idempotent`,
    async broker => {
      if (broker.dataDir === null) throw new NotRun('nobody knows where the log lies')
      for (const codec of CODECS) {
        for (const batch of await batchesOnDisk(tools, broker, nameFor(tools, `console-${codec}`))) {
          assert.match(batch, new RegExp(`compresscodec: ${codec}\\b`))
          assert.match(batch, /producerId: \d+ producerEpoch: 0 /)
        }
      }
    },
  )

  for (const [type, sent, stored] of REPACKED) {
    suite.add(
      `${tools.version} compression.type ${type}: what is sent as ${sent} lies on the disk as ${stored}`,
      broker => packAnew(tools, broker, { type, sent, stored }),
    )
  }

  addConsumerCases(suite, tools)
}

async function packAnew(
  tools: KafkaTools,
  broker: TestedBroker,
  { type, sent, stored }: { readonly type: string; readonly sent: string; readonly stored: string },
): Promise<void> {
  const topic = nameFor(tools, `packed-${type}`)
  await createTopic(tools, broker.bootstrap, topic, 1, [`compression.type=${type}`])
  const input = Array.from({ length: LINE_COUNT }, (_, index) => `line ${index} of many\n`).join('')
  const options = ['--bootstrap-server', broker.bootstrap, '--topic', topic, '--compression-codec', sent]
  await tools.run('ConsoleProducer', options, input)
  assert.equal(await consume(tools, broker, topic, LINE_COUNT, ['--from-beginning']), input)
  if (broker.dataDir === null) throw new NotRun('nobody knows where the log lies')
  for (const batch of await batchesOnDisk(tools, broker, topic)) {
    assert.match(batch, new RegExp(`compresscodec: ${stored}\\b`))
    assert.match(batch, /isvalid: true/)
    assert.match(batch, /producerId: \d+ producerEpoch: 0 /)
  }
}

/** The lines in which kafka-dump-log tells of the batches of a topic's one partition. */
async function batchesOnDisk(
  tools: KafkaTools,
  { dataDir }: TestedBroker,
  topic: string,
): Promise<readonly string[]> {
  const directory = join(dataDir!, `${topic}-0`)
  const logs = readdirSync(directory).filter(name => name.endsWith('.log'))
  const files = logs.map(name => join(directory, name)).join(',')
  // It decompresses every record, and fails where it can't.
  const dumped = await tools.run('DumpLogSegments', ['--files', files, '--deep-iteration'])
  const batches = dumped.split('\n').filter(line => line.startsWith('baseOffset: '))
  assert.ok(batches.length > 0)
  return batches
}

function addConsumerCases(suite: Suite, tools: KafkaTools): void {
  suite.add(`${tools.version} console consumer: a group goes on where it stopped`, async broker => {
    const topic = nameFor(tools, 'console-group')
    await createTopic(tools, broker.bootstrap, topic)
    await produceLines(tools, broker.bootstrap, topic, ['a', 'b', 'c', 'd', 'e'])
    const group = ['--group', nameFor(tools, 'console-readers'), '--from-beginning']
    assert.equal(await consume(tools, broker, topic, 2, group), 'a\nb\n')
    assert.equal(await consume(tools, broker, topic, 3, group), 'c\nd\ne\n')
  })

  suite.add(`${tools.version} console consumer: a partition from an offset on`, async broker => {
    const topic = nameFor(tools, 'console-offset')
    await createTopic(tools, broker.bootstrap, topic)
    await produceLines(tools, broker.bootstrap, topic, ['a', 'b', 'c', 'd', 'e'])
    const from = (offset: string) => ['--partition', '0', '--offset', offset]
    assert.equal(await consume(tools, broker, topic, 2, from('3')), 'd\ne\n')
    assert.equal(await consume(tools, broker, topic, 5, from('earliest')), 'a\nb\nc\nd\ne\n')
    // The fourth is not behind the end: only three come, and the consumer gives up.
    const options = [
      '--bootstrap-server',
      broker.bootstrap,
      '--topic',
      topic,
      '--timeout-ms',
      '2000',
      ...from('2'),
    ]
    const { output, errors } = await tools.call('ConsoleConsumer', [...options, '--max-messages', '4'])
    assert.equal(output, 'c\nd\ne\n')
    assert.match(errors, /Processed a total of 3 messages/)
  })
}

/** What the console consumer prints until it has so many records. */
function consume(
  tools: KafkaTools,
  { bootstrap }: TestedBroker,
  topic: string,
  count: number,
  options: readonly string[],
): Promise<string> {
  const wanted = ['--max-messages', String(count), '--timeout-ms', QUIET_MS]
  return tools.run('ConsoleConsumer', [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    ...wanted,
    ...options,
  ])
}
