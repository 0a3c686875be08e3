import { expect, test } from 'vitest'
import { check } from './tidy/check.ts'
import { measure } from './tidy/figures.ts'
import { functionsOf } from './tidy/functions.ts'
import { readSource } from './tidy/source-file.ts'

/** `rule:line` of every finding in a file of this path and text. */
function findings(path: string, text: string): string[] {
  return check([readSource(path, text)]).map(({ rule, line }) => `${rule}:${line}`)
}

const lines = (count: number, text: string) => `${text}\n`.repeat(count)
const handler = (api: string) => `const h = defineHandler<A, B>({ codec: ${api}Codec, versions: [0, 1] })\n`

const BAD: readonly [what: string, path: string, text: string, found: string[]][] = [
  ['an import against the table', 'src/storage/a.ts', "import { x } from '../network/x.ts'", ['imports:1']],
  ['a sibling of the same row', 'src/security/a.ts', "import { x } from '../metadata/x.ts'", ['imports:1']],
  ['a type alone', 'src/base/a.ts', "import type { X } from '../storage/x.ts'", ['imports:1']],
  ['a re-export', 'src/config/a.ts', "export { x } from '../storage/x.ts'", ['imports:1']],
  ['an import at run time', 'src/config/a.ts', "const x = await import('../storage/x.ts')", ['imports:1']],
  ['an inline type import', 'src/config/a.ts', "type X = import('../storage/x.ts').X", ['imports:1']],
  ['a room without a row', 'src/extra/a.ts', "import { x } from '../base/x.ts'", ['imports:1']],
  [
    'a gateway past the broker API',
    'src/gateways/http/a.ts',
    "import '../../broker/broker.ts'",
    ['imports:1'],
  ],
  ['test code in the product', 'src/base/a.ts', "import { x } from './x.test-support.ts'", ['imports:1']],
  [
    'real timers by import',
    'src/storage/a.ts',
    "import { setTimeout } from 'node:timers/promises'",
    ['imports:1'],
  ],
  ['a module of Node in pure code', 'src/protocol/a.ts', "import { join } from 'node:path'", ['pure:1']],
  ['the wall clock', 'src/broker/a.ts', '\nconst f = () => Date.now()', ['ports:2']],
  ['the wall clock as a value', 'src/broker/a.ts', 'const clock = { wallMs: Date.now }', ['ports:1']],
  ['a new Date of now', 'src/broker/a.ts', 'const f = () => new Date()', ['ports:1']],
  ['randomness', 'src/coordination/a.ts', 'const f = () => Math.random()', ['ports:1']],
  ['a timer', 'src/network/a.ts', 'const f = () => setTimeout(g, 5)', ['ports:1']],
  ['the process in pure code', 'src/metadata/image/a.ts', 'const f = () => process.env', ['ports:1']],
  ['a module variable', 'src/broker/a.ts', 'let count = 0', ['module-state:1']],
  ['an exported variable', 'src/broker/a.ts', 'export let count = 0', ['module-state:1']],
  [
    'a Map that is filled',
    'src/broker/a.ts',
    'const all = new Map()\nconst f = () => all.set(1, 2)',
    ['module-state:2'],
  ],
  [
    'an array that grows',
    'src/broker/a.ts',
    'const all = []\nconst f = x => { all.push(x) }',
    ['module-state:2'],
  ],
  [
    'a buffer that is written',
    'src/broker/a.ts',
    'const b = new Uint8Array(8)\nconst f = x => { b[0] = x }',
    ['module-state:2'],
  ],
  [
    'a counter in an object',
    'src/broker/a.ts',
    'const o = { n: 0 }\nconst f = () => { o.n++ }',
    ['module-state:2'],
  ],
  [
    'a member that is deleted',
    'src/broker/a.ts',
    'const o = { n: 0 }\nconst f = () => { delete o.n }',
    ['module-state:2'],
  ],
  [
    'a nested member',
    'src/broker/a.ts',
    'const o = { a: [] }\nconst f = () => { o.a.push(1) }',
    ['module-state:2'],
  ],
  [
    'an object filled by assign',
    'src/broker/a.ts',
    'const o = {}\nconst f = x => Object.assign(o, x)',
    ['module-state:2'],
  ],
  ['an object of a class', 'src/broker/a.ts', 'const cache = new Cache(10)', ['module-state:1']],
  ['an exported open Map', 'src/broker/a.ts', 'export const all = new Map()', ['module-state:1']],
  ['a static field', 'src/broker/a.ts', 'class A {\n  static count = 0\n}', ['module-state:2']],
  ['a default export', 'src/base/a.ts', 'export default 1', ['no-default-export:1']],
  ['an enum', 'src/base/a.ts', 'enum A { X }', ['no-enum:1']],
  ['a private field', 'src/base/a.ts', 'export class A { private x = 1 }', ['no-private-keyword:1']],
  ['a private method', 'src/base/a.ts', 'export class A { private x() {} }', ['no-private-keyword:1']],
  ['a private constructor', 'src/base/a.ts', 'export class A { private constructor() {} }', []],
  ['an error that is dropped', 'src/base/a.ts', 'try { f() } catch { }', ['no-empty-catch:1']],
  ['a skipped test', 'src/base/a.test.ts', "test.skip('x', () => {})", ['no-skipped-test:1']],
  ['a long file', 'src/base/a.ts', lines(501, '// x'), ['file-length:1']],
  ['a long line', 'src/base/a.ts', `\n// ${'x'.repeat(118)}`, ['line-length:2']],
  ['a long function', 'src/base/a.ts', `function f() {\n${lines(69, '  g()')}}\n`, ['function-length:1']],
  [
    'a long method',
    'src/base/a.ts',
    `class A {\n  m() {\n${lines(69, '    g()')}  }\n}\n`,
    ['function-length:2'],
  ],
  [
    'a long function of C++',
    'native/core/a.cc',
    `int f(int a,\n      int b) {\n${lines(68, '  g();')}}\n`,
    ['function-length:1'],
  ],
  ['utils', 'src/base/utils.ts', '', ['file-name:1']],
  ['utils with a suffix', 'tools/utils.test.ts', '', ['file-name:1']],
  ['a folder of helpers', 'src/helpers/x.ts', '', ['file-name:1']],
  ['capitals in a name', 'src/base/myFile.ts', '', ['file-name:1']],
  ['two handlers', 'src/broker/handlers/fetch.ts', handler('fetch') + handler('produce'), ['api-file:2']],
  ['a handler of another name', 'src/broker/handlers/list.ts', handler('listGroups'), ['api-file:1']],
  ['no handler', 'src/broker/handlers/names.ts', 'export const x = 1', ['api-file:1']],
]

