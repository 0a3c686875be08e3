import { join } from 'node:path'
import {
  installConfluentKafka,
  installKafkaPython,
  KAFKA_PYTHON_VERSIONS,
} from '../harness/python-clients.ts'
import { compileJavaDriver } from './java-driver.ts'

/** A client, and what installs its driver and answers the command that runs it. */
export interface MatrixClient {
  readonly name: string
  readonly install: () => string[]
}

const driver = (file: string) => join(import.meta.dirname, 'drivers', file)

export const CLIENTS: readonly MatrixClient[] = [
  { name: 'kafkajs', install: () => [process.execPath, '--import', 'tsx', driver('kafkajs-driver.ts')] },
  { name: 'kcat', install: () => ['python3', driver('kcat_driver.py')] },
  { name: 'confluent-kafka', install: () => [installConfluentKafka(), driver('confluent_kafka_driver.py')] },
  ...KAFKA_PYTHON_VERSIONS.map(version => ({
    name: `kafka-python-${version}`,
    install: () => [installKafkaPython(version), driver('kafka_python_driver.py')],
  })),
  { name: 'kafka-clients', install: compileJavaDriver },
]
