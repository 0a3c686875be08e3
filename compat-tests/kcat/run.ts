import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { NotRun, Suite } from '../harness/suite.ts'

const LINE_COUNT = 5000
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Answers what kcat printed; its complaints are the failure. */
function kcat(bootstrap: string, args: readonly string[], input = ''): string {
  const options = { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 60_000 } as const
  const result = spawnSync('kcat', ['-b', bootstrap, ...args], options)
  if (result.error !== undefined && 'code' in result.error && result.error.code === 'ENOENT') {
    throw new NotRun('kcat is not installed')
  }
  if (result.status !== 0) throw new Error(`kcat ${args.join(' ')}: ${result.stderr.slice(-500)}`)
  return result.stdout
}

function linesOf(name: string): string {
  return Array.from({ length: LINE_COUNT }, (_, index) => `${name} line ${index} of a log\n`).join('')
}

const suite = new Suite('kcat')

suite.add('lists the broker and its topics', async ({ bootstrap }) => {
  kcat(bootstrap, ['-P', '-t', 'listed'], 'one\n')
  const listed = kcat(bootstrap, ['-L', '-J'])
  const { brokers, topics } = JSON.parse(listed) as {
    brokers: unknown[]
    topics: { topic: string; partitions: unknown[] }[]
  }
  assert.equal(brokers.length, 1)
  assert.equal(topics.find(({ topic }) => topic === 'listed')?.partitions.length, 1)
})

for (const codec of CODECS) {
  suite.add(`codec ${codec}: what goes in comes out, in order`, async ({ bootstrap }) => {
    const topic = `codec-${codec}`
    const lines = linesOf(codec)
    kcat(bootstrap, ['-P', '-t', topic, '-z', codec, '-X', 'enable.idempotence=true'], lines)
    assert.equal(kcat(bootstrap, ['-C', '-t', topic, '-o', 'beginning', '-e', '-q']), lines)
  })
}

suite.add('keys and headers', async ({ bootstrap }) => {
  kcat(bootstrap, ['-P', '-t', 'keyed', '-K', ':', '-H', 'h=1', '-H', 'empty='], 'k1:v1\nk2:v2\n')
  const printed = kcat(bootstrap, ['-C', '-t', 'keyed', '-e', '-q', '-o', 'beginning', '-f', '%o %k=%s %h\n'])
  assert.equal(printed, '0 k1=v1 h=1,empty=\n1 k2=v2 h=1,empty=\n')
})

suite.add('a group goes on where it stopped', async ({ bootstrap }) => {
  const group = ['-G', 'readers', '-X', 'auto.offset.reset=earliest', '-e', '-q', 'grouped']
  kcat(bootstrap, ['-P', '-t', 'grouped'], 'a\nb\n')
  assert.equal(kcat(bootstrap, group), 'a\nb\n')
  kcat(bootstrap, ['-P', '-t', 'grouped'], 'c\n')
  assert.equal(kcat(bootstrap, group), 'c\n')
})

suite.add('an offset by time', async ({ bootstrap }) => {
  kcat(bootstrap, ['-P', '-t', 'timed'], 'early\n')
  const betweenMs = Date.now() + 5
  await new Promise(resolve => setTimeout(resolve, 20))
  kcat(bootstrap, ['-P', '-t', 'timed'], 'late\n')
  assert.match(kcat(bootstrap, ['-Q', '-t', `timed:0:${betweenMs}`]), /offset 1\b/)
})

suite.add('acks 0 and 1', async ({ bootstrap }) => {
  for (const acks of ['0', '1']) kcat(bootstrap, ['-P', '-t', 'acks', '-X', `acks=${acks}`], `acks ${acks}\n`)
  assert.equal(kcat(bootstrap, ['-C', '-t', 'acks', '-e', '-q', '-o', 'beginning']), 'acks 0\nacks 1\n')
})

suite.add('a killed broker has everything that was acknowledged', async broker => {
  if (!broker.isOurs) throw new NotRun('the broker is not ours to kill')
  const lines = linesOf('kill')
  kcat(broker.bootstrap, ['-P', '-t', 'killed'], lines)
  await broker.killAndRestart()
  assert.equal(kcat(broker.bootstrap, ['-C', '-t', 'killed', '-o', 'beginning', '-e', '-q']), lines)
})

await suite.run()
