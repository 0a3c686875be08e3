import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { KafkaRelease } from '../harness/kafka-release.ts'

const CALL_MAX_MS = 60_000
/** Stands for no bytes at all: an empty word would not be seen between two spaces. */
const NOTHING = '-'

export interface ToolResult {
  readonly status: number
  readonly output: string
  readonly errors: string
}

/** The command-line tools of one release, called one after another in one JVM (see CallTools.java). */
export class KafkaTools {
  readonly release: KafkaRelease
  #process: ChildProcessWithoutNullStreams | null = null
  #answers: Interface | null = null

  constructor(release: KafkaRelease) {
    this.release = release
  }

  get version(): string {
    return this.release.version
  }

  get isBefore4(): boolean {
    return this.version.startsWith('3.')
  }

  /** The main class of a tool; some have moved from release to release. */
  classOf(tool: string): string {
    return mainClassOf(tool, this.isBefore4)
  }

  /** Runs a tool that must succeed; answers its standard output. */
  async run(tool: string, options: readonly string[], input = ''): Promise<string> {
    const { status, output, errors } = await this.call(tool, options, input)
    if (status !== 0) {
      throw new Error(
        `${tool} ${options.join(' ')} ended with ${status}: ${output.slice(-600)}${errors.slice(-600)}`,
      )
    }
    return output
  }

  async call(tool: string, options: readonly string[], input = ''): Promise<ToolResult> {
    this.#launch()
    const { stdin } = this.#process!
    const words = [this.classOf(tool), encode(input), ...options.map(encode)]
    const answer = this.#answer()
    stdin.write(`${words.join(' ')}\n`)
    const line = await answer
    if (line === null) throw new Error(`${tool} ${options.join(' ')} does not end, or took its JVM along`)
    const [status, output, errors] = line.split(' ')
    return { status: Number(status), output: decode(output!), errors: decode(errors!) }
  }

  close(): void {
    this.#process?.kill('SIGKILL')
    this.#process = null
  }

  #launch(): void {
    if (this.#process !== null) return
    const program = join(import.meta.dirname, 'CallTools.java')
    const child = spawn('java', [...this.release.javaOptions('512m'), program])
    child.stderr.pipe(process.stderr)
    this.#process = child
    this.#answers = createInterface(child.stdout)
  }

  /** The next line of answer. Null when it does not come; the next call has a new JVM then. */
  async #answer(): Promise<string | null> {
    const answers = this.#answers!
    let timer: NodeJS.Timeout | undefined
    const line = await new Promise<string | null>(resolve => {
      answers.once('line', resolve)
      answers.once('close', () => resolve(null))
      timer = setTimeout(() => resolve(null), CALL_MAX_MS)
    })
    clearTimeout(timer)
    answers.removeAllListeners('close')
    if (line === null) this.close()
    return line
  }
}

function mainClassOf(tool: string, isBefore4: boolean): string {
  switch (tool) {
    case 'ConfigCommand':
      return 'kafka.admin.ConfigCommand'
    case 'BrokerApiVersionsCommand':
      return isBefore4 ? `kafka.admin.${tool}` : `org.apache.kafka.tools.${tool}`
    case 'ConsoleProducer':
    case 'DumpLogSegments':
      return isBefore4 ? `kafka.tools.${tool}` : `org.apache.kafka.tools.${tool}`
    case 'ConsoleConsumer':
      return 'org.apache.kafka.tools.consumer.ConsoleConsumer'
    case 'ConsumerGroupCommand':
      return 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
    default:
      return `org.apache.kafka.tools.${tool}`
  }
}

function encode(text: string): string {
  return text === '' ? NOTHING : Buffer.from(text).toString('base64')
}

function decode(word: string): string {
  return word === NOTHING ? '' : Buffer.from(word, 'base64').toString()
}
