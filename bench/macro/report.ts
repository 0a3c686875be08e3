import { type Durability, describeCell } from './cell.ts'
import type { Duration, Sample } from './load-generator.ts'
import type { Machine } from './machine.ts'
import type { CellResult } from './measure.ts'
import type { StartResult } from './starts.ts'
import { type Summary, summarize } from './statistics.ts'
import type { TargetName } from './target.ts'

export interface Results {
  readonly date: string
  readonly machine: Machine
  readonly rounds: number
  readonly duration: Duration
  readonly cells: readonly CellResult[]
  readonly starts: readonly StartResult[]
}

/** The lines of a table in Markdown, also meant to be read in a terminal. */
export function cellTable(results: readonly CellResult[]): string {
  const head =
    '| work | broker | requests/s | MB/s | CPU us/request | cores | RSS MiB | p50 us | p99 us | p99.9 us |'
  const rows = results.flatMap(result =>
    [...result.samples].map(([name, samples], index) => {
      const work = index === 0 ? `\`${result.cell.name}\` ${describeCell(result.cell)}` : ''
      return `| ${work} | ${name} | ${figures(samples).join(' | ')} |`
    }),
  )
  return [head, ruler(head), ...rows].join('\n')
}

export function startTable(results: readonly StartResult[]): string {
  const head =
    '| broker | start ms | RSS MiB | start with 1,000 partitions ms | RSS with 1,000 partitions MiB |'
  const rows = results.map(result => {
    const all = [result.startMs, result.residentMiB, result.manyStartMs, result.manyResidentMiB]
    return `| ${result.name} | ${all.map(spread).join(' | ')} |`
  })
  return [head, ruler(head), ...rows].join('\n')
}

export function document(results: Results): string {
  const of = (durability: Durability) =>
    cellTable(results.cells.filter(each => each.cell.durability === durability))
  return [
    introduction(results),
    `## Processor time beside the others\n\n${RATIO_NOTE}\n\n${ratioTable(results.cells)}`,
    `## Answers from the page cache\n\n${OS_NOTE}\n\n${of('os')}`,
    `## Answers after fdatasync\n\n${GROUP_NOTE}\n\n${of('group')}`,
    `## Start and memory\n\n${START_NOTE}\n\n${startTable(results.starts)}`,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

/** What is committed beside the page: every sample, without the formatting. */
export function toJson(results: Results): string {
  const cells = results.cells.map(({ cell, samples }) => ({ cell, samples: Object.fromEntries(samples) }))
  return `${JSON.stringify({ ...results, cells }, null, 1)}\n`
}

const RATIO_NOTE =
  'CPU time per request of the other program, divided by that of Ottla in the same round: above 1, Ottla needs less.'
const OS_NOTE =
  'Ottla with `ottla.durability=os`, Apache Kafka as it comes, the limit program without a flush: acks=all is ' +
  'answered once the bytes are in the page cache. No record is lost when the process is killed; a power cut loses ' +
  'what was not yet written back.'
const GROUP_NOTE =
  'Ottla with `ottla.durability=group`, its default; Apache Kafka with `flush.messages=1` on the topic; the limit ' +
  'program with one thread that calls fdatasync for whatever was written since its last round.'
const START_NOTE =
  'From the spawn to the line that says it listens (Apache Kafka: to the first connection that is taken), and ' +
  'resident memory two seconds later. Each after a clean stop.'

function introduction(results: Results): string {
  const { machine, rounds, duration } = results
  return `# Performance

Written by \`npm run bench\` on ${results.date}; every sample is in [bench/results.json](../bench/results.json).

| | |
|---|---|
| machine | ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel} |
| Ottla | ${machine.commit}, Node ${machine.node} |
| Apache Kafka | ${machine.kafka ?? 'not measured'}, ${machine.java ?? 'no Java'}, heap of 1 GiB, warmed up |
| C++ limit | \`bench/limit\`: one epoll thread that reads, checks the CRC, writes and answers, and nothing else |
| load | \`bench/macro/load\`: one thread, valid batches, acks=all, the error code of every answer is checked |

Load generator and broker share the cores, and others may use the machine at the same time. **CPU time per request \
is the steadier figure**; requests per second also tell what was left for the broker. Compare brokers within one row \
group, not figures of different days.

Medians of ${rounds} samples of ${duration.measureS} s after ${duration.warmUpS} s, each on a topic of its own, taken \
in rounds over all work and all brokers; brackets hold the lowest and the highest sample. All data is on one file \
system, all traffic on 127.0.0.1. CPU time is that of all threads of the broker's process. RSS is at the end of a \
sample, in a process that has been through the samples before. Latency counts from when a request was due: at a given \
rate by the clock, else when it had room.

Before each sample, 1.5 GB of memory are written to and given back: a virtual machine gets a page from its host when \
it first writes to it, and whoever comes first would pay for that. Samples are short, so as to need little more.

To measure again: \`npm run bench\`; a part of it: \`npm run bench -- produce-16k\`; only whether it works: \
\`npm run bench -- --smoke\`. Apache Kafka takes part if \`mvn\` and \`java\` are there.`
}

function figures(samples: readonly Sample[]): string[] {
  const of = (key: keyof Sample) => summarize(samples.map(sample => sample[key]))
  return [
    spread(of('requestsPerS')),
    number(of('megabytesPerS').median),
    spread(of('brokerCpuUsPerRequest')),
    number(of('brokerCores').median),
    number(of('brokerResidentMiB').median),
    number(of('p50Us').median),
    number(of('p99Us').median),
    number(of('p999Us').median),
  ]
}

function ratioTable(results: readonly CellResult[]): string {
  const head = '| work | Apache Kafka | C++ limit |'
  const rows = results.map(result => {
    const cells = (['Apache Kafka', 'C++ limit'] as const).map(other => ratio(result, other))
    return `| \`${result.cell.name}\` | ${cells.join(' | ')} |`
  })
  return [head, ruler(head), ...rows].join('\n')
}

function ratio(result: CellResult, other: TargetName): string {
  const ours = result.samples.get('Ottla')
  const theirs = result.samples.get(other)
  if (ours === undefined || theirs === undefined) return ''
  const each = theirs.flatMap((sample, round) => {
    const own = ours[round]
    return own === undefined ? [] : [sample.brokerCpuUsPerRequest / own.brokerCpuUsPerRequest]
  })
  return spread(summarize(each))
}

function spread({ median, min, max }: Summary): string {
  return `${number(median)} (${number(min)}-${number(max)})`
}

/** Three digits are more than the machine is good for. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function ruler(head: string): string {
  return head.replace(/[^|]+/g, '---').replaceAll('||', '|')
}
