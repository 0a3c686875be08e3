import { posix } from 'node:path'
import type { Finding, Rule } from '../finding.ts'
import { isPure, MAY_IMPORT, roomOf } from '../import-table.ts'
import { isTestFile, type SourceFile, walk } from '../source-file.ts'

interface ImportedModule {
  readonly name: string
  readonly line: number
}

/** The import table and the pure set of the design; tests may import what they like. */
export const imports: Rule = file => {
  const room = roomOf(file.path)
  if (room === null || isTestFile(file.path)) return []
  return importedModules(file).flatMap(({ name, line }) => {
    const fault = faultOf(file.path, room, name)
    return fault === null ? [] : [{ path: file.path, line, ...fault }]
  })
}

function faultOf(path: string, room: string, name: string): Pick<Finding, 'rule' | 'advice'> | null {
  if (!name.startsWith('.')) return externalFault(path, room, name)
  const target = posix.join(posix.dirname(path), name)
  if (isTestFile(target))
    return { rule: 'imports', advice: `${target} is for tests, move what is shared out of it` }
  const targetRoom = roomOf(target)
  if (targetRoom === room) return null
  const allowed = MAY_IMPORT.get(room)
  if (allowed === undefined) return { rule: 'imports', advice: `add ${room} to tools/tidy/import-table.ts` }
  if (targetRoom !== null && (allowed.includes(targetRoom) || allowed.includes(target.slice('src/'.length))))
    return null
  const advice = `${room} may not import ${target.replace(/^src\//, '')}; declare a port in ${room} that broker fills`
  return { rule: 'imports', advice }
}

function externalFault(path: string, room: string, name: string): Pick<Finding, 'rule' | 'advice'> | null {
  if (isPure(path))
    return { rule: 'pure', advice: `pure code imports nothing like ${name}; take a port as an argument` }
  if (/^(node:)?(timers|perf_hooks)\b/.test(name) && room !== 'platform')
    return { rule: 'imports', advice: `take a Clock or Timers as an argument instead of ${name}` }
  return null
}

function importedModules(file: SourceFile): ImportedModule[] {
  const found: ImportedModule[] = []
  if (file.program === null) return found
  walk(file.program, node => {
    const isImport =
      node.type === 'ImportDeclaration' ||
      node.type === 'ExportNamedDeclaration' ||
      node.type === 'ExportAllDeclaration' ||
      node.type === 'ImportExpression' ||
      node.type === 'TSImportType'
    if (!isImport || node.source?.type !== 'Literal' || typeof node.source.value !== 'string') return
    found.push({ name: node.source.value, line: file.lineOf(node.start) })
  })
  return found
}
