import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { randomBody, seeded } from '../../src/protocol/random-body.test-support.ts'
import { Writer } from '../../src/protocol/writer.ts'
import type { CodecUnderTest } from '../../tools/protocol-generator/all-messages.test-support.ts'

/** The messages and versions that the classes of one release are asked about. */
export interface ByteCheck {
  readonly classPath: readonly string[]
  readonly cells: readonly { readonly name: string; readonly version: number }[]
}

const BODIES_PER_CELL = 10
const SEED = 7

/**
 * Random messages, written by our encoders, are read and written again by Kafka's own classes: one line for each whose
 * bytes are not the same afterwards, or that Kafka does not read to its end.
 */
export function checkBytes(
  check: ByteCheck,
  codecs: ReadonlyMap<string, CodecUnderTest>,
  directory: string,
): string[] {
  const random = seeded(SEED)
  const lines: string[] = []
  for (const { name, version } of check.cells) {
    const codec = codecs.get(name)
    if (codec === undefined) continue
    for (let round = 0; round < BODIES_PER_CELL; round++) {
      const writer = new Writer()
      codec.encode(writer, randomBody(codec.message, version, random), version)
      lines.push(`${name} ${version} ${Buffer.from(writer.finish()).toString('hex')}`)
    }
  }
  const input = join(directory, 'messages.txt')
  writeFileSync(input, `${lines.join('\n')}\n`)
  const program = join(import.meta.dirname, 'RewriteMessages.java')
  const output = execFileSync('java', ['-cp', check.classPath.join(delimiter), program, input], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  console.log(output.trim().split('\n').at(-1))
  return output.trim().split('\n').slice(0, -1)
}
