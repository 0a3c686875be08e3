import type { Finding, Rule } from './finding.ts'
import { apiFiles } from './rules/api-files.ts'
import { bannedCalls } from './rules/banned-calls.ts'
import { fileNames } from './rules/file-names.ts'
import { imports } from './rules/imports.ts'
import { moduleState } from './rules/module-state.ts'
import { sizes } from './rules/sizes.ts'
import { syntax } from './rules/syntax.ts'
import type { SourceFile } from './source-file.ts'

const RULES: readonly Rule[] = [imports, bannedCalls, moduleState, syntax, sizes, fileNames, apiFiles]

/** What breaks the rules of the house, file by file. */
export function check(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(file => RULES.flatMap(rule => rule(file)))
}
