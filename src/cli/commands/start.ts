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
  // Not before there is somebody who hears signals.
  const launching = Promise.resolve().then(() => environment.launchBroker(parsed.config))
  stopOnSignal(launching, environment)
  let broker: RunningBroker
  try {
    broker = await launching
  } catch (error) {
    return fail([firstLine(error)])
  }
  const tookMs = Math.round(environment.monotonicMs() - startedAtMs)
  const { logDirs, durability } = parsed.config
  environment.print(
    `ottla ${environment.version} listening on ${broker.bootstrapServers}, data in ${logDirs.join(', ')}, ` +
      `durability ${durability}, started in ${tookMs} ms`,
  )
}

function stopOnSignal(launching: Promise<RunningBroker>, environment: CommandEnvironment): void {
  let isStopping = false
  environment.onStopSignal(() => {
    if (isStopping) {
      environment.exit(1)
      return
    }
    isStopping = true
    void stop(launching, environment)
  })
}

/** A start goes on to its end before it is stopped; it may be a long recovery, which a second signal ends. */
async function stop(launching: Promise<RunningBroker>, environment: CommandEnvironment): Promise<void> {
  // What has failed to start says so itself.
  const broker = await launching.catch(() => null)
  if (broker === null) return
  try {
    await broker.close()
  } catch (error) {
    environment.printError(`ottla: the stop was not clean: ${firstLine(error)}`)
    environment.exit(1)
    return
  }
  environment.print('ottla stopped')
  environment.exit(0)
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] ?? ''
}
