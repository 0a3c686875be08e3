import type { Node } from 'oxc-parser'
import type { Finding, Rule } from '../finding.ts'
import { walk } from '../source-file.ts'

/** Forms of the language that the house does without. */
export const syntax: Rule = file => {
  const findings: Finding[] = []
  if (file.program === null) return findings
  walk(file.program, node => {
    const fault = faultOf(node, file.path)
    if (fault === null) return
    const [rule, advice] = fault
    findings.push({ path: file.path, line: file.lineOf(node.start), rule, advice })
  })
  return findings
}

function faultOf(node: Node, path: string): readonly [rule: string, advice: string] | null {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
      // Programs that read their settings from the default export leave no choice.
      return path.endsWith('.config.ts') ? null : ['no-default-export', 'export it by name']
    case 'TSEnumDeclaration':
      return ['no-enum', 'write an object `as const` and a type of its values']
    case 'PropertyDefinition':
    case 'MethodDefinition':
      // A constructor has no other way to be private.
      return node.accessibility === 'private' &&
        node.key.type === 'Identifier' &&
        node.key.name !== 'constructor'
        ? ['no-private-keyword', 'write `#name`: private when it runs, too']
        : null
    case 'CatchClause':
      return node.body.body.length === 0 ? ['no-empty-catch', 'handle the error or let it pass'] : null
    case 'MemberExpression':
      return isSkippedTest(node) ? ['no-skipped-test', 'let the test run and fail, or remove it'] : null
    default:
      return null
  }
}

function isSkippedTest(node: Node): boolean {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return false
  if (!['test', 'it', 'describe'].includes(node.object.name) || node.property.type !== 'Identifier')
    return false
  return ['skip', 'only', 'todo', 'fails', 'skipIf'].includes(node.property.name)
}
