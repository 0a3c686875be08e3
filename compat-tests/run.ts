import { spawnSync } from 'node:child_process'

/** Every suite of foreign clients, in the order they run. */
const SUITES: ReadonlyMap<string, string> = new Map([
  ['kcat', 'compat-tests/kcat/run.ts'],
  ['kafkajs', 'compat-tests/kafkajs/run.ts'],
  ['confluent-kafka', 'compat-tests/confluent-kafka/run.ts'],
  ['kafka-python', 'compat-tests/kafka-python/run.ts'],
  ['cross-matrix', 'compat-tests/cross-matrix/run.ts'],
  ['kafka-log-format', 'compat-tests/kafka-log-format/run.ts'],
  ['protocol-conformance', 'compat-tests/protocol-conformance/run.ts'],
  ['kafka-tools', 'compat-tests/kafka-tools/run.ts'],
])

function runSuites(names: readonly string[]): number {
  const unknown = names.filter(name => !SUITES.has(name))
  if (unknown.length > 0) {
    console.error(`no such suite: ${unknown.join(', ')}; there are ${[...SUITES.keys()].join(', ')}`)
    return 1
  }
  const failed = names.filter(name => {
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', SUITES.get(name)!], {
      stdio: 'inherit',
    })
    return status !== 0
  })
  console.log(`foreign clients: ${names.length - failed.length} of ${names.length} suites passed`)
  for (const name of failed) console.log(`not passed: ${name}`)
  return failed.length === 0 ? 0 : 1
}

const asked = process.argv.slice(2)
process.exit(runSuites(asked.length > 0 ? asked : [...SUITES.keys()]))