test.each(BAD)('finds %s', (_what, path, text, found) => {
  expect(findings(path, text)).toEqual(found)
})

const GOOD: readonly [what: string, path: string, text: string][] = [
  ['imports of the table', 'src/storage/a.ts', "import { x } from '../native/x.ts'"],
  [
    'imports within a room',
    'src/broker/handlers/list-groups.ts',
    `import '../handler.ts'\n${handler('listGroups')}`,
  ],
  ['the broker API in a gateway', 'src/gateways/http/a.ts', "import '../../broker/api.ts'"],
  ['any import in a test', 'src/storage/a.test.ts', "import '../network/x.ts'\nimport 'node:fs'"],
  ['real time in platform', 'src/platform/a.ts', 'const f = () => Date.now()'],
  ['real time in tests', 'src/broker/a.test.ts', 'const f = () => Date.now()'],
  ['a Date of a given time', 'src/broker/a.ts', 'const f = ms => new Date(ms)'],
  ['the process outside pure code', 'src/cli/a.ts', 'const f = () => process.env'],
  [
    'a table that is only read',
    'src/broker/a.ts',
    'const all = new Map([[1, 2]])\nconst f = x => all.get(x)',
  ],
  [
    'an exported read-only table',
    'src/broker/a.ts',
    'export const all: ReadonlyMap<number, number> = new Map()',
  ],
  ['an exported constant table', 'src/broker/a.ts', 'export const all = [1, 2] as const'],
  ['a local of the same name', 'src/broker/a.ts', 'const all = []\nfunction f(all) { all.push(1) }'],
  [
    'a block local of the same name',
    'src/broker/a.ts',
    'const o = {}\nfunction f() { const o = {}; o.x = 1 }',
  ],
  ['a loop local of the same name', 'src/broker/a.ts', 'const o = {}\nfor (const o of []) { o.x = 1 }'],
  ['a destructured parameter', 'src/broker/a.ts', 'const o = {}\nconst f = ({ a: o }) => { o.x = 1 }'],
  ['a constant static field', 'src/broker/a.ts', 'class A {\n  static readonly MAX = 1\n}'],
  ['a text decoder', 'src/broker/a.ts', 'const decoder = new TextDecoder()'],
  ['a default export of settings', 'x.config.ts', 'export default {}'],
  ['a function of 70 lines', 'src/base/a.ts', `function f() {\n${lines(68, '  g()')}}\n`],
  [
    'a long group of tests',
    'src/base/a.test.ts',
    `describe('x', () => {\n${lines(100, "  test('y', f)")}})\n`,
  ],
  ['a file of 500 lines', 'src/base/a.ts', lines(500, '// x')],
  ['a long table', 'src/protocol/schemas/fetch.ts', lines(600, '// x')],
  [
    'a class of C++',
    'native/core/a.h',
    `class A {\n${lines(100, '  int x;')}};\n\nint f() {\n  return 1;\n}\n`,
  ],
]

test.each(GOOD)('lets pass %s', (_what, path, text) => {
  expect(findings(path, text)).toEqual([])
})

test('a finding says where it is and what to do', () => {
  const [finding] = check([readSource('src/base/a.ts', 'enum A { X }')])
  expect(finding?.advice).toContain('as const')
})

test('a file that cannot be parsed is an error, not a file without findings', () => {
  expect(() => readSource('src/base/a.ts', 'const = 1')).toThrow('src/base/a.ts cannot be parsed')
})

test.each([
  ['function f() {}', 'f'],
  ['const f = () => {}', 'f'],
  ['class A { #f() {} }', 'f'],
  ["test('a title', () => {})", "'a title'"],
  ['run(() => {})', 'anonymous'],
])('names the function of %s', (text, name) => {
  expect(functionsOf(readSource('src/base/a.ts', text)).map(found => found.name)).toEqual([name])
})

test('the figures count every function and leave tables out', () => {
  const functions = Array.from(
    { length: 10 },
    (_, index) => `function f${index}() {\n${lines(index, '  g()')}}\n`,
  )
  const figures = measure([
    readSource('src/base/a.ts', functions.join('')),
    readSource('src/protocol/schemas/fetch.ts', `function table() {\n${lines(100, '  g()')}}\n`),
  ])
  expect(figures).toMatchObject({ functionCount: 10, functionLengthP90Lines: 10 })
  expect(figures?.longestFunction).toMatchObject({ name: 'f9', lengthLines: 11 })
  expect(figures?.longestFile).toEqual({ path: 'src/base/a.ts', lengthLines: 65 })
})
