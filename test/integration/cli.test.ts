import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const EXIT_MAX_MS = 10_000
const UNREAD_REQUESTS = 100_000

const runs: Run[] = []
let scratch = ''

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ottla-cli-'))
})

afterEach(async () => {
  for (const run of runs.splice(0)) await run.kill()
  rmSync(scratch, { recursive: true, force: true })
})

/** One run of the command line, in a process of its own. */
class Run {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[]) {
    const command = ['--import', 'tsx', 'src/main.ts', ...args]
    this.#child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString()
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.#exited = once(this.#child, 'close')
    runs.push(this)
  }

  /** Its exit code; null when a signal ended it. */
  async exitCode(): Promise<number | null> {
    const late = new Promise((_resolve, reject) => {
      setTimeout(() => reject(new Error('it does not end')), EXIT_MAX_MS).unref()
    })
    await Promise.race([this.#exited, late])
    return this.#child.exitCode
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Waits for the one line of a broker that listens, and answers its port. */
  async port(): Promise<number> {
    await expect.poll(() => this.stdout, { timeout: EXIT_MAX_MS }).toContain('\n')
    const [, port] = /listening on localhost:(\d+)/.exec(this.stdout)!
    return Number(port)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    if (!this.hasExited) this.#child.kill('SIGKILL')
    await this.#exited
  }
}

function dataDir(): string {
  return join(scratch, 'data')
}

function startArgs(...more: readonly string[]): string[] {
  return ['start', '--port', '0', '--data-dir', dataDir(), ...more]
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}

/** What a mistake of the user looks like: one line, no stack, exit code 1. */
async function refusal(run: Run): Promise<string> {
  expect(await run.exitCode()).toBe(1)
  expect(run.stdout).toBe('')
  const lines = linesOf(run.stderr)
  expect(lines).toHaveLength(1)
  return lines[0]!
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

test('--help names the command and its options, --version the version of the package', async () => {
  const help = new Run(['--help'])
  const start = new Run(['start', '--help'])
  expect([await help.exitCode(), await start.exitCode()]).toEqual([0, 0])
  expect(help.stdout).toContain('start')
  for (const option of ['--port', '--data-dir', '--override']) expect(start.stdout).toContain(option)
  const version = new Run(['--version'])
  expect(await version.exitCode()).toBe(0)
  const { version: expected } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(version.stdout).toBe(`${expected}\n`)
})

test('a broker says in one line where it listens; SIGTERM stops it cleanly', async () => {
  const run = new Run(startArgs())
  const port = await run.port()
  expect(linesOf(run.stdout)).toHaveLength(1)
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const expected = `ottla ${version} listening on localhost:${port}, data in ${dataDir()}, durability group, `
  expect(run.stdout).toMatch(/, started in \d+ ms\n$/)
  expect(run.stdout.startsWith(expected)).toBe(true)
  expect(run.stderr).toBe('')
  const socket = await connected(port)
  const closed = once(socket, 'close')
  socket.resume()
  expect(existsSync(join(dataDir(), '.kafka_cleanshutdown'))).toBe(false)
  run.signal('SIGTERM')
  expect(await run.exitCode()).toBe(0)
  await closed
  expect(existsSync(join(dataDir(), '.kafka_cleanshutdown'))).toBe(true)
  expect([run.stderr, linesOf(run.stdout).slice(1)]).toEqual(['', ['ottla stopped']])
})

test('SIGINT stops cleanly too', async () => {
  const run = new Run(startArgs())
  await run.port()
  run.signal('SIGINT')
  expect(await run.exitCode()).toBe(0)
  expect(existsSync(join(dataDir(), '.kafka_cleanshutdown'))).toBe(true)
})

test('a second signal ends the process at once, without the marker of a clean stop', async () => {
  const run = new Run(startArgs())
  const socket = await connected(await run.port())
  socket.on('error', () => {})
  // A client that does not read its answers holds up the stop, which waits for them for a while.
  const apiVersions = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0, 0]
  socket.write(Buffer.alloc(UNREAD_REQUESTS * apiVersions.length, Buffer.from(apiVersions)))
  await new Promise(resolve => setTimeout(resolve, 500))
  run.signal('SIGTERM')
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(run.hasExited).toBe(false)
  run.signal('SIGINT')
  expect(await run.exitCode()).toBe(1)
  socket.destroy()
  expect(existsSync(join(dataDir(), '.kafka_cleanshutdown'))).toBe(false)
})

test('a second broker on the same data directory is refused, the first one serves on', async () => {
  const first = new Run(startArgs())
  const port = await first.port()
  const line = await refusal(new Run(startArgs()))
  expect(line).toBe(`ottla: the data directory ${dataDir()} is in use by another process`)
  ;(await connected(port)).destroy()
  first.signal('SIGTERM')
  expect(await first.exitCode()).toBe(0)
})

test('a port in use is refused, and the directory is free again', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const line = await refusal(new Run(['start', '--port', String(port), '--data-dir', dataDir()]))
  expect(line).toBe(
    `ottla: cannot listen on localhost:${port}: the port is in use (--port takes another one)`,
  )
  server.close()
  const again = new Run(['start', '--port', String(port), '--data-dir', dataDir()])
  expect(await again.port()).toBe(port)
})

test('a bad value is one line that names its key', async () => {
  expect(await refusal(new Run(startArgs('--override', 'num.partitions=many')))).toContain('num.partitions')
})

test('a file that is not there, and an option that nobody knows, are one line', async () => {
  const missing = join(scratch, 'none.properties')
  const [noFile, noOption] = [new Run(['start', missing]), new Run(['start', '--prot', '1'])]
  expect(await refusal(noFile)).toContain(`cannot read ${missing}`)
  expect(await noOption.exitCode()).toBe(1)
  expect(noOption.stderr).toContain('--port')
})

test('an unknown key of the file is a warning with the nearest name, and the broker runs', async () => {
  const file = join(scratch, 'server.properties')
  writeFileSync(file, '# comment\nnum.partitons=3\nprocess.roles=broker,controller\n')
  const run = new Run(['start', file, '--port', '0', '--data-dir', dataDir()])
  await run.port()
  const lines = linesOf(run.stderr)
  expect(lines[0]).toBe(
    'ottla: warning: unknown configuration key num.partitons; did you mean num.partitions?',
  )
  expect(lines[1]).toContain('process.roles')
  expect(lines).toHaveLength(2)
})
