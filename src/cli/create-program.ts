import { Command } from 'commander'
import type { CommandEnvironment } from './command-environment.ts'
import { start } from './commands/start.ts'
import type { StartOptions } from './start-entries.ts'

/** The command line of `ottla`. */
export function createProgram(environment: CommandEnvironment): Command {
  const program = new Command('ottla')
    .description('A Kafka-compatible broker')
    .version(environment.version, '--version')
  program
    .command('start')
    .description('runs a broker until it is told to stop')
    .argument('[server.properties]', 'settings, under the names that Kafka uses')
    .option('--override <key=value>', 'sets one key; may be repeated', collect, [])
    .option('--port <number>', 'listens on localhost with this port')
    .option('--data-dir <path>', 'keeps the data here (default: ./data)')
    .action((path: string | undefined, options: StartOptions) => start(path, options, environment))
  return program
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
