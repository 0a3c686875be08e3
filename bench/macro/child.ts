import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const START_MAX_MS = 60_000
const STOP_MAX_MS = 60_000
const PROBE_INTERVAL_MS = 5

export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  /** From the spawn to the line that says it listens, or to the first connection. */
  readonly startMs: number
}

/** Starts a program and waits until its output holds `listeningText`, or, if that is null, until the port answers. */
export async function startChild(
  program: string,
  options: readonly string[],
  port: number,
  listeningText: string | null,
): Promise<Started> {
  const startedAtMs = performance.now()
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] })
  killWithThisProcess(child)
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const listening = listeningText === null ? answering(port, child) : saying(child, listeningText)
  if (listeningText === null) child.stdout.resume()
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${program} ended: ${output}`)))
  const late = sleep(START_MAX_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${program} does not listen: ${output}`)
  })
  await Promise.race([listening, ended, late])
  ended.catch(() => undefined) // from here on its end is the business of whoever asks it
  late.catch(() => undefined)
  return { child, pid: child.pid ?? 0, startMs: performance.now() - startedAtMs }
}

/** An interrupted benchmark leaves no broker behind. */
function killWithThisProcess(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS)
  await exited
  clearTimeout(kill)
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function saying(child: ChildProcess, text: string): Promise<void> {
  return new Promise(resolve => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes(text)) resolve()
    })
  })
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && !(await answers(port))) await sleep(PROBE_INTERVAL_MS)
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
