import { judge } from './bar.ts'
import { BARS } from './bars.ts'
import type { Durability } from './cell.ts'
import { number } from './number-format.ts'
import type { Results } from './results.ts'
import { summarize } from './statistics.ts'
import { barTable, cellTable, factTable, ratioTable } from './tables.ts'

/** docs/PERFORMANCE.md. */
export function document(results: Results): string {
  const { cells, facts } = results
  const of = (durability: Durability) => cellTable(cells.filter(each => each.cell.durability === durability))
  const verdicts = BARS.map(bar => judge(bar, cells, facts))
  const metCount = verdicts.filter(({ isMet }) => isMet).length
  const sections = [
    introduction(results),
    `## The bars\n\n${metCount} of ${verdicts.length} are met. ${BARS_NOTE}\n\n${barTable(verdicts)}`,
    `## Beside the others\n\n${RATIO_NOTE}\n\n![Ratios](performance.svg)\n\n${ratioTable(cells)}`,
    `## Answers from the page cache\n\n${OS_NOTE}\n\n${of('os')}`,
    `## Answers after fdatasync\n\n${GROUP_NOTE}\n\n${of('group')}`,
    `## Start, memory, cold data, real clients\n\n${factNote(results)}\n\n${factTable(facts)}`,
  ]
  return `${sections.join('\n\n')}\n`
}

const BARS_NOTE =
  'A bar is judged by the median over the rounds of the ratio within a round. Its cell names the mode: `group-...` ' +
  'answers after fdatasync, the others from the page cache.'
const RATIO_NOTE =
  'How many times better Ottla does: for CPU time and latency the figure of the other program divided by that of ' +
  'Ottla in the same round, for requests/s the other way round.'
const OS_NOTE =
  'Ottla with `ottla.durability=os`, Apache Kafka as it comes, the limit program without a flush: acks=all is ' +
  'answered once the bytes are in the page cache. No record is lost when the process is killed; a power cut loses ' +
  'what was not yet written back.'
const GROUP_NOTE =
  'Ottla with `ottla.durability=group`, its default; Apache Kafka with `flush.messages=1` on the topic; the limit ' +
  'program with one thread that calls fdatasync for whatever was written since its last round. `fdatasync alone` is ' +
  'a loop of write and fdatasync on one file.'

function factNote({ sizes }: Results): string {
  return `A start is from the spawn to the line that says it listens (Apache Kafka: to the first connection that is \
taken), its memory that of two seconds later, each after a clean stop, in mode \`group\`. \`memory\` is in mode \
\`group\` too; a connection and a partition are the difference that ${thousands(sizes.manyConnections)} or \
${thousands(sizes.manyPartitions)} of them make, partitions after a restart.

\`cold-scan\` is in mode \`os\`: 16 x 1 KB at 1,000 requests/s with consumers that wait for them, beside a scan of \
${sizes.coldGigabytes} GB that were written, synced and dropped from the page cache, by 4 connections with 1 MiB an \
answer; \`cat\` reads the same files beside the same load, and what the load suffers from it is no doing of the broker.

Clients, in mode \`os\`, move ${thousands(sizes.clientRecords)} records of 1 KB of log lines each; what they do \
themselves is most of it, so the broker's CPU time tells more than their speed.`
}

function laterParts({ parts }: Results): string {
  const lines = parts.map(
    ({ names, date, commit }) =>
      `${names.map(name => `\`${name}\``).join(', ')}: measured on ${date}, of ${commit}.\n`,
  )
  return lines.length === 0 ? '' : `\n${lines.join('\n')}`
}

/** A host that bounds what a virtual machine takes stops it for a while in each period: high percentiles show it. */
function disturbance({ cells }: Results): string {
  const samples = cells.flatMap(cell => [...cell.samples.values()].flat())
  const others = `During a sample other programs used ${cores(samples.map(({ otherCores }) => otherCores))}`
  const stolen = samples.map(({ stolenCores }) => stolenCores).filter(value => value !== undefined)
  return stolen.length === 0
    ? `${others}.`
    : `${others}, and the host of the virtual machine took ${cores(stolen)}.`
}

function cores(values: readonly number[]): string {
  const { median, max } = summarize(values)
  return `${number(median)} cores (up to ${number(max)})`
}

function thousands(value: number): string {
  return value.toLocaleString('en-US')
}

function introduction(results: Results): string {
  const { machine, sizes, duration } = results
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
is the steadier figure**; requests per second also tell what was left for the broker. ${disturbance(results)} Compare \
brokers within one row group, not figures of different days.

Medians of ${sizes.rounds} samples of ${duration.measureS} s after ${duration.warmUpS} s, each on a topic of its own, \
taken in rounds over all work and all brokers; brackets hold the lowest and the highest sample. All data is on one \
file system, all traffic on 127.0.0.1. CPU time is that of all threads of the broker's process. RSS is at the end of a \
sample, in a process that has been through the samples before. Latency counts from when a request was due: at a given \
rate by the clock, and then the answers that come after the end of a sample count too; else when it had room. With a \
tail it ends when the consumer has the record.

Before each sample, 1.5 GB of memory are written to and given back: a virtual machine gets a page from its host when \
it first writes to it, and whoever comes first would pay for that. Samples are short, so as to need little more.
${laterParts(results)}
To measure again: \`npm run bench\`; a part of it: \`npm run bench -- produce-16k\`; only whether it works: \
\`npm run bench -- --smoke\`. Apache Kafka takes part if \`mvn\` and \`java\` are there.`
}
