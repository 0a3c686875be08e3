import type { Reader } from '../../src/protocol/reader.ts'
import type { Message } from '../../src/protocol/schema.ts'
import { parseVersionRange } from '../../src/protocol/version-range.ts'
import type { Writer } from '../../src/protocol/writer.ts'
import { loadApiSchemas, loadInternalSchemas } from './load-schemas.ts'

/** One message with its generated codec. */
export interface CodecUnderTest {
  readonly message: Message
  readonly versions: readonly number[]
  readonly decode: (reader: Reader, version: number) => unknown
  readonly encode: (writer: Writer, body: unknown, version: number) => void
}

export async function allMessages(): Promise<CodecUnderTest[]> {
  const found: CodecUnderTest[] = []
  for (const file of [...(await loadApiSchemas()), ...(await loadInternalSchemas())]) {
    const generated: Record<string, unknown> = await import(`../../src/protocol/generated/${file.name}.ts`)
    for (const message of file.messages) {
      const { first, last } = parseVersionRange(message.versions)
      found.push({
        message,
        versions: Array.from({ length: last - first + 1 }, (_, index) => first + index),
        decode: generated[`decode${message.name}`] as CodecUnderTest['decode'],
        encode: generated[`encode${message.name}`] as CodecUnderTest['encode'],
      })
    }
  }
  return found
}
