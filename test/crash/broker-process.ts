import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A broker in a process of its own, so that it can be killed. */
export class BrokerProcess {
  readonly #dataDir: string
  readonly port: number
  #process: ChildProcess | undefined
  #output = ''

  constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir
    this.port = port
  }

  /** What it said last, for the report of a failure. */
  get output(): string {
    return this.#output.slice(-4000)
  }

  start(): void {
    const options = ['--port', String(this.port), '--data-dir', this.#dataDir]
    const args = ['--import', 'tsx', 'src/main.ts', 'start', ...options]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (chunk: Buffer) => this.#remember(chunk))
    child.stderr.on('data', (chunk: Buffer) => this.#remember(chunk))
    this.#process = child
  }

  /** SIGKILL: no time for a last word. What is in the page cache survives. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  #remember(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString()).slice(-16_000)
  }
}

/** A port of this machine that nobody uses now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
