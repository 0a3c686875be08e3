import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from './tidy/check.ts'
import { measure, printFigures } from './tidy/figures.ts'
import { printFinding } from './tidy/finding.ts'
import { repositoryFiles } from './tidy/repository-files.ts'
import { readRequirementPage } from './tidy/requirement-page.ts'
import { requirementIds } from './tidy/rules/requirement-ids.ts'
import { isTestFile, type SourceFile } from './tidy/source-file.ts'

const ROOT = join(import.meta.dirname, '..')
const REQUIREMENTS = 'docs/KAFKA-BEHAVIOUR.md'

/** `npm run tidy` checks the rules of the house; `npm run figures` prints how long functions and files are. */
function main(): void {
  const files = repositoryFiles(ROOT)
  if (process.argv.includes('--figures')) printAllFigures(files)
  else checkAll(files)
}

function checkAll(files: readonly SourceFile[]): void {
  const page = readRequirementPage(REQUIREMENTS, readFileSync(join(ROOT, REQUIREMENTS), 'utf8'))
  const findings = [...check(files), ...requirementIds(files, page)]
  for (const finding of findings) console.log(printFinding(finding))
  console.log(`${files.length} files, ${findings.length} findings`)
  if (findings.length > 0) process.exitCode = 1
}

function printAllFigures(files: readonly SourceFile[]): void {
  const product = files.filter(
    ({ path }) => !isTestFile(path) && /^(src|native)\//.test(path) && !path.startsWith('native/test/'),
  )
  const groups = [
    ['all', files],
    ['product', product],
    ['product, TypeScript', product.filter(({ path }) => path.endsWith('.ts'))],
    ['product, C++', product.filter(({ path }) => /\.(cc|h)$/.test(path))],
    ['tests and tools', files.filter(file => !product.includes(file))],
  ] as const
  const texts = groups.map(([title, group]) => {
    const figures = measure(group)
    return figures === null ? `${title}: no functions` : printFigures(title, figures)
  })
  console.log(texts.join('\n'))
}

main()
