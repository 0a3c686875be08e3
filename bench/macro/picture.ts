import type { CellResult } from './measure.ts'
import { number } from './number-format.ts'
import { headlineOf, ratioTo } from './ratio.ts'
import type { TargetName } from './target.ts'

interface Bar {
  readonly kind: 'kafka' | 'limit'
  readonly ratio: number
}

interface Row {
  readonly label: string
  readonly bars: readonly Bar[]
}

const OTHERS: readonly (readonly [TargetName, Bar['kind'], string])[] = [
  ['Apache Kafka', 'kafka', 'times Apache Kafka'],
  ['C++ limit', 'limit', 'times the C++ limit'],
]
/** Ratios are drawn by their logarithm: half as good is as far from 1 as twice as good. */
const SCALE = [0.25, 0.5, 1, 2, 4, 8, 16]
const LABEL_WIDTH = 330
const PLOT_WIDTH = 420
const VALUE_WIDTH = 60
const BAR_HEIGHT = 9
const ROW_HEIGHT = 2 * BAR_HEIGHT + 10
const TOP = 62
const BOTTOM = 26
const WIDTH = LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH
/** No background: it lies on whatever the page has. Whoever shows it says whether that is dark. */
const STYLE = `
  text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #24292f }
  .small { font-size: 10px }
  .title { font-size: 14px; font-weight: 600 }
  .grid { stroke: #8c959f; stroke-opacity: .35 }
  .one { stroke: #57606a; stroke-width: 1.5 }
  .kafka { fill: #0969da }
  .limit { fill: #bf8700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .one { stroke: #9198a1 }
    .kafka { fill: #4493f8 }
    .limit { fill: #d29922 }
  }`

/** A picture, in SVG, of how Ottla compares with the others in each cell. */
export function drawRatios(results: readonly CellResult[]): string {
  const rows = results.flatMap(result => rowOf(result))
  const height = TOP + rows.length * ROW_HEIGHT + BOTTOM
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    '<title>Ottla beside Apache Kafka and the C++ limit</title>',
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="20">Ottla beside the others: right of 1, Ottla does better</text>`,
    ...OTHERS.map(([, kind, text], index) => legend(kind, text, index)),
    ...SCALE.map(ratio => gridLine(ratio, height)),
    ...rows.flatMap((row, index) => drawRow(row, TOP + index * ROW_HEIGHT)),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function rowOf(result: CellResult): Row[] {
  const headline = headlineOf(result.cell)
  const bars = OTHERS.flatMap(([target, kind]) => {
    const ratio = ratioTo(result, target, headline)
    return ratio === null ? [] : [{ kind, ratio: ratio.median }]
  })
  if (bars.length === 0) return []
  return [{ label: `${result.cell.name} (mode ${result.cell.durability}, ${headline.text})`, bars }]
}

function drawRow(row: Row, top: number): string[] {
  const label = `<text x="${LABEL_WIDTH - 8}" y="${top + BAR_HEIGHT + 4}" text-anchor="end">${row.label}</text>`
  return [label, ...row.bars.flatMap((bar, index) => drawBar(bar, top + index * (BAR_HEIGHT + 1)))]
}

function drawBar({ kind, ratio }: Bar, top: number): string[] {
  const [one, end] = [xOf(1), xOf(ratio)]
  const left = Math.min(one, end)
  const width = Math.max(1, Math.abs(end - one))
  return [
    `<rect class="${kind}" x="${left}" y="${top}" width="${width}" height="${BAR_HEIGHT}"/>`,
    `<text class="small" x="${Math.max(one, end) + 4}" y="${top + BAR_HEIGHT - 1}">${number(ratio)}</text>`,
  ]
}

function gridLine(ratio: number, height: number): string {
  const x = xOf(ratio)
  const kind = ratio === 1 ? 'one' : 'grid'
  const label = `<text class="small" x="${x}" y="${height - 10}" text-anchor="middle">${ratio}</text>`
  return `<line class="${kind}" x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - BOTTOM}"/>${label}`
}

function legend(kind: Bar['kind'], text: string, index: number): string {
  const x = 8 + index * 170
  return `<rect class="${kind}" x="${x}" y="32" width="12" height="12"/><text x="${x + 18}" y="42">${text}</text>`
}

/** Beyond the scale a bar ends at its edge; its number tells the rest. */
function xOf(ratio: number): number {
  const [first = 1, last = 1] = [SCALE[0], SCALE.at(-1)]
  const inside = Math.min(last, Math.max(first, ratio))
  return Math.round(LABEL_WIDTH + (PLOT_WIDTH * Math.log(inside / first)) / Math.log(last / first))
}
