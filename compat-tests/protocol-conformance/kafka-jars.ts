import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** The jars of one Kafka release, fetched through Maven into `directory`, and their message files beside them. */
export interface KafkaJars {
  /** kafka-clients and what it needs to be loaded. */
  readonly classPath: readonly string[]
  readonly messages: string
  readonly coordinatorMessages: string
}

function fetchJar(name: string, group: string, version: string, directory: string): string {
  const coordinates = `${group}:${name}:${version}`
  execFileSync(
    'mvn',
    ['-q', '-B', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${directory}`],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  return join(directory, `${name}-${version}.jar`)
}

function unpackMessages(jar: string, directory: string): string {
  mkdirSync(directory, { recursive: true })
  execFileSync('jar', ['xf', jar, 'common/message'], { cwd: directory })
  return join(directory, 'common/message')
}

export function fetchKafkaJars(version: string, directory: string): KafkaJars {
  const clientsJar = fetchJar('kafka-clients', 'org.apache.kafka', version, directory)
  const coordinatorJar = fetchJar('kafka-group-coordinator', 'org.apache.kafka', version, directory)
  return {
    classPath: [clientsJar, fetchJar('slf4j-api', 'org.slf4j', '1.7.36', directory)],
    messages: unpackMessages(clientsJar, join(directory, `clients-${version}`)),
    coordinatorMessages: unpackMessages(coordinatorJar, join(directory, `coordinator-${version}`)),
  }
}
