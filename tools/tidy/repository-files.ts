import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSource, type SourceFile } from './source-file.ts'

const GENERATED = /^src\/protocol\/generated\//

/** Every source file that git knows or would add, but the generated ones. */
export function repositoryFiles(root: string): SourceFile[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs', '*.cc', '*.h']
  const names = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n')
  const paths = [...new Set(names)].filter(
    path => path !== '' && !GENERATED.test(path) && existsSync(join(root, path)),
  )
  return paths.sort().map(path => readSource(path, readFileSync(join(root, path), 'utf8')))
}
