import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const KAFKA_VERSION = '4.4.0'

const LIBS = resolve(`build/compat/kafka-${KAFKA_VERSION}`)

/** What a Java program of Kafka's printed, both streams, and how it ended. */
export interface JavaResult {
  readonly status: number | null
  readonly text: string
}

/** Why Kafka cannot be run here; null when it can. Its jars are fetched once, into `build/`. */
export function fetchKafka(): string | null {
  for (const [program, option] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    if (spawnSync(program, [option]).status !== 0) return `there is no ${program}`
  }
  if (existsSync(join(LIBS, `kafka-tools-${KAFKA_VERSION}.jar`))) return null
  mkdirSync(LIBS, { recursive: true })
  const pom = join(import.meta.dirname, 'pom.xml')
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${LIBS}`]
  try {
    execFileSync('mvn', ['-q', '-B', '-f', pom, `-Dkafka.version=${KAFKA_VERSION}`, ...goal], {
      stdio: 'pipe',
    })
    return null
  } catch (error) {
    return `Kafka's jars could not be fetched: ${String(error)}`
  }
}

/** The options of `java` up to the main class. */
export function javaOptions(heap: string): string[] {
  return [`-Xmx${heap}`, '-cp', `${import.meta.dirname}:${LIBS}/*`]
}

export function runJava(mainClass: string, options: readonly string[]): JavaResult {
  const { status, stdout, stderr } = spawnSync('java', [...javaOptions('256m'), mainClass, ...options], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  return { status, text: stdout + stderr }
}
