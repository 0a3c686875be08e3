import type { Node, Program, VariableDeclaration } from 'oxc-parser'
import type { Finding, Rule } from '../finding.ts'
import { childrenOf, isTestFile, walk } from '../source-file.ts'

const ADVICE = 'two brokers of a process would share it; hold it in a class or pass it as an argument'

/** Stateless, or never changed by what is called on them. */
const HARMLESS_CLASSES = ['TextDecoder', 'TextEncoder', 'RegExp', 'URL']
/** Judged by whether the file changes them. */
const CONTAINERS = [
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'Array',
  'DataView',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Date',
]
const MUTATORS =
  /^(set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set(Big)?(Uint|Int|Float)\d+)$/

/**
 * State at module level is: a `let`; a static field that is not readonly; an object of a class of ours; a constant
 * array, Map, object or buffer that this file changes, or exports without a read-only type.
 */
export const moduleState: Rule = file => {
  const { program } = file
  if (program === null || isTestFile(file.path) || !file.path.startsWith('src/')) return []
  const faults = [
    ...declarationFaults(program),
    ...changesOf(program, moduleConstants(program)),
    ...staticFields(program),
  ]
  return faults.map(([node, what]): Finding => {
    return {
      path: file.path,
      line: file.lineOf(node.start),
      rule: 'module-state',
      advice: `${what}; ${ADVICE}`,
    }
  })
}

type Fault = readonly [node: Node, what: string]

function declarationFaults(program: Program): Fault[] {
  const faults: Fault[] = []
  for (const { declaration, isExported } of moduleDeclarations(program)) {
    if (declaration.kind !== 'const') faults.push([declaration, `\`${declaration.kind}\` at module level`])
    for (const { id, init } of declaration.declarations) {
      const isTyped = id.type !== 'Identifier' || (id.typeAnnotation ?? null) !== null
      if (init === null) continue
      const what =
        classFault(init) ??
        (isExported && !isTyped && isOpenContainer(init) ? 'exported and can be changed' : null)
      if (what !== null) faults.push([init, what])
    }
  }
  return faults
}

function classFault(init: Node): string | null {
  if (init.type !== 'NewExpression' || init.callee.type !== 'Identifier') return null
  const { name } = init.callee
  if (HARMLESS_CLASSES.includes(name) || CONTAINERS.includes(name) || name.endsWith('Array')) return null
  return `an object of ${name} at module level`
}

/** What `as const` and `Object.freeze` would have closed. */
function isOpenContainer(init: Node): boolean {
  return (
    init.type === 'ArrayExpression' ||
    (init.type === 'NewExpression' &&
      init.callee.type === 'Identifier' &&
      CONTAINERS.includes(init.callee.name))
  )
}

interface ModuleDeclaration {
  readonly declaration: VariableDeclaration
  readonly isExported: boolean
}

function moduleDeclarations(program: Program): ModuleDeclaration[] {
  return program.body.flatMap((statement): ModuleDeclaration[] => {
    if (statement.type === 'VariableDeclaration') return [{ declaration: statement, isExported: false }]
    if (statement.type !== 'ExportNamedDeclaration') return []
    const { declaration } = statement
    return declaration?.type === 'VariableDeclaration' ? [{ declaration, isExported: true }] : []
  })
}

function moduleConstants(program: Program): Set<string> {
  const names = moduleDeclarations(program).flatMap(({ declaration }) =>
    declaration.declarations.map(({ id }) => id),
  )
  return new Set(names.flatMap(id => (id.type === 'Identifier' ? [id.name] : [])))
}

function changesOf(program: Program, constants: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = []
  walk(program, (node, ancestors) => {
    const name = changedName(node)
    if (name === null || !constants.has(name)) return
    if (ancestors.some(scope => isFunctionOrBlock(scope) && declaresInside(scope, name))) return
    faults.push([node, `${name} lives at module level and is changed here`])
  })
  return faults
}

/** The name whose value, or a part of it, this node changes. */
function changedName(node: Node): string | null {
  if (node.type === 'AssignmentExpression') return rootOfMember(node.left)
  if (node.type === 'UpdateExpression') return rootOfMember(node.argument)
  if (node.type === 'UnaryExpression' && node.operator === 'delete') return rootOfMember(node.argument)
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return null
  const { object, property } = node.callee
  if (property.type !== 'Identifier') return null
  if (object.type === 'Identifier' && object.name === 'Object' && property.name === 'assign')
    return node.arguments[0]?.type === 'Identifier' ? node.arguments[0].name : null
  if (!MUTATORS.test(property.name)) return null
  return object.type === 'Identifier' ? object.name : rootOfMember(object)
}

function rootOfMember(node: Node): string | null {
  if (node.type !== 'MemberExpression') return null
  return node.object.type === 'Identifier' ? node.object.name : rootOfMember(node.object)
}

function isFunctionOrBlock(node: Node): boolean {
  return /Function|^(BlockStatement|For\w*Statement|CatchClause)$/.test(node.type)
}

/** True when the function, block or loop itself declares `name`, not one further in. */
function declaresInside(scope: Node, name: string): boolean {
  return childrenOf(scope).some(child => declares(child, name))
}

function declares(node: Node, name: string): boolean {
  if (node.type === 'Identifier') return node.name === name
  if (node.type === 'VariableDeclaration') return node.declarations.some(({ id }) => bindsName(id, name))
  return /Pattern$|^RestElement$/.test(node.type) && bindsName(node, name)
}

function bindsName(pattern: Node, name: string): boolean {
  if (pattern.type === 'Identifier') return pattern.name === name
  return childrenOf(pattern).some(child => bindsName(child.type === 'Property' ? child.value : child, name))
}

function staticFields(program: Program): Fault[] {
  const faults: Fault[] = []
  walk(program, node => {
    if (node.type === 'PropertyDefinition' && node.static && !node.readonly)
      faults.push([node, 'a static field that can be changed'])
  })
  return faults
}
