import { type DestinationStream, destination, pino } from 'pino'
import { build, type PrettyOptions } from 'pino-pretty'
import type { Logger } from '../base/logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface PinoLoggerOptions {
  readonly level: LogLevel
  /** One readable line per entry, for a terminal; otherwise one JSON object per line. */
  readonly readable: boolean
  /** Where lines go; the process's standard error when absent. */
  readonly stream?: NodeJS.WritableStream
}

const STANDARD_ERROR_FD = 2

/** Logs through pino, on this thread and at once, so that the last line before an end is not lost. */
export class PinoLogger implements Logger {
  readonly #pino: ReturnType<typeof pino>

  constructor(options: PinoLoggerOptions) {
    this.#pino = pino({ level: options.level, base: null }, destinationOf(options))
  }

  debug(fields: object, message: string): void {
    this.#pino.debug(fields, message)
  }

  info(fields: object, message: string): void {
    this.#pino.info(fields, message)
  }

  warn(fields: object, message: string): void {
    this.#pino.warn(fields, message)
  }

  error(fields: object, message: string): void {
    this.#pino.error(fields, message)
  }
}

function destinationOf(options: PinoLoggerOptions): DestinationStream {
  const plain = options.stream ?? destination({ fd: STANDARD_ERROR_FD, sync: true })
  if (!options.readable) return plain
  const settings: PrettyOptions = {
    destination: plain,
    colorize: options.stream === undefined,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
  }
  return build(settings)
}
