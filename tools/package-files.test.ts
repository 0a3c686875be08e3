import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the package carries the broker and nothing that only tests need', () => {
  const options = { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' } as const
  const report = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options)
  const [packed] = JSON.parse(report) as { files: { path: string }[] }[]
  const paths = packed!.files.map(({ path }) => path)
  expect(paths).toContain('binding.gyp')
  expect(paths).toContain('native/install.mjs')
  expect(paths.filter(path => /\.test|^native\/test/.test(path))).toEqual([])
})
