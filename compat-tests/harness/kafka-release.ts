import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What a Java program of Kafka's printed, both streams, and how it ended. */
export interface JavaResult {
  readonly status: number | null
  readonly text: string
}

/** One release of Apache Kafka: its jars in `build/compat/`, and Java programs on them. */
export class KafkaRelease {
  readonly version: string
  readonly #libs: string

  constructor(version: string) {
    this.version = version
    this.#libs = resolve(`build/compat/kafka-${version}`)
  }

  /** Why it cannot be run here; null when it can. The jars are fetched through Maven, once. */
  fetch(): string | null {
    for (const [program, option] of [
      ['java', '-version'],
      ['mvn', '-version'],
    ] as const) {
      if (spawnSync(program, [option]).status !== 0) return `there is no ${program}`
    }
    if (existsSync(join(this.#libs, `kafka-tools-${this.version}.jar`))) return null
    mkdirSync(this.#libs, { recursive: true })
    const pom = join(import.meta.dirname, 'pom.xml')
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${this.#libs}`]
    try {
      execFileSync('mvn', ['-q', '-B', '-f', pom, `-Dkafka.version=${this.version}`, ...goal], {
        stdio: 'pipe',
      })
      return null
    } catch (error) {
      return `Kafka's jars could not be fetched: ${String(error)}`
    }
  }

  /** The options of `java` up to the main class; for programs that live for seconds, so it compiles fast, not well. */
  javaOptions(heap: string): string[] {
    return [
      `-Xmx${heap}`,
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-cp',
      `${import.meta.dirname}:${this.#libs}/*`,
    ]
  }

  runJava(mainClass: string, options: readonly string[]): JavaResult {
    const { status, stdout, stderr } = spawnSync(
      'java',
      [...this.javaOptions('256m'), mainClass, ...options],
      {
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      },
    )
    return { status, text: stdout + stderr }
  }
}
