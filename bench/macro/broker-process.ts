import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Durability } from './cell.ts'
import { findFreePort, type Started, startChild, stopChild } from './child.ts'
import { makeDataDir } from './data-dir.ts'

export const KAFKA_VERSION = '4.3.1'
const KAFKA_LIBS = resolve('build/bench/kafka-libs')
const KAFKA_HEAP = '1g'
/** Of bin/kafka-run-class.sh of the same version. */
const KAFKA_JVM_OPTIONS = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
]

/** A broker in a process of its own, on a data directory that outlives restarts until `remove`. */
export interface BrokerProcess {
  readonly port: number
  readonly directory: string
  start(): Promise<Started>
  stop(): Promise<void>
  remove(): void
}

class Process implements BrokerProcess {
  readonly port: number
  readonly directory: string
  readonly #command: readonly string[]
  readonly #listeningText: string | null
  #started: Started | null = null

  constructor(port: number, directory: string, command: readonly string[], listeningText: string | null) {
    this.port = port
    this.directory = directory
    this.#command = command
    this.#listeningText = listeningText
  }

  async start(): Promise<Started> {
    const [program = '', ...options] = this.#command
    this.#started = await startChild(program, options, this.port, this.#listeningText)
    return this.#started
  }

  async stop(): Promise<void> {
    if (this.#started !== null) await stopChild(this.#started.child)
    this.#started = null
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export async function ottlaProcess(durability: Durability): Promise<BrokerProcess> {
  const port = await findFreePort()
  const directory = makeDataDir('ottla')
  const options = [
    '--port',
    String(port),
    '--data-dir',
    directory,
    '--override',
    `ottla.durability=${durability}`,
  ]
  const command = [process.execPath, 'dist/main.js', 'start', ...options]
  return new Process(port, directory, command, ' listening on ')
}

/** Durability is a setting of the topic there. */
export async function kafkaProcess(): Promise<BrokerProcess> {
  const port = await findFreePort()
  const controllerPort = await findFreePort()
  const directory = makeDataDir('kafka')
  const properties = join(directory, 'server.properties')
  mkdirSync(join(directory, 'data'))
  writeFileSync(properties, kafkaProperties(port, controllerPort, join(directory, 'data')))
  const clusterId = java('128m', ['kafka.tools.StorageTool', 'random-uuid']).trim()
  java('256m', ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties])
  const jvm = [`-Xms${KAFKA_HEAP}`, `-Xmx${KAFKA_HEAP}`, ...KAFKA_JVM_OPTIONS, '-cp', classPath()]
  return new Process(port, directory, ['java', ...jvm, 'kafka.Kafka', properties], null)
}

/** Copies Kafka's jars out of Maven Central; throws when they cannot be had. */
export function fetchKafka(): void {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${KAFKA_LIBS}`]
  const version = `-Dkafka.version=${KAFKA_VERSION}`
  execFileSync('mvn', ['-q', '-B', '-f', 'bench/apache-kafka/pom.xml', version, ...goal], { stdio: 'pipe' })
}

export function classPath(): string {
  return `bench/apache-kafka:${KAFKA_LIBS}/*`
}

function java(heap: string, options: readonly string[]): string {
  return execFileSync('java', [`-Xmx${heap}`, '-cp', classPath(), ...options], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
}

/** config/server.properties of the release, on loopback. */
function kafkaProperties(port: number, controllerPort: number, dataDir: string): string {
  const listeners = `PLAINTEXT://localhost:${port},CONTROLLER://localhost:${controllerPort}`
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@localhost:${controllerPort}`,
    `listeners=${listeners}`,
    `advertised.listeners=PLAINTEXT://localhost:${port}`,
    'inter.broker.listener.name=PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    `log.dirs=${dataDir}`,
    'num.network.threads=3',
    'num.io.threads=8',
    'socket.send.buffer.bytes=102400',
    'socket.receive.buffer.bytes=102400',
    'socket.request.max.bytes=104857600',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'log.retention.hours=168',
    'log.segment.bytes=1073741824',
    // Only so that the files of one sample are gone before the next.
    'log.segment.delete.delay.ms=1000',
    '',
  ].join('\n')
}
