import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type FieldFacts,
  type MessageFacts,
  naturalDefault,
} from '../../src/protocol/message-facts.test-support.ts'
import { includesVersion, parseVersionRange } from '../../src/protocol/version-range.ts'

interface KafkaField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean | null
  readonly ignorable?: boolean
  readonly fields?: readonly KafkaField[]
}

/** A message file as it lies in Kafka's jars. */
export interface KafkaMessage {
  readonly name: string
  readonly type: string
  readonly apiKey?: number
  readonly listeners?: readonly string[]
  readonly validVersions: string
  readonly flexibleVersions?: string
  readonly latestVersionUnstable?: boolean
  readonly fields?: readonly KafkaField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly KafkaField[] }[]
}

/** Every message file of a directory by the message's name; the files are JSON with comments. */
export function loadKafkaMessages(directory: string): Map<string, KafkaMessage> {
  const messages = new Map<string, KafkaMessage>()
  for (const file of readdirSync(directory).filter(name => name.endsWith('.json'))) {
    const text = readFileSync(join(directory, file), 'utf8')
    const message: KafkaMessage = JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, ''))
    messages.set(message.name, message)
  }
  return messages
}

export function versionsOf(message: KafkaMessage): number[] {
  const { first, last } = parseVersionRange(message.validVersions)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

const has = (range: string | undefined, version: number) =>
  range !== undefined && includesVersion(parseVersionRange(range), version)

/** The facts of one version, in the form in which ours are stated. */
export function kafkaFacts(message: KafkaMessage, version: number): MessageFacts {
  const common = new Map((message.commonStructs ?? []).map(({ name, fields }) => [name, fields]))
  return {
    flexible: has(message.flexibleVersions, version),
    fields: fieldFacts(message.fields ?? [], common, version),
  }
}

function fieldFacts(
  fields: readonly KafkaField[],
  common: ReadonlyMap<string, readonly KafkaField[]>,
  version: number,
): FieldFacts[] {
  return fields
    .filter(field => has(field.versions, version))
    .map(field => {
      const struct = field.fields ?? common.get(field.type.replace('[]', ''))
      return {
        name: field.name[0]!.toLowerCase() + field.name.slice(1),
        type: field.type,
        nullable: has(field.nullableVersions, version),
        default: defaultText(field),
        tag: has(field.taggedVersions, version) ? (field.tag ?? null) : null,
        ignorable: field.ignorable === true,
        fields: struct === undefined ? null : fieldFacts(struct, common, version),
      }
    })
}

/** A bare null means empty; the text "null" means null. The largest int64 is our largest safe integer. */
function defaultText(field: KafkaField): string {
  const given = field.default ?? null
  if (given === null || given === '') return naturalDefault(field.type)
  const text = String(given)
  if (text === '9223372036854775807') return String(Number.MAX_SAFE_INTEGER)
  if (/^-?0x/.test(text)) return String(Number(text))
  if (naturalDefault(field.type) === '0') return String(Number(text))
  return text.toLowerCase() === 'true' || text.toLowerCase() === 'false' ? text.toLowerCase() : text
}
