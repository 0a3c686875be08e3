import type { Bar, Figure } from './bar.ts'
import type { Sample } from './load-generator.ts'
import type { TargetName } from './target.ts'

const OTHER_WORDS: Record<TargetName, string> = {
  Ottla: 'Ottla',
  'Apache Kafka': "Kafka's",
  'C++ limit': "the C++ limit's",
  'fdatasync alone': 'fdatasync alone',
}
const KIB = 'KiB'

/** What is promised, beside which docs/PERFORMANCE.md puts what was measured. */
export const BARS: readonly Bar[] = [
  ...efficiency('produce-1x100', 0.4, 4),
  ...efficiency('produce-10x100', 0.5, 4),
  ...efficiency('produce-16k', 0.75, 5),
  ...efficiency('produce-128k', 0.85, 4),
  ...efficiency('produce-1000x100', 0.7, 3.5),
  ...efficiency('produce-100-partitions', null, 4),
  ...efficiency('fetch-16k', 0.7, 3.5),
  ...efficiency('fetch-128k', 0.85, 1.4),
  ...efficiency('fetch-1m', 0.9, 1.1),
  ...efficiency('produce-lz4', null, 2),
  ...efficiency('produce-zstd', null, 2),
  latency('tail-1x100', 'p50Us', 0.5),
  latency('tail-1x100', 'p99Us', 0.5),
  ofModeOs('group-1x1000', 'produce-1x1000', 0.4),
  throughput('group-1x1000', 'group-1x1000', 8),
  throughput('group-1x1000', 'produce-1x1000', 1.2),
  ofModeOs('group-16k', 'produce-16k-16-connections', 0.55),
  throughput('group-16k', 'group-16k', 6),
  throughput('group-16k', 'produce-16k-16-connections', 2),
  ofModeOs('group-evenly-100', 'produce-evenly-100', 0.3),
  ofModeOs('group-evenly-1000', 'produce-evenly-1000', 0.3),
  {
    title: 'group-1x100-alone: p50 less that of fdatasync alone',
    figure: sampled('group-1x100-alone', 'p50Us'),
    beside: { how: 'difference', figure: sampled('group-1x100-alone', 'p50Us', 'fdatasync alone') },
    limit: { is: 'at most', value: 100, unit: 'us' },
  },
  latency('group-1x100-alone', 'p50Us', 0.7),
  cost('scale-partitions', 'scale-base', 1.2),
  cost('scale-connections', 'scale-base', 1.2),
  {
    title: 'cold-scan: p99 of the hot tail beside the scan / alone',
    figure: measured('cold-scan: hot beside the scan', 'p99 us'),
    beside: { how: 'ratio', figure: measured('cold-scan: hot alone', 'p99 us') },
    limit: { is: 'at most', value: 2, unit: 'x' },
  },
  {
    title: 'cold-scan: MB/s / those of cat beside the same load',
    figure: measured('cold-scan: scan', 'MB/s'),
    beside: { how: 'ratio', figure: { fact: 'cold-scan: scan', unit: 'MB/s', target: 'cat' } },
    limit: { is: 'at least', value: 0.8, unit: 'x' },
  },
  alone('memory: idle', 'MiB', 80),
  alone('memory: under load', 'MiB', 200),
  alone('memory: an idle connection', KIB, 8),
  alone('memory: a partition', KIB, 4),
]

function sampled(cell: string, key: keyof Sample, target: TargetName = 'Ottla'): Figure {
  return { cell, key, target }
}

function measured(fact: string, unit: string): Figure {
  return { fact, unit, target: 'Ottla' }
}

/** Requests per second of the broker's processor time; CPU time per request is its inverse. */
function efficiency(cell: string, ofLimit: number | null, timesKafka: number): Bar[] {
  const others: [TargetName, number | null][] = [
    ['C++ limit', ofLimit],
    ['Apache Kafka', timesKafka],
  ]
  return others.flatMap(([target, value]) =>
    value === null
      ? []
      : [
          {
            title: `${cell}: requests per CPU second / ${OTHER_WORDS[target]}`,
            figure: sampled(cell, 'brokerCpuUsPerRequest', target),
            beside: { how: 'ratio', figure: sampled(cell, 'brokerCpuUsPerRequest') },
            limit: { is: 'at least', value, unit: 'x' },
          },
        ],
  )
}

function latency(cell: string, key: 'p50Us' | 'p99Us', value: number): Bar {
  return {
    title: `${cell}: ${key.slice(0, -2)} / ${OTHER_WORDS['Apache Kafka']}`,
    figure: sampled(cell, key),
    beside: { how: 'ratio', figure: sampled(cell, key, 'Apache Kafka') },
    limit: { is: 'at most', value, unit: 'x' },
  }
}

function ofModeOs(cell: string, osCell: string, value: number): Bar {
  return {
    title: `${cell}: requests/s / those of mode os`,
    figure: sampled(cell, 'requestsPerS'),
    beside: { how: 'ratio', figure: sampled(osCell, 'requestsPerS') },
    limit: { is: 'at least', value, unit: 'x' },
  }
}

function throughput(cell: string, kafkaCell: string, value: number): Bar {
  const how = kafkaCell === cell ? 'flush.messages=1' : 'without fsync'
  return {
    title: `${cell}: requests/s / ${OTHER_WORDS['Apache Kafka']} ${how}`,
    figure: sampled(cell, 'requestsPerS'),
    beside: { how: 'ratio', figure: sampled(kafkaCell, 'requestsPerS', 'Apache Kafka') },
    limit: { is: 'at least', value, unit: 'x' },
  }
}

function cost(cell: string, baseCell: string, value: number): Bar {
  return {
    title: `${cell}: CPU time per request / that of ${baseCell}`,
    figure: sampled(cell, 'brokerCpuUsPerRequest'),
    beside: { how: 'ratio', figure: sampled(baseCell, 'brokerCpuUsPerRequest') },
    limit: { is: 'at most', value, unit: 'x' },
  }
}

function alone(fact: string, unit: string, value: number): Bar {
  return { title: fact, figure: measured(fact, unit), beside: null, limit: { is: 'at most', value, unit } }
}
