import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from './base/logger.ts'
import { Broker } from './broker/broker.ts'
import { createNativePlatform } from './broker/native-platform.ts'
import { startProblem } from './broker/start-problem.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { parseBrokerConfig } from './config/parse-broker-config.ts'
import { type LogLevel, PinoLogger } from './platform/pino-logger.ts'

export type { Logger } from './base/logger.ts'

/** A topic that exists when `startBroker` resolves. */
export interface TopicOptions {
  readonly name: string
  /** 1 when absent. */
  readonly partitions?: number
  /** Topic settings under Kafka's names, such as `retention.ms`. */
  readonly configs?: Readonly<Record<string, string>>
}

export interface StartBrokerOptions {
  /** Port on localhost; 0, the default, takes a free one. */
  readonly port?: number
  /** Where the data is kept. Without it a fresh temporary directory, which `close` removes. */
  readonly dataDir?: string
  /** Created unless they exist; a name stands for a topic with one partition. */
  readonly topics?: readonly (TopicOptions | string)[]
  /** Broker settings under Kafka's names, as in server.properties; they win over `port` and `dataDir`. */
  readonly config?: Readonly<Record<string, string>>
  /** Lines on standard error from this level on; `silent`, the default, for none. */
  readonly logLevel?: LogLevel
  /** Takes the log lines instead of standard error. */
  readonly logger?: Logger
}

const OPTION_NAMES = ['port', 'dataDir', 'topics', 'config', 'logLevel', 'logger']
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent']

/** A broker in this process. */
export interface EmbeddedBroker extends AsyncDisposable {
  /** `host:port` for a client's bootstrap servers. */
  readonly bootstrapServers: string
  readonly clusterId: string
  /** The clean stop; after it nothing of the broker is left: no socket, thread, timer, or temporary file. */
  close(): Promise<void>
}

/**
 * Starts a broker on localhost; any number of them may run in one process. Rejects with an Error whose message is one
 * line: a bad setting, a port in use, a data directory that another broker holds.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<EmbeddedBroker> {
  checkOptions(options)
  const temporaryDir = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'ottla-')) : null
  const removeTemporaryDir = () => {
    if (temporaryDir !== null) rmSync(temporaryDir, { recursive: true, force: true })
  }
  try {
    const logger = options.logger ?? new PinoLogger({ level: options.logLevel ?? 'silent', readable: false })
    const config = configOf(options, options.dataDir ?? temporaryDir!, logger)
    const broker = await launch(config, logger)
    const close = async () => {
      await broker.close()
      removeTemporaryDir()
    }
    const { bootstrapServers } = broker
    const { clusterId } = broker.metadata
    await createTopics(broker, options.topics ?? []).catch(async error => {
      await broker.close()
      throw error
    })
    return { bootstrapServers, clusterId, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    removeTemporaryDir()
    throw error
  }
}

/** A caller in plain JavaScript is not held to the types. */
function checkOptions(options: StartBrokerOptions): void {
  const unknown = Object.keys(options).find(name => !OPTION_NAMES.includes(name))
  if (unknown !== undefined) {
    throw new Error(`startBroker has no option ${unknown}; there are ${OPTION_NAMES.join(', ')}`)
  }
  const { logLevel = 'silent' } = options
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new Error(`logLevel ${String(logLevel)}: expected one of ${LOG_LEVELS.join(', ')}`)
  }
}

async function launch(config: BrokerConfig, logger: Logger): Promise<Broker> {
  try {
    return await Broker.start(config, createNativePlatform(logger))
  } catch (error) {
    throw startProblem(error, config)
  }
}

function configOf(options: StartBrokerOptions, dataDir: string, logger: Logger): BrokerConfig {
  const entries = new Map([
    ['listeners', `PLAINTEXT://localhost:${options.port ?? 0}`],
    ['log.dirs', dataDir],
    ...Object.entries(options.config ?? {}),
  ])
  for (const [key, value] of entries) {
    if (typeof value !== 'string')
      throw new Error(`config ${key}: expected a string, as in server.properties`)
  }
  const parsed = parseBrokerConfig(entries)
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  for (const warning of parsed.warnings) logger.warn({}, warning)
  return parsed.config
}

async function createTopics(broker: Broker, topics: readonly (TopicOptions | string)[]): Promise<void> {
  for (const topic of topics) {
    const { name, partitions = 1, configs = {} } = typeof topic === 'string' ? { name: topic } : topic
    if (broker.metadata.image.topic(name) !== undefined) continue
    const result = await broker.metadata.createTopic({
      name,
      numPartitions: partitions,
      replicationFactor: -1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })
    if (!result.ok) throw new Error(`topic ${name} could not be created: ${result.errorMessage}`)
  }
}
