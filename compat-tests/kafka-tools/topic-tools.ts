import type { KafkaTools } from './kafka-tools.ts'

/** A name of its own for each release, since both releases work on one broker. */
export function nameFor(tools: KafkaTools, name: string): string {
  return `${name}-${tools.version.replaceAll('.', '')}`
}

export async function createTopic(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  partitions = 1,
  configs: readonly string[] = [],
): Promise<void> {
  const options = [
    '--create',
    '--topic',
    topic,
    '--partitions',
    String(partitions),
    '--replication-factor',
    '1',
    ...configs.flatMap(config => ['--config', config]),
  ]
  await tools.run('TopicCommand', ['--bootstrap-server', bootstrap, ...options])
}

/** `value-0` and so on, without a key, one request each so that they lie in order. */
export async function produceLines(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  lines: readonly string[],
): Promise<void> {
  const input = lines.map(line => `${line}\n`).join('')
  await tools.run('ConsoleProducer', ['--bootstrap-server', bootstrap, '--topic', topic], input)
}

/** What GetOffsetShell says of each partition, by partition. */
export async function offsetsOf(
  tools: KafkaTools,
  bootstrap: string,
  topic: string,
  time: string,
): Promise<ReadonlyMap<number, number>> {
  const options = ['--bootstrap-server', bootstrap, '--topic', topic, '--time', time]
  const text = await tools.run('GetOffsetShell', options)
  const rows = text
    .trim()
    .split('\n')
    .filter(line => line.startsWith(`${topic}:`))
  return new Map(
    rows.map(row => {
      const [partition, offset] = row.slice(topic.length + 1).split(':')
      return [Number(partition), offset === '' ? -1 : Number(offset)]
    }),
  )
}
