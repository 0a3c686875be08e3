import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NotRun } from './suite.ts'

const INSTALL_MAX_MS = 300_000

/**
 * Installs packages of PyPI into a virtual environment below `.cache/`, once, and answers its Python. A list of
 * requirements that has changed, or an installation that broke off, is made anew. `startup` is a line that this Python
 * runs before any program; it begins with an import.
 */
export function installPythonClient(name: string, requirements: readonly string[], startup = ''): string {
  const directory = join('.cache', name)
  const python = join(directory, 'bin/python')
  const stampPath = join(directory, 'requirements.txt')
  const stamp = `${[...requirements, startup].join('\n')}\n`
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return python
  rmSync(directory, { recursive: true, force: true })
  mkdirSync('.cache', { recursive: true })
  runOrRefuse('python3', ['-m', 'venv', directory])
  runOrRefuse(python, ['-m', 'pip', 'install', '--quiet', ...requirements])
  if (startup !== '') writeFileSync(join(sitePackagesOf(python), 'startup.pth'), `${startup}\n`)
  writeFileSync(stampPath, stamp)
  return python
}

function sitePackagesOf(python: string): string {
  return runOrRefuse(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']).trim()
}

function runOrRefuse(program: string, args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: INSTALL_MAX_MS,
  })
  if (status === 0) return stdout
  const why = error === undefined ? stderr.slice(-500) : error.message
  throw new NotRun(`${program} ${args.join(' ')}: ${why}`)
}
