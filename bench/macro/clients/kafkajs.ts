import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Client, ClientFigures, ClientRun } from './client.ts'

export const kafkajsProducer: Client = {
  name: 'kafkajs producer, 100 records a request, 8 requests at a time',
  needsKafka: false,
  run: run => kafkajs('produce', run),
}

export const kafkajsConsumer: Client = {
  name: 'kafkajs consumer',
  needsKafka: false,
  run: run => kafkajs('consume', run),
}

async function kafkajs(role: string, run: ClientRun): Promise<ClientFigures> {
  const program = ['--import', 'tsx', 'bench/macro/clients/kafkajs-program.ts', role]
  const options = [run.bootstrap, run.topic, String(run.records)]
  const { stdout } = await promisify(execFile)(process.execPath, [...program, ...options], {
    timeout: 300_000,
  })
  return JSON.parse(stdout)
}
