import type { Finding, Rule } from '../finding.ts'
import { functionsOf } from '../functions.ts'

const FUNCTION_MAX_LINES = 70
const FILE_MAX_LINES = 500
const LINE_MAX_CHARACTERS = 120

/** Plain tables grow with what they list. */
const TABLES = [
  /^src\/protocol\/generated\//,
  /^src\/protocol\/schemas\//,
  /^src\/protocol\/(api-key|error-code)\.ts$/,
  /^src\/config\/definitions\//,
]

/** Functions, files and lines that can be read at one look. */
export const sizes: Rule = file => {
  if (isTable(file.path)) return []
  const findings: Finding[] = []
  const add = (line: number, rule: string, advice: string) =>
    findings.push({ path: file.path, line, rule, advice })
  const lengthLines = file.lines.at(-1) === '' ? file.lines.length - 1 : file.lines.length
  if (lengthLines > FILE_MAX_LINES)
    add(
      1,
      'file-length',
      `${lengthLines} lines, at most ${FILE_MAX_LINES}; move a part with a name of its own out`,
    )
  for (const [index, text] of file.lines.entries()) {
    if (text.length > LINE_MAX_CHARACTERS)
      add(
        index + 1,
        'line-length',
        `${text.length} characters, at most ${LINE_MAX_CHARACTERS}; break the line`,
      )
  }
  for (const { name, line, lengthLines } of functionsOf(file)) {
    if (lengthLines > FUNCTION_MAX_LINES)
      add(
        line,
        'function-length',
        `${name} has ${lengthLines} lines, at most ${FUNCTION_MAX_LINES}; split it by what its parts do`,
      )
  }
  return findings
}

export function isTable(path: string): boolean {
  return TABLES.some(pattern => pattern.test(path))
}
