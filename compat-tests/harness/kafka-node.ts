import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import type { KafkaRelease } from './kafka-release.ts'
import type { TestedBroker } from './tested-broker.ts'

const START_MAX_MS = 60_000
const CONNECT_INTERVAL_MS = 200

/** A real Kafka of one node, formatted and stopped; its files are in `dataDir`. */
export class KafkaNode {
  readonly dataDir: string
  readonly port: number
  readonly #release: KafkaRelease
  readonly #directory: string
  #process: ChildProcess | null = null

  private constructor(release: KafkaRelease, directory: string, port: number) {
    this.#release = release
    this.#directory = directory
    this.port = port
    this.dataDir = join(directory, 'data')
  }

  static async format(release: KafkaRelease, directory: string): Promise<KafkaNode> {
    const port = await findFreePort()
    const node = new KafkaNode(release, directory, port)
    mkdirSync(node.dataDir, { recursive: true })
    writeFileSync(node.#propertiesPath, propertiesOf(port, await findFreePort(), node.dataDir))
    const clusterId = release.runJava('kafka.tools.StorageTool', ['random-uuid']).text.trim()
    const options = ['format', '-t', clusterId, '-c', node.#propertiesPath]
    const { status, text } = release.runJava('kafka.tools.StorageTool', options)
    if (status !== 0) throw new Error(`Kafka could not format its directory: ${text}`)
    return node
  }

  /** Comes back when it listens; some requests may still be refused for a moment. */
  async start(): Promise<void> {
    const logPath = join(this.#directory, 'output.log')
    const child = spawn('java', [...this.#release.javaOptions('512m'), 'kafka.Kafka', this.#propertiesPath])
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => appendFileSync(logPath, bytes))
    this.#process = child
    const deadlineMs = Date.now() + START_MAX_MS
    while (Date.now() < deadlineMs && child.exitCode === null) {
      if (await listens(this.port)) return
      await new Promise(resolve => setTimeout(resolve, CONNECT_INTERVAL_MS))
    }
    await this.stop()
    throw new Error(`Kafka does not listen: ${readFileSync(logPath, 'utf8').slice(-2000)}`)
  }

  /** A clean stop. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  get #propertiesPath(): string {
    return join(this.#directory, 'server.properties')
  }
}

/** A real Kafka in the place of Ottla: the same cases on it show whether they are right. */
export async function startKafkaUnderTest(release: KafkaRelease): Promise<TestedBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-compat-kafka-'))
  const node = await KafkaNode.format(release, directory)
  await node.start()
  return {
    bootstrap: `localhost:${node.port}`,
    isOurs: true,
    dataDir: node.dataDir,
    async killAndRestart() {
      await node.kill()
      await node.start()
    },
    async stop() {
      await node.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // Refused: the caller tries again until its time is over.
    return false
  } finally {
    socket.destroy()
  }
}

function propertiesOf(port: number, controllerPort: number, dataDir: string): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@localhost:${controllerPort}`,
    `listeners=PLAINTEXT://localhost:${port},CONTROLLER://localhost:${controllerPort}`,
    'inter.broker.listener.name=PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'offsets.topic.replication.factor=1',
    'group.initial.rebalance.delay.ms=0',
    `log.dirs=${dataDir}`,
    '',
  ].join('\n')
}
