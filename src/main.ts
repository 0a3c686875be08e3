#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Broker } from './broker/broker.ts'
import { createNativePlatform } from './broker/native-platform.ts'
import { startProblem } from './broker/start-problem.ts'
import { createProgram } from './cli/create-program.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { PinoLogger } from './platform/pino-logger.ts'
import { SystemClock } from './platform/system-clock.ts'

async function launchBroker(config: BrokerConfig): Promise<Broker> {
  const logger = new PinoLogger({ level: 'info', readable: process.stderr.isTTY === true })
  try {
    return await Broker.start(config, createNativePlatform(logger))
  } catch (error) {
    throw startProblem(error, config)
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function main(): Promise<unknown> {
  const clock = new SystemClock()
  return createProgram({
    version: packageVersion(),
    launchBroker,
    readFile: path => readFileSync(path, 'utf8'),
    print: line => {
      process.stdout.write(`${line}\n`)
    },
    printError: line => {
      process.stderr.write(`${line}\n`)
    },
    monotonicMs: () => clock.monotonicMs(),
    onStopSignal: callback => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, callback)
    },
    exit: code => process.exit(code),
  }).parseAsync()
}

await main()
