import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { KafkaRelease } from '../harness/kafka-release.ts'
import { NotRun } from '../harness/suite.ts'

const KAFKA_VERSION = '4.3.1'
const TOPIC = 'beside'
/** Enough to share every flush with the ledger, few enough to leave it the machine. */
const RECORDS_PER_SECOND = 20_000
const RECORD_BYTES = 100
/** It is ended before. */
const RECORDS_MAX = 1_000_000_000

/** `kafka-producer-perf-test` on a topic of its own, through every kill of the broker. */
export class PerformanceLoad {
  readonly #child: ChildProcess
  #text = ''

  constructor(bootstrap: string) {
    const release = new KafkaRelease(KAFKA_VERSION)
    const problem = release.fetch()
    if (problem !== null) throw new NotRun(problem)
    const options = {
      '--topic': TOPIC,
      '--num-records': RECORDS_MAX,
      '--record-size': RECORD_BYTES,
      '--throughput': RECORDS_PER_SECOND,
      '--producer-props': `bootstrap.servers=${bootstrap}`,
    }
    const args = Object.entries(options).flatMap(([name, value]) => [name, String(value)])
    this.#child = spawn('java', [
      ...release.javaOptions('256m'),
      'org.apache.kafka.tools.ProducerPerformance',
      ...args,
    ])
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (bytes: Buffer) => {
        this.#text += bytes.toString()
      })
    }
  }

  /** Ends it. True when it was at work to the last and no record of it was given up. */
  async end(): Promise<boolean> {
    const isAtWork = this.#child.exitCode === null
    const exited = once(this.#child, 'exit')
    if (isAtWork) this.#child.kill('SIGTERM')
    await exited
    const sent = [...this.#text.matchAll(/^(\d+) records sent/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
    // A record that is given up is told by its exception; lines of the log are about what is tried again.
    const failures = [...this.#text.matchAll(/^(?:org|java)\.\S+(?:Exception|Error).*$/gm)].map(
      ([line]) => line,
    )
    console.log(`kafka-producer-perf-test sent ${sent} records beside it, ${failures.length} given up`)
    for (const line of failures.slice(0, 5)) console.log(`  ${line}`)
    return isAtWork && sent > 0 && failures.length === 0
  }
}
