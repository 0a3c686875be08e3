import type { Message, Struct } from '../../src/protocol/schema.ts'
import { ZERO_UUID } from '../../src/protocol/uuid.ts'
import {
  type FieldModel,
  fieldsOf,
  isAlwaysNullable,
  isArray,
  isNullable,
  isStruct,
  type MessageModel,
  structsOf,
} from './model.ts'

const TAKEN = ['Reader', 'Writer', 'FileRange', 'Record', 'Array', 'Error', 'Uint8Array', 'Partial']
const LOCALS = new Set([
  'version',
  'flexible',
  'reader',
  'writer',
  'view',
  'at',
  'count',
  'tag',
  'body',
  'left',
  'size',
])
const WORDS = new Set([
  'default',
  'delete',
  'class',
  'function',
  'package',
  'interface',
  'protected',
  'public',
  'in',
])

/** TypeScript names of the structs of one file: Kafka's, prefixed with the message's where two would clash. */
export class TypeNames {
  readonly #names = new Map<Struct, string>()

  constructor(messages: readonly Message[]) {
    const used = new Set([...TAKEN, ...messages.flatMap(({ name }) => [name, `${name}Init`])])
    for (const message of messages) {
      for (const struct of structsOf(message.fields)) this.#name(struct, message, used)
    }
  }

  #name(struct: Struct, message: Message, used: Set<string>): void {
    if (this.#names.has(struct)) return
    let name = struct.name
    while (used.has(name) || used.has(`${name}Init`)) name = `${message.name}${name}`
    used.add(name).add(`${name}Init`)
    this.#names.set(struct, name)
  }

  of(struct: Struct): string {
    return this.#names.get(struct) ?? struct.name
  }
}

export function localName(name: string): string {
  return LOCALS.has(name) || WORDS.has(name) ? `${name}Value` : name
}

/** The value of a field that is not on the wire, as an expression. */
export function defaultExpression(field: FieldModel, message: MessageModel): string {
  const { type } = field
  if (field.field.default !== undefined) return literal(field.field.default)
  if (isAlwaysNullable(field, message)) return 'null'
  if (isArray(type)) return '[]'
  if (isStruct(type)) {
    const parts = fieldsOf(type.fields).map(inner => `${inner.name}: ${defaultExpression(inner, message)}`)
    return `{ ${parts.join(', ')} }`
  }
  if (type === 'bool') return 'false'
  if (type === 'string') return "''"
  if (type === 'uuid') return `'${ZERO_UUID}'`
  if (type === 'bytes') return 'new Uint8Array(0)'
  return type === 'records' ? 'null' : '0'
}

function literal(value: string | number | boolean | null): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value)
}

function scalarType(type: FieldModel['type'], init: boolean): string {
  if (type === 'bool') return 'boolean'
  if (type === 'string' || type === 'uuid') return 'string'
  if (type === 'bytes') return 'Uint8Array'
  if (type === 'records') return init ? 'Uint8Array | FileRange' : 'Uint8Array'
  return 'number'
}

/** The TypeScript type of a field: what a decoder answers, or (init) what an encoder takes. */
export function typeExpression(field: FieldModel, names: TypeNames, init: boolean): string {
  const suffix = init ? 'Init' : ''
  const orNull = isNullable(field) || field.type === 'records' ? ' | null' : ''
  if (isStruct(field.type)) return `${names.of(field.type)}${suffix}${orNull}`
  if (!isArray(field.type)) return `${scalarType(field.type, init)}${orNull}`
  const { element } = field.type
  const inner = isStruct(element) ? `${names.of(element)}${suffix}` : scalarType(element, init)
  return `${init ? 'readonly ' : ''}${inner}[]${orNull}`
}

export function printInterfaces(
  name: string,
  about: string,
  fields: Message['fields'],
  names: TypeNames,
): string {
  const decoded: string[] = []
  const init: string[] = []
  for (const field of fieldsOf(fields)) {
    const comment = field.field.about === undefined ? '' : `  /** ${field.field.about} */\n`
    decoded.push(`${comment}  ${field.name}: ${typeExpression(field, names, false)}`)
    init.push(`  readonly ${field.name}?: ${typeExpression(field, names, true)} | undefined`)
  }
  const head = about === '' ? '' : `/** ${about} */\n`
  return `${head}export interface ${name} {
${decoded.join('\n')}
}
export interface ${name}Init {
${init.join('\n')}
}
`
}
