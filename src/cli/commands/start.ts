import { parseBrokerConfig } from '../../config/parse-broker-config.ts'
import type { CommandEnvironment, RunningBroker } from '../command-environment.ts'
import { type StartOptions, startEntries } from '../start-entries.ts'

/** Runs a broker until a signal ends it. Every mistake of the user is one line, and exit code 1. */
export async function start(
  propertiesPath: string | undefined,
  options: StartOptions,
  environment: CommandEnvironment,
): Promise<void> {
  const startedAtMs = environment.monotonicMs()
  const fail = (lines: readonly string[]) => {
    for (const line of lines) environment.printError(`ottla: ${line}`)
    environment.exit(1)
  }
  let text: string | null = null
  try {
    if (propertiesPath !== undefined) text = environment.readFile(propertiesPath)
  } catch (error) {
    return fail([`cannot read ${propertiesPath}: ${firstLine(error)}`])
  }
  const merged = startEntries(text, options)
  if (!merged.ok) return fail([merged.problem])
  const parsed = parseBrokerConfig(merged.entries)
  if (!parsed.ok) return fail(parsed.problems)
  for (const warning of parsed.warnings) environment.printError(`ottla: warning: ${warning}`)
  let broker: RunningBroker
  try {
    broker = await environment.launchBroker(parsed.config)
  } catch (error) {
    return fail([firstLine(error)])
  }
  // Before the line that scripts wait for: they may send a signal the moment they read it.
  stopOnSignal(broker, environment)
  const tookMs = Math.round(environment.monotonicMs() - startedAtMs)
  const { logDirs, durability } = parsed.config
  environment.print(
    `ottla ${environment.version} listening on ${broker.bootstrapServers}, data in ${logDirs.join(', ')}, ` +
      `durability ${durability}, started in ${tookMs} ms`,
  )
}

function stopOnSignal(broker: RunningBroker, environment: CommandEnvironment): void {
  let isStopping = false
  environment.onStopSignal(() => {
    if (isStopping) {
      environment.exit(1)
      return
    }
    isStopping = true
    broker.close().then(
      () => {
        environment.print('ottla stopped')
        environment.exit(0)
      },
      error => {
        environment.printError(`ottla: the stop was not clean: ${firstLine(error)}`)
        environment.exit(1)
      },
    )
  })
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] ?? ''
}
