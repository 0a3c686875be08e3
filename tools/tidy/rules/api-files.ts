import { posix } from 'node:path'
import type { Node } from 'oxc-parser'
import type { Finding, Rule } from '../finding.ts'
import { isTestFile, type SourceFile, walk } from '../source-file.ts'

/** A file of src/broker/handlers defines the handler of one API and is named like it: `ls` lists the features. */
export const apiFiles: Rule = file => {
  if (!/^src\/broker\/handlers\/[^/]+\.ts$/.test(file.path) || isTestFile(file.path)) return []
  const name = posix.basename(file.path, '.ts')
  const found = handlersOf(file)
  const finding = (line: number, advice: string): Finding[] => [
    { path: file.path, line, rule: 'api-file', advice },
  ]
  if (found.length === 0) return finding(1, 'defines no handler, move it to src/broker')
  if (found.length > 1)
    return finding(found[1]!.line, 'one API per file, give this handler a file of its own')
  const { api, line } = found[0]!
  if (api === null) return finding(line, 'write codec as <api>Codec')
  if (kebab(api) !== name) return finding(line, `name the file ${kebab(api)}.ts, like its API`)
  return []
}

function handlersOf(file: SourceFile): { api: string | null; line: number }[] {
  const found: { api: string | null; line: number }[] = []
  if (file.program === null) return found
  walk(file.program, node => {
    if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return
    if (node.callee.name !== 'defineHandler') return
    found.push({ api: apiOf(node.arguments[0]), line: file.lineOf(node.start) })
  })
  return found
}

/** The name in `codec: <api>Codec`. */
function apiOf(definition: Node | undefined): string | null {
  if (definition?.type !== 'ObjectExpression') return null
  for (const property of definition.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.key.name !== 'codec')
      continue
    const { value } = property
    if (value.type === 'Identifier' && value.name.endsWith('Codec'))
      return value.name.slice(0, -'Codec'.length)
  }
  return null
}

function kebab(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()
}
