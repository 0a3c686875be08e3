import assert from 'node:assert/strict'
import type { Suite } from '../harness/suite.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { createTopic, nameFor } from './topic-tools.ts'
import { until } from './until.ts'

const SETTING = 'message.max.bytes=2000000'
/** A real Kafka answers before its brokers have heard of a change. */
const SEEN_MAX_MS = 10_000

export function addConfigCases(suite: Suite, tools: KafkaTools): void {
  const name = (what: string) => `${tools.version} kafka-configs: ${what}`
  suite.add(name('a topic'), ({ bootstrap }) => configureTopic(tools, bootstrap))
  suite.add(name('what is refused, and why'), ({ bootstrap }) => refuseSettings(tools, bootstrap))
  suite.add(name('a broker'), async ({ bootstrap }) => {
    await configureBrokers(
      tools,
      bootstrap,
      ['--broker', await brokerId(tools, bootstrap)],
      'DYNAMIC_BROKER_CONFIG',
    )
  })
  suite.add(name('the default of all brokers'), async ({ bootstrap }) => {
    await configureBrokers(tools, bootstrap, ['--broker-defaults'], 'DYNAMIC_DEFAULT_BROKER_CONFIG')
  })
  suite.add(name('a broker tells all, and does not change what it cannot'), async ({ bootstrap }) => {
    const entity = ['--broker', await brokerId(tools, bootstrap)]
    const { output } = await configs(tools, bootstrap, '--describe', ...entity, '--all')
    assert.match(output, /^ {2}message\.max\.bytes=1048588 /m)
    const refused = await configs(tools, bootstrap, '--alter', ...entity, '--add-config', 'log.dirs=/x')
    assert.equal(refused.status, 1)
    assert.match(refused.errors, /Cannot update these configs dynamically: (\[|Set\()log\.dirs/)
  })
}

async function configureTopic(tools: KafkaTools, bootstrap: string): Promise<void> {
  const topic = nameFor(tools, 'configs')
  await createTopic(tools, bootstrap, topic)
  const alter = (...options: string[]) => configs(tools, bootstrap, '--alter', '--topic', topic, ...options)
  const settings = 'max.message.bytes=12345,cleanup.policy=[compact,delete],retention.ms=7200000'
  const altered = await alter('--add-config', settings)
  assert.equal(altered.output, `Completed updating config for topic ${topic}.\n`)
  const describe = async (...options: string[]) =>
    (await configs(tools, bootstrap, '--describe', '--topic', topic, ...options)).output
  await until('the settings are seen', SEEN_MAX_MS, async () =>
    (await describe()).includes('DYNAMIC_TOPIC_CONFIG'),
  )
  const output = await describe()
  const policy = 'cleanup.policy=compact,delete'
  for (const line of [
    `  ${policy} sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:${policy}, DEFAULT_CONFIG:log.cleanup.policy=delete}\n`,
    '  max.message.bytes=12345 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=12345, ',
    // log.retention.ms has no default, log.retention.hours has: Kafka does not name it as a synonym.
    '  retention.ms=7200000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=7200000}\n',
  ]) {
    assert.ok(output.includes(line), `${line} is not in ${output}`)
  }
  assert.equal((await alter('--delete-config', 'max.message.bytes,cleanup.policy,retention.ms')).status, 0)
  await until(
    'the settings are gone',
    SEEN_MAX_MS,
    async () => !(await describe()).includes('DYNAMIC_TOPIC_CONFIG'),
  )
  const all = await describe('--all')
  assert.match(all, /^ {2}max\.message\.bytes=1048588 .*DEFAULT_CONFIG:message\.max\.bytes=1048588}$/m)
  assert.match(all, /^ {2}flush\.ms=9223372036854775807 sensitive=false synonyms={}$/m)
  assert.doesNotMatch(all, /DYNAMIC_TOPIC_CONFIG/)
}

async function refuseSettings(tools: KafkaTools, bootstrap: string): Promise<void> {
  const topic = nameFor(tools, 'configs')
  for (const [setting, why] of [
    [
      'max.message.bytes=lots',
      'Invalid value lots for configuration max.message.bytes: Not a number of type INT',
    ],
    ['no.such.key=1', 'Unknown topic config name: no.such.key'],
  ] as const) {
    const alter = ['--alter', '--topic', topic, '--add-config', setting]
    const { status, errors } = await configs(tools, bootstrap, ...alter)
    assert.equal(status, 1)
    assert.ok(errors.includes(why), errors)
  }
}

async function configureBrokers(
  tools: KafkaTools,
  bootstrap: string,
  entity: readonly string[],
  source: string,
): Promise<void> {
  const describe = async () => (await configs(tools, bootstrap, '--describe', ...entity)).output
  const alter = async (...options: string[]) => {
    const { status, errors } = await configs(tools, bootstrap, '--alter', ...entity, ...options)
    assert.equal(status, 0, errors)
  }
  const shown = `  ${SETTING} sensitive=false synonyms={${source}:${SETTING}`
  await alter('--add-config', SETTING)
  await until('the setting is seen', SEEN_MAX_MS, async () => (await describe()).includes(shown))
  await alter('--delete-config', 'message.max.bytes')
  await until('the setting is gone', SEEN_MAX_MS, async () => !(await describe()).includes(SETTING))
}

function configs(tools: KafkaTools, bootstrap: string, ...options: string[]) {
  return tools.call('ConfigCommand', ['--bootstrap-server', bootstrap, ...options])
}

async function brokerId(tools: KafkaTools, bootstrap: string): Promise<string> {
  const versions = await tools.run('BrokerApiVersionsCommand', ['--bootstrap-server', bootstrap])
  return /\(id: (\d+)/.exec(versions)![1]!
}
