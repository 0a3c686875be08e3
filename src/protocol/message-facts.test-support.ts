import { createHash } from 'node:crypto'
import type { Field, Fields, Message } from './schema.ts'
import { includesVersion, parseVersionRange } from './version-range.ts'

/** One field as a version of its message has it. */
export interface FieldFacts {
  readonly name: string
  /** Kafka's way to write it: 'int32', '[]string', '[]TopicData', 'Cursor'. */
  readonly type: string
  readonly nullable: boolean
  /** In one spelling: '' for empty, 'null', '0', 'false'. */
  readonly default: string
  readonly tag: number | null
  readonly ignorable: boolean
  readonly fields: readonly FieldFacts[] | null
}

export interface MessageFacts {
  readonly flexible: boolean
  readonly fields: readonly FieldFacts[]
}

const has = (range: string, version: number) => includesVersion(parseVersionRange(range), version)

/** The default that a field without one has. */
export function naturalDefault(type: string): string {
  if (type === 'bool') return 'false'
  return /^(u?int|float)/.test(type) ? '0' : ''
}

export function factsOf(message: Message, version: number): MessageFacts {
  return { flexible: has(message.flexible, version), fields: fieldFacts(message.fields, version) }
}

function fieldFacts(fields: Fields, version: number): FieldFacts[] {
  return Object.entries(fields)
    .filter(([, field]) => has(field.versions, version))
    .map(([name, field]) => oneField(name, field, version))
}

function oneField(name: string, field: Field, version: number): FieldFacts {
  const inner =
    typeof field.type === 'object' && field.type.kind === 'array' ? field.type.element : field.type
  const innerName = typeof inner === 'string' ? inner : inner.kind === 'struct' ? inner.name : ''
  const type = inner === field.type ? innerName : `[]${innerName}`
  return {
    name,
    type,
    nullable: field.nullable !== undefined && has(field.nullable, version),
    default: field.default === undefined ? naturalDefault(type) : String(field.default),
    tag: field.tag !== undefined && has(field.tagged ?? field.versions, version) ? field.tag : null,
    ignorable: field.ignorable === true,
    fields: typeof inner === 'object' && inner.kind === 'struct' ? fieldFacts(inner.fields, version) : null,
  }
}

/** Sixteen hexadecimal digits that change with any fact. */
export function fingerprintOf(facts: MessageFacts): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
}
