import type { ArrowFunctionExpression, Function as FunctionNode, Node } from 'oxc-parser'
import { isTestFile, type SourceFile, walk } from './source-file.ts'

export interface FunctionSpan {
  readonly path: string
  readonly name: string
  /** Of its first line, counted from 1. */
  readonly line: number
  readonly lengthLines: number
}

/** Every function of a file: of TypeScript from its syntax, of C++ from its braces. */
export function functionsOf(file: SourceFile): FunctionSpan[] {
  if (/\.(cc|h)$/.test(file.path)) return functionsOfCpp(file)
  const found: FunctionSpan[] = []
  if (file.program === null) return found
  walk(file.program, (node, ancestors) => {
    if (!isFunction(node) || node.body === null) return
    const parent = ancestors.at(-1)
    if (isTestFile(file.path) && parent !== undefined && isDescribe(parent)) return
    const line = file.lineOf(node.start)
    const lengthLines = file.lineOf(node.end) - line + 1
    found.push({ path: file.path, name: nameOf(node, parent), line, lengthLines })
  })
  return found
}

function isFunction(node: Node): node is FunctionNode | ArrowFunctionExpression {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  )
}

/** A group of tests is a heading, not a function to be read as one. */
function isDescribe(parent: Node): boolean {
  if (parent.type !== 'CallExpression') return false
  const callee = parent.callee.type === 'CallExpression' ? parent.callee.callee : parent.callee
  const root = callee.type === 'MemberExpression' ? callee.object : callee
  return root.type === 'Identifier' && root.name === 'describe'
}

function nameOf(node: Node, parent: Node | undefined): string {
  if ('id' in node && node.id !== null && node.id.type === 'Identifier') return node.id.name
  if (parent === undefined) return 'anonymous'
  if ('key' in parent && (parent.key.type === 'Identifier' || parent.key.type === 'PrivateIdentifier'))
    return parent.key.name
  if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name
  // A test is known by its title.
  const title = parent.type === 'CallExpression' ? parent.arguments[0] : undefined
  if (title?.type === 'Literal' && typeof title.value === 'string') return `'${title.value}'`
  return 'anonymous'
}

/**
 * Functions at the left margin, which is where clang-format leaves those of a namespace: from the last line that
 * begins there, before an opening brace, to the closing brace at the margin.
 */
function functionsOfCpp(file: SourceFile): FunctionSpan[] {
  const found: FunctionSpan[] = []
  let start: number | null = null
  for (const [index, text] of file.lines.entries()) {
    if (text === '}' && start !== null) {
      found.push({
        path: file.path,
        name: cppName(file.lines[start]!),
        line: start + 1,
        lengthLines: index - start + 1,
      })
      start = null
    } else if (/^[A-Za-z~]/.test(text)) {
      start =
        /^(namespace|class|struct|enum|union|extern|using|typedef)\b/.test(text) || text.endsWith(';')
          ? null
          : index
    }
  }
  return found
}

function cppName(text: string): string {
  return /([\w:~]+)\(/.exec(text)?.[1] ?? text
}
