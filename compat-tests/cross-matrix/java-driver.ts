import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { NotRun } from '../harness/suite.ts'

/** The version is that of pom.xml. */
const LIBS = resolve('build/compat/kafka-clients-4.3.1')
const DRIVER = 'KafkaClientsDriver'

/** Fetches Kafka's client through Maven, compiles the driver, and answers the command that runs it. */
export function compileJavaDriver(): string[] {
  mkdirSync(LIBS, { recursive: true })
  const pom = join(import.meta.dirname, 'pom.xml')
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${LIBS}`]
  runOrRefuse('mvn', ['-q', '-B', '-f', pom, ...goal])
  const source = join(import.meta.dirname, 'drivers', `${DRIVER}.java`)
  runOrRefuse('javac', ['-cp', `${LIBS}/*`, '-d', LIBS, source])
  return ['java', '-Xmx256m', '-cp', `${LIBS}:${LIBS}/*`, DRIVER]
}

function runOrRefuse(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0)
    throw new NotRun(`${program}: ${error === undefined ? stderr.slice(-500) : error.message}`)
}
