import type { Verdict } from './bar.ts'
import { describeCell } from './cell.ts'
import type { Fact } from './fact.ts'
import type { Sample } from './load-generator.ts'
import type { CellResult } from './measure.ts'
import { number, spread } from './number-format.ts'
import { headlineOf, ratioTo } from './ratio.ts'
import { summarize } from './statistics.ts'

/** Tables in Markdown, also meant to be read in a terminal. */
export function cellTable(results: readonly CellResult[]): string {
  const head =
    '| work | mode | broker | requests/s | MB/s | CPU us/request | cores | RSS MiB | p50 us | p99 us | p99.9 us |'
  const rows = results.flatMap(({ cell, samples }) =>
    [...samples].map(([name, each], index) => {
      const work = index === 0 ? `\`${cell.name}\` ${describeCell(cell)}` : ''
      return row([work, cell.durability, name, ...figures(each)])
    }),
  )
  return table(head, rows)
}

/** How many times better than the others Ottla does. */
export function ratioTable(results: readonly CellResult[]): string {
  const rows = results
    .filter(({ samples }) => samples.size > 1)
    .map(result => {
      const headline = headlineOf(result.cell)
      const cells = (['Apache Kafka', 'C++ limit'] as const).map(other => {
        const ratio = ratioTo(result, other, headline)
        return ratio === null ? '' : spread(ratio)
      })
      return row([`\`${result.cell.name}\``, result.cell.durability, headline.text, ...cells])
    })
  return table('| work | mode | figure | Apache Kafka | C++ limit |', rows)
}

export function barTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ bar, measured, isMet }) => {
    const { is, value, unit } = bar.limit
    const verdict = isMet ? 'met' : 'not met'
    return row([
      bar.title,
      `${is} ${value} ${unit}`,
      measured === null ? '' : spread(measured),
      measured === null ? 'not measured' : verdict,
    ])
  })
  return table('| figure | bar | measured | verdict |', rows)
}

export function factTable(facts: readonly Fact[]): string {
  const rows = facts.map(({ name, unit, mode, target, values }) =>
    row([name, mode, target, spread(summarize(values)), unit]),
  )
  return table('| what | mode | program | measured | unit |', rows)
}

function figures(samples: readonly Sample[]): string[] {
  const of = (key: keyof Sample) => summarize(samples.map(sample => sample[key] ?? 0))
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

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function table(head: string, rows: readonly string[]): string {
  return [head, head.replace(/[^|]+/g, '---').replaceAll('||', '|'), ...rows].join('\n')
}
