import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { staleFiles } from '../../tools/generate-protocol.ts'
import { allMessages } from '../../tools/protocol-generator/all-messages.test-support.ts'
import { factsOf, fingerprintOf } from './message-facts.test-support.ts'

test('the generated files are what the schemas give (else: npx tsx tools/generate-protocol.ts)', async () => {
  expect(await staleFiles()).toEqual([])
})

test("every message and version has the fields that Kafka's own jars name, by fingerprint", async () => {
  const path = join(import.meta.dirname, 'fingerprints.json')
  const ours: Record<string, Record<string, string>> = {}
  for (const { message, versions } of await allMessages()) {
    if (message.apiKey === undefined) continue
    const pairs = versions.map(version => [String(version), fingerprintOf(factsOf(message, version))])
    ours[message.name] = Object.fromEntries(pairs)
  }
  expect(ours).toEqual(JSON.parse(readFileSync(path, 'utf8')))
})
