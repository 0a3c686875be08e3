import { type Node, type Program, parseSync, visitorKeys } from 'oxc-parser'

/** A file of the repository as the rules see it. */
export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly lines: readonly string[]
  /** Null for files that are not TypeScript or JavaScript. */
  readonly program: Program | null
  /** Line, counted from 1, of a byte of the text. */
  lineOf(position: number): number
}

/** A node and those it is in, the innermost last. */
export type Visit = (node: Node, ancestors: readonly Node[]) => void

/** Throws when the text cannot be parsed: what the rules cannot read they cannot judge. */
export function readSource(path: string, text: string): SourceFile {
  const starts = lineStarts(text)
  return {
    path,
    lines: text.split('\n'),
    program: /\.m?[tj]s$/.test(path) ? parse(path, text) : null,
    lineOf: position => lineAt(starts, position),
  }
}

/** True for files that only tests load. */
export function isTestFile(path: string): boolean {
  return /\.(test|test-support|fuzz|sim)\.ts$/.test(path) || /^(test|compat-tests|bench)\//.test(path)
}

/** Calls `visit` for every node, parents first. */
export function walk(program: Program, visit: Visit): void {
  walkNode(program, [], visit)
}

function walkNode(node: Node, ancestors: Node[], visit: Visit): void {
  visit(node, ancestors)
  ancestors.push(node)
  for (const child of childrenOf(node)) walkNode(child, ancestors, visit)
  ancestors.pop()
}

export function childrenOf(node: Node): Node[] {
  const fields = node as unknown as Record<string, Node | (Node | null)[] | null | undefined>
  return (visitorKeys[node.type] ?? []).flatMap(key => fields[key] ?? []).filter(child => child !== null)
}

function parse(path: string, text: string): Program {
  const { program, errors } = parseSync(path, text)
  const error = errors[0]
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`)
  return program
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineAt(starts: readonly number[], position: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= position) low = middle
    else high = middle
  }
  return low + 1
}
