import type { BrokerConfig } from '../config/broker-config.ts'

/** A broker that listens. */
export interface RunningBroker {
  /** `host:port` of every listener, joined with commas. */
  readonly bootstrapServers: string
  /** The clean stop: connections drained, state synced, marker last. */
  close(): Promise<void>
}

/** Fails with an error whose message is one line for the user: port in use, directory locked, other cluster id. */
export type LaunchBroker = (config: BrokerConfig) => Promise<RunningBroker>

/** The process around the command line. */
export interface CommandEnvironment {
  readonly version: string
  readonly launchBroker: LaunchBroker
  readFile(path: string): string
  /** One line to the user, without its line end. */
  print(line: string): void
  printError(line: string): void
  monotonicMs(): number
  /** Called on every SIGTERM, SIGINT and SIGHUP. */
  onStopSignal(callback: () => void): void
  exit(code: number): void
}
