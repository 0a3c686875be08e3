import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { KafkaTools } from './kafka-tools.ts'

/** A line of VerifiableProducer or VerifiableConsumer; which of the fields it has depends on its name. */
export interface VerifiableEvent {
  readonly name: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly value: string
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
}

/** A VerifiableProducer or VerifiableConsumer in a JVM of its own, and what it has said. */
export class VerifiableClient {
  readonly events: VerifiableEvent[] = []
  readonly #process: ChildProcessWithoutNullStreams
  readonly #exited: Promise<unknown>
  #errors = ''

  constructor(
    tools: KafkaTools,
    tool: 'VerifiableProducer' | 'VerifiableConsumer',
    options: readonly string[],
  ) {
    const jvm = tools.release.javaOptions('256m')
    this.#process = spawn('java', [...jvm, tools.classOf(tool), ...options])
    this.#exited = once(this.#process, 'close')
    this.#process.stderr.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString()
    })
    createInterface(this.#process.stdout).on('line', line => {
      if (line.startsWith('{')) this.events.push(JSON.parse(line) as VerifiableEvent)
    })
  }

  of(name: string): VerifiableEvent[] {
    return this.events.filter(event => event.name === name)
  }

  /** Comes back when it has ended by itself; an Error when it did not end well. */
  async ended(): Promise<void> {
    await this.#exited
    if (this.#process.exitCode !== 0)
      throw new Error(`ended with ${this.#process.exitCode}: ${this.#errors.slice(-1000)}`)
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** It closes its client, and leaves its group unless it is a static member. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.#hasEnded) this.#process.kill(signal)
    await this.#exited
  }
}
