import type { Node } from 'oxc-parser'
import type { Finding } from '../finding.ts'
import type { RequirementPage } from '../requirement-page.ts'
import { isTestFile, type SourceFile, walk } from '../source-file.ts'

const ID = /\b[A-Z]{2,4}-\d{1,3}\b/g
/** What looks like an id and numbers something else. */
const OTHER_NUMBERS = /^(KIP|UTF|CVE|CRC|SHA|RFC|ISO)-/
const RULE = 'requirement-id'

/** An id in src, test and native has a row in the page; a row is named by a test's title, or said not to be built. */
export function requirementIds(files: readonly SourceFile[], page: RequirementPage): Finding[] {
  const tested = new Set(files.filter(({ path }) => isTestFile(path)).flatMap(titledIds))
  return [...files.flatMap(file => unknownIds(file, page)), ...pageFindings(page, tested)]
}

function unknownIds({ path, lines }: SourceFile, page: RequirementPage): Finding[] {
  if (!/^(src|test|native)\//.test(path)) return []
  return lines.flatMap((text, index) =>
    idsOf(text)
      .filter(id => !page.described.has(id))
      .map(id => {
        const advice = `${id} has no row in ${page.path}, describe it there`
        return { path, line: index + 1, rule: RULE, advice }
      }),
  )
}

function pageFindings(page: RequirementPage, tested: ReadonlySet<string>): Finding[] {
  const { path, described, unbuilt, repeated } = page
  const findings: Finding[] = []
  const add = (line: number, advice: string) => findings.push({ path, line, rule: RULE, advice })
  for (const [id, line] of described) {
    if (tested.has(id) || unbuilt.has(id)) continue
    add(line, `no test's title names ${id}, write the test or list it as not built`)
  }
  for (const [id, line] of unbuilt) {
    if (!described.has(id)) add(line, `${id} has no row above that says what it is`)
    if (tested.has(id)) add(line, `a test's title names ${id}, take it off this list`)
  }
  for (const [id, line] of repeated) add(line, `${id} has a row already`)
  return findings
}

/** The ids in the titles of a file's tests. */
function titledIds({ program }: SourceFile): string[] {
  const found: string[] = []
  if (program === null) return found
  walk(program, node => {
    if (node.type === 'CallExpression' && isTest(node.callee)) found.push(...idsOf(textOf(node.arguments[0])))
  })
  return found
}

/** `test`, `test.each(...)`, `describe` and the like. */
function isTest(callee: Node): boolean {
  if (callee.type === 'Identifier') return ['test', 'it', 'describe'].includes(callee.name)
  if (callee.type === 'CallExpression') return isTest(callee.callee)
  return callee.type === 'MemberExpression' && isTest(callee.object)
}

function textOf(title: Node | undefined): string {
  if (title?.type === 'Literal') return String(title.value)
  return title?.type === 'TemplateLiteral' ? title.quasis.map(({ value }) => value.raw).join(' ') : ''
}

function idsOf(text: string): string[] {
  return (text.match(ID) ?? []).filter(id => !OTHER_NUMBERS.test(id))
}
