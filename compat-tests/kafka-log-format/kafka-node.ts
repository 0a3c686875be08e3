import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { KafkaConnection } from './kafka-connection.ts'
import { javaOptions, runJava } from './kafka-release.ts'

const START_MAX_MS = 60_000
const CONNECT_INTERVAL_MS = 200

/** A real Kafka of one node, formatted and stopped; its files are in `dataDir`. */
export class KafkaNode {
  readonly dataDir: string
  readonly #port: number
  readonly #directory: string
  #process: ChildProcess | null = null

  private constructor(directory: string, port: number) {
    this.#directory = directory
    this.#port = port
    this.dataDir = join(directory, 'data')
  }

  static async format(directory: string): Promise<KafkaNode> {
    const port = await findFreePort()
    const node = new KafkaNode(directory, port)
    mkdirSync(node.dataDir, { recursive: true })
    writeFileSync(node.#propertiesPath, propertiesOf(port, await findFreePort(), node.dataDir))
    const clusterId = runJava('kafka.tools.StorageTool', ['random-uuid']).text.trim()
    const options = ['format', '-t', clusterId, '-c', node.#propertiesPath]
    const { status, text } = runJava('kafka.tools.StorageTool', options)
    if (status !== 0) throw new Error(`Kafka could not format its directory: ${text}`)
    return node
  }

  async start(): Promise<KafkaConnection> {
    const logPath = join(this.#directory, 'output.log')
    const child = spawn('java', [...javaOptions('512m'), 'kafka.Kafka', this.#propertiesPath])
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => appendFileSync(logPath, bytes))
    this.#process = child
    const deadlineMs = Date.now() + START_MAX_MS
    while (Date.now() < deadlineMs && child.exitCode === null) {
      const connection = await KafkaConnection.open(this.#port)
      if (connection !== null) return connection
      await new Promise(resolve => setTimeout(resolve, CONNECT_INTERVAL_MS))
    }
    await this.stop()
    throw new Error(`Kafka does not listen: ${readFileSync(logPath, 'utf8').slice(-2000)}`)
  }

  /** A clean stop. */
  async stop(): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }

  get #propertiesPath(): string {
    return join(this.#directory, 'server.properties')
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
    `log.dirs=${dataDir}`,
    '',
  ].join('\n')
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
