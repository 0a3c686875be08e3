import type { SourceFile } from './source-file.ts'

/** A place that breaks a rule. */
export interface Finding {
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly rule: string
  /** What is wrong and what to do instead. */
  readonly advice: string
}

/** Looks at one file; each rule has a bad sample in tidy.test.ts that it must find. */
export type Rule = (file: SourceFile) => Finding[]

export function printFinding({ path, line, rule, advice }: Finding): string {
  return `${path}:${line} ${rule}: ${advice}`
}
