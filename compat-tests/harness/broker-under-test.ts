import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import type { TestedBroker } from './tested-broker.ts'

const START_MAX_MS = 30_000

/** The broker that a suite talks to: one of ours in a process of its own, or whatever BOOTSTRAP names. */
export class BrokerUnderTest implements TestedBroker {
  readonly bootstrap: string
  readonly isOurs: boolean
  readonly dataDir: string | null
  readonly #port: number
  #process: ChildProcess | null = null

  private constructor(bootstrap: string, isOurs: boolean, dataDir: string | null, port: number) {
    this.bootstrap = bootstrap
    this.isOurs = isOurs
    this.dataDir = dataDir
    this.#port = port
  }

  static async start(): Promise<BrokerUnderTest> {
    const bootstrap = process.env.BOOTSTRAP
    if (bootstrap !== undefined) return new BrokerUnderTest(bootstrap, false, null, 0)
    const port = await findFreePort()
    const dataDir = mkdtempSync(join(tmpdir(), 'ottla-compat-'))
    const broker = new BrokerUnderTest(`localhost:${port}`, true, dataDir, port)
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
    const options = ['--port', String(this.#port), '--data-dir', this.dataDir!]
    const program = ['--import', 'tsx', 'src/main.ts', 'start', ...options]
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] })
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
