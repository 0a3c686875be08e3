import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { NotRun, type Suite } from './suite.ts'
import type { TestedBroker } from './tested-broker.ts'

const PROCESS_MAX_MS = 80_000
/** What a case prints that wants the broker killed; see cases.py. */
const KILL_LINE = 'kill the broker and start it again'
const WHY_MAX_CHARS = 1500

interface ListedCase {
  readonly name: string
  readonly kills_broker: boolean
}

function environmentOf(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' }
}

/** Adds the cases of a script. When its client cannot be installed, that is one case that is not run. */
export function addPythonCases(suite: Suite, label: string, install: () => string, script: string): void {
  try {
    const python = install()
    for (const listed of listCases(python, script)) {
      suite.add(`${label}: ${listed.name}`, broker => runCase(python, script, listed, broker))
    }
  } catch (error) {
    suite.add(`${label} can be installed`, () => Promise.reject(error))
  }
}

function listCases(python: string, script: string): ListedCase[] {
  const options = { encoding: 'utf8', env: environmentOf(), timeout: PROCESS_MAX_MS } as const
  const { status, stdout, stderr } = spawnSync(python, [script, 'list'], options)
  if (status !== 0) throw new Error(`${script} cannot be loaded: ${stderr.slice(-WHY_MAX_CHARS)}`)
  return JSON.parse(stdout) as ListedCase[]
}

async function runCase(
  python: string,
  script: string,
  { name, kills_broker }: ListedCase,
  broker: TestedBroker,
): Promise<void> {
  if (kills_broker && !broker.isOurs) throw new NotRun('the broker is not ours to kill')
  const child = spawn(python, [script, 'run', broker.bootstrap, name], {
    env: environmentOf(),
    timeout: PROCESS_MAX_MS,
    killSignal: 'SIGKILL',
  })
  const complaints: string[] = []
  child.stderr.on('data', (bytes: Buffer) => complaints.push(bytes.toString()))
  answerKills(child, broker)
  const [code, signal] = await once(child, 'close')
  if (code === 0) return
  const why = complaints.join('').trim().slice(-WHY_MAX_CHARS)
  throw new Error(signal === null ? why : `ended with ${signal} after ${PROCESS_MAX_MS} ms at most: ${why}`)
}

function answerKills(child: ChildProcess, broker: TestedBroker): void {
  createInterface({ input: child.stdout! }).on('line', line => {
    if (line !== KILL_LINE) return
    broker.killAndRestart().then(
      () => child.stdin!.write('done\n'),
      // A broker that does not come back ends the case by its time limit, and this says why.
      error => console.error(error),
    )
  })
}
