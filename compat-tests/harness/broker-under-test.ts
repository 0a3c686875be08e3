import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import type { TestedBroker } from './tested-broker.ts'

const START_MAX_MS = 30_000

/** For a broker of ours. */
export interface BrokerSettings {
  /** `key=value`, as in server.properties. */
  readonly overrides?: readonly string[]
  /** Beside what this process has. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The broker that a suite talks to: one of ours in a process of its own, or whatever BOOTSTRAP names. */
export class BrokerUnderTest implements TestedBroker {
  readonly bootstrap: string
  readonly isOurs: boolean
  readonly dataDir: string | null
  readonly port: number
  readonly #settings: BrokerSettings
  #process: ChildProcess | null = null

  private constructor(bootstrap: string, dataDir: string | null, port: number, settings: BrokerSettings) {
    this.bootstrap = bootstrap
    this.isOurs = dataDir !== null
    this.dataDir = dataDir
    this.port = port
    this.#settings = settings
  }

  static async start(settings: BrokerSettings = {}): Promise<BrokerUnderTest> {
    const bootstrap = process.env.BOOTSTRAP
    if (bootstrap !== undefined) return new BrokerUnderTest(bootstrap, null, 0, {})
    const port = await findFreePort()
    const dataDir = mkdtempSync(join(tmpdir(), 'ottla-compat-'))
    const broker = new BrokerUnderTest(`localhost:${port}`, dataDir, port, settings)
    await broker.#launch()
    return broker
  }

  async killAndRestart(): Promise<void> {
    await this.#end('SIGKILL')
    await this.#launch()
  }

  async stop(): Promise<void> {
    if (this.dataDir === null) return
    await this.#end('SIGTERM')
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  async #launch(): Promise<void> {
    const { overrides = [], environment = {} } = this.#settings
    const options = ['--port', String(this.port), '--data-dir', this.dataDir!]
    for (const override of overrides) options.push('--override', override)
    const program = ['--import', 'tsx', 'src/main.ts', 'start', ...options]
    const env = { ...process.env, ...environment }
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'], env })
    this.#process = child
    await Promise.race([
      listeningLine(child),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the broker ended with code ${code}`))),
      later(START_MAX_MS).then(() => Promise.reject(new Error('the broker does not listen'))),
    ])
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

function listeningLine(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes(' listening on ')) resolve()
    })
  })
}

function later(delayMs: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, delayMs).unref()
  })
}
