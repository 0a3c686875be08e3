import type { Node } from 'oxc-parser'
import type { Finding, Rule } from '../finding.ts'
import { isPure } from '../import-table.ts'
import { isTestFile, walk } from '../source-file.ts'

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate']

/** Members that read the real world: object, property, and what to take instead. */
const MEMBERS: ReadonlyMap<string, string> = new Map([
  ['Date.now', 'take a Clock or nowMs as an argument'],
  ['performance.now', 'take a Clock or nowMs as an argument'],
  ['process.hrtime', 'take a Clock or nowMs as an argument'],
  ['Math.random', 'take a Random as an argument'],
  ['crypto.randomUUID', 'take a Random as an argument'],
  ['crypto.getRandomValues', 'take a Random as an argument'],
  ['process.nextTick', 'take Timers as an argument'],
])

/** Time and randomness come in through ports; only platform and tests touch the real ones. */
export const bannedCalls: Rule = file => {
  const isOurs = file.path.startsWith('src/') && !file.path.startsWith('src/platform/')
  if (!isOurs || file.program === null || isTestFile(file.path)) return []
  const findings: Finding[] = []
  walk(file.program, node => {
    const advice = adviceFor(node, isPure(file.path))
    if (advice !== null)
      findings.push({ path: file.path, line: file.lineOf(node.start), rule: 'ports', advice })
  })
  return findings
}

function adviceFor(node: Node, isInPure: boolean): string | null {
  if (node.type === 'MemberExpression' && node.object.type === 'Identifier' && !node.computed) {
    const name = `${node.object.name}.${node.property.type === 'Identifier' ? node.property.name : ''}`
    const instead = MEMBERS.get(name)
    if (instead !== undefined) return `${instead} instead of ${name}`
    if (isInPure && node.object.name === 'process') return `take ${name} as an argument in pure code`
  }
  if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.arguments.length === 0) {
    if (node.callee.name === 'Date') return 'take a Clock or nowMs as an argument instead of new Date()'
  }
  if (
    node.type === 'CallExpression' &&
    node.callee.type === 'Identifier' &&
    TIMERS.includes(node.callee.name)
  )
    return `take Timers as an argument instead of ${node.callee.name}`
  return null
}
