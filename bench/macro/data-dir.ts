import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const PARENT = resolve('build/bench/data')

/** Beside the project, not in the system's temporary directory, which may be memory: fdatasync must mean something. */
export function makeDataDir(name: string): string {
  mkdirSync(PARENT, { recursive: true })
  return mkdtempSync(join(PARENT, `${name}-`))
}

export function removeDataDirs(): void {
  rmSync(PARENT, { recursive: true, force: true })
}
