import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NotRun } from './suite.ts'

const INSTALL_MAX_MS = 300_000

/**
 * Installs packages of PyPI into a virtual environment below `.cache/`, once, and answers its Python. A list of
 * requirements that has changed, or an installation that broke off, is made anew.
 */
export function installPythonClient(name: string, requirements: readonly string[]): string {
  const directory = join('.cache', name)
  const python = join(directory, 'bin/python')
  const stampPath = join(directory, 'requirements.txt')
  const stamp = `${requirements.join('\n')}\n`
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return python
  rmSync(directory, { recursive: true, force: true })
  mkdirSync('.cache', { recursive: true })
  runOrRefuse('python3', ['-m', 'venv', directory])
  runOrRefuse(python, ['-m', 'pip', 'install', '--quiet', ...requirements])
  writeFileSync(stampPath, stamp)
  return python
}

function runOrRefuse(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_MAX_MS })
  if (status === 0) return
  const why = error === undefined ? stderr.slice(-500) : error.message
  throw new NotRun(`${program} ${args.join(' ')}: ${why}`)
}
