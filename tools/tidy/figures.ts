import { type FunctionSpan, functionsOf } from './functions.ts'
import { isTable } from './rules/sizes.ts'
import type { SourceFile } from './source-file.ts'

interface Figures {
  readonly functionCount: number
  readonly functionLengthP90Lines: number
  readonly longestFunction: FunctionSpan
  readonly longestFile: { readonly path: string; readonly lengthLines: number }
}

/** How long functions and files are, tables left out; null when there are none. */
export function measure(files: readonly SourceFile[]): Figures | null {
  const judged = files.filter(file => !isTable(file.path))
  const functions = judged.flatMap(functionsOf).sort((a, b) => a.lengthLines - b.lengthLines)
  const longestFunction = functions.at(-1)
  const longestFile = judged
    .map(({ path, lines }) => ({ path, lengthLines: lines.length - 1 }))
    .sort((a, b) => b.lengthLines - a.lengthLines)[0]
  if (longestFunction === undefined || longestFile === undefined) return null
  const functionLengthP90Lines = functions[Math.ceil(functions.length * 0.9) - 1]!.lengthLines
  return { functionCount: functions.length, functionLengthP90Lines, longestFunction, longestFile }
}

export function printFigures(title: string, { functionCount, ...figures }: Figures): string {
  const { longestFunction: longest, longestFile } = figures
  return [
    `${title}: ${functionCount} functions, p90 ${figures.functionLengthP90Lines} lines`,
    `  longest function ${longest.lengthLines} lines: ${longest.name} at ${longest.path}:${longest.line}`,
    `  longest file ${longestFile.lengthLines} lines: ${longestFile.path}`,
  ].join('\n')
}
