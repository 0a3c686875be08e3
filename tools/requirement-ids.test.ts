import { expect, test } from 'vitest'
import { readRequirementPage } from './tidy/requirement-page.ts'
import { requirementIds } from './tidy/rules/requirement-ids.ts'
import { readSource } from './tidy/source-file.ts'

const PAGE = [
  '| id | what the broker does | source |',
  '|---|---|---|',
  '| NET-1 | one | KIP-1 |',
  '| NET-2 | two, unlike NET-9 | KIP-2 |',
  '## Not built yet',
  '| NET-2 | waits for NET-1 |',
]

/** `path:line advice` of every finding. */
function findings(files: Readonly<Record<string, string>>, page: readonly string[] = PAGE): string[] {
  const sources = Object.entries(files).map(([path, text]) => readSource(path, text))
  return requirementIds(sources, readRequirementPage('page.md', page.join('\n'))).map(
    ({ path, line, advice }) => `${path}:${line} ${advice}`,
  )
}

const TESTED = { 'src/a.test.ts': "test('NET-1: works', () => {})" }

test('a page whose rows are tested or not built has no findings', () => {
  expect(findings(TESTED)).toEqual([])
})

test.each(['src/a.ts', 'src/a.test.ts', 'test/a.test.ts', 'native/core/a.cc'])(
  'an id in %s has to be in the page',
  path => {
    const file = { [path]: '\n// As NET-1 and FET-12 say.' }
    const advice = `${path}:2 FET-12 has no row in page.md, describe it there`
    expect(findings({ 'test/b.test.ts': TESTED['src/a.test.ts'], ...file })).toEqual([advice])
  },
)

test('other numbers are no ids, and other folders name what they like', () => {
  const text = '// KIP-98, UTF-8, CVE-202, CRC-32, SHA-256, KAFKA-123, NET-x, 4.4-IV2'
  expect(findings({ ...TESTED, 'src/b.ts': text, 'tools/c.ts': '// FET-12' })).toEqual([])
})

test('a row that no title names is found, whatever comments and bodies say', () => {
  const untested = "page.md:3 no test's title names NET-1, write the test or list it as not built"
  expect(findings({})).toEqual([untested])
  expect(findings({ 'src/a.ts': '// NET-1' })).toEqual([untested])
  expect(findings({ 'src/a.test.ts': "// NET-1\ntest('x', () => f('NET-1'))" })).toEqual([untested])
  expect(findings({ 'src/a.test.ts': "log.warn('NET-1')\nlatest('NET-1')" })).toEqual([untested])
  expect(findings({ 'src/a.ts': "test('NET-1', f)" })).toEqual([untested])
})

test.each([
  "test('x and NET-1 y', f)",
  `test(\`NET-1 \${x}\`, f)`,
  "test.each([1])('NET-1 of %i', f)",
  "describe('NET-1', () => { test('x', f) })",
  "test.each<A>([1])(\n  'NET-1 of %i',\n  f,\n)",
])('a title is found in %s', text => {
  expect(findings({ 'test/a.sim.test.ts': text })).toEqual([])
})

test('what is tested, or is described nowhere, does not stand on the list of what is not built', () => {
  const tested = { 'src/a.test.ts': "test('NET-1, NET-2', f)" }
  expect(findings(tested)).toEqual(["page.md:6 a test's title names NET-2, take it off this list"])
  expect(findings(TESTED, [...PAGE, '| NET-7 | waits |'])).toEqual([
    'page.md:7 NET-7 has no row above that says what it is',
  ])
})

test('an id has one row', () => {
  const page = [PAGE[2]!, PAGE[2]!, ...PAGE.slice(3)]
  expect(findings(TESTED, page)).toEqual(['page.md:2 NET-1 has a row already'])
})
