import type { Fields, Primitive, Struct } from '../../src/protocol/schema.ts'
import {
  compactExpression,
  condition,
  type FieldModel,
  fieldsOf,
  fixedSizeBytes,
  isArray,
  isNullable,
  isStruct,
  isTagged,
  type MessageModel,
  plainVersions,
  structsOf,
} from './model.ts'
import { defaultExpression, type TypeNames } from './names.ts'
import { runsOf } from './print-decoder.ts'

/** Prints the encoder of one message and of its structs. */
export class EncoderPrinter {
  readonly #message: MessageModel
  readonly #names: TypeNames

  constructor(message: MessageModel, names: TypeNames) {
    this.#message = message
    this.#names = names
  }

  print(): string {
    const { name, fields } = this.#message.message
    const { first, last } = this.#message.versions
    const compared = this.#comparedStructs()
    const parts = [...structsOf(fields)].flatMap(struct => [
      this.#body(`function ${this.#functionName(struct)}`, this.#names.of(struct), struct.fields, ''),
      ...(compared.has(struct) ? [this.#isDefault(struct)] : []),
    ])
    const inside = first === last ? `version === ${first}` : `version >= ${first} && version <= ${last}`
    const guard = `  assert(${inside}, '${name} has versions ${first} to ${last}')\n`
    parts.push(this.#body(`export function encode${name}`, name, fields, guard))
    return parts.join('\n')
  }

  /** Structs in tagged fields: they are written only when they differ from the default. */
  #comparedStructs(): Set<Struct> {
    const compared = new Set<Struct>()
    const add = (struct: Struct) => {
      compared.add(struct)
      for (const { type } of fieldsOf(struct.fields)) if (isStruct(type)) add(type)
    }
    const { fields } = this.#message.message
    for (const owner of [fields, ...[...structsOf(fields)].map(struct => struct.fields)]) {
      for (const field of fieldsOf(owner)) {
        if (isTagged(field) && isStruct(field.type) && !isNullable(field)) add(field.type)
      }
    }
    return compared
  }

  #functionName(struct: Struct): string {
    return `encode${this.#message.message.name}${struct.name}`
  }

  #isDefault(struct: Struct): string {
    const tests = fieldsOf(struct.fields).map(field => `!(${this.#differs(field)})`)
    const name = `is${this.#message.message.name}${struct.name}Default`
    return `function ${name}(body: ${this.#names.of(struct)}Init): boolean {\n  return ${tests.join(' && ')}\n}\n`
  }

  #body(head: string, type: string, fields: Fields, guard: string): string {
    const models = fieldsOf(fields)
    const statements = runsOf(models, this.#message).map(run =>
      run.length > 1 ? this.#fixedRun(run) : this.#plainField(run[0]!),
    )
    statements.push(this.#tags(models.filter(isTagged)))
    const text = statements.filter(statement => statement !== '').join('\n')
    const test = condition(this.#message.flexible, this.#message)
    const flexible = /\bflexible\b/.test(text) ? `  const flexible = ${test === '' ? 'true' : test}\n` : ''
    const version = /\bversion\b/.test(`${guard}${flexible}${text}`) ? 'version' : '_version'
    const body = /\bbody\b/.test(text) ? 'body' : '_body'
    return `${head}(writer: Writer, ${body}: ${type}Init, ${version}: number): void {\n${guard}${flexible}${text}\n}\n`
  }

  /** The given value, or the default. */
  #given(field: FieldModel): string {
    const fallback = defaultExpression(field, this.#message)
    const value = `body.${field.name}`
    if (!isNullable(field) && field.type !== 'records') return `${value} ?? ${fallback}`
    if (fallback === 'null') return `${value} ?? null`
    return `${value} === undefined ? ${fallback} : ${value}`
  }

  #fixedRun(run: readonly FieldModel[]): string {
    const test = condition(plainVersions(run[0]!), this.#message)
    let offset = 0
    const writes: string[] = []
    for (const field of run) {
      const at = offset === 0 ? 'at' : `at + ${offset}`
      writes.push(`    ${writeAt(field, at, this.#given(field))}`)
      offset += fixedSizeBytes(field.type) ?? 0
    }
    const view = writes.some(write => write.includes('view.')) ? '    const view = writer.view\n' : ''
    const block = `    const at = writer.claim(${offset})\n${view}${writes.join('\n')}\n  }`
    return `  ${test === '' ? '' : `if (${test}) `}{\n${block}`
  }

  #plainField(field: FieldModel): string {
    const test = condition(plainVersions(field), this.#message)
    return `  ${test === '' ? '' : `if (${test}) `}{\n${this.#value(field, '    ', false)}\n  }`
  }

  #value(field: FieldModel, indent: string, tagged: boolean): string {
    const compact = compactExpression(field.field, this.#message)
    const { type } = field
    if (isArray(type)) return this.#array(field, type.element, indent, compact)
    if (isStruct(type)) return this.#struct(field, type, indent, tagged)
    const value = this.#given(field)
    if (type === 'string') return this.#nullOr(field, 'nullableString', 'string', value, compact, indent)
    if (type === 'bytes')
      return this.#nullOr(field, 'nullableByteString', 'byteString', value, compact, indent)
    if (type === 'records') return `${indent}writer.records(${value}, ${compact})`
    if (type === 'int64' && field.field.saturating === true)
      return `${indent}writer.saturatingInt64(${value})`
    return `${indent}writer.${type}(${value})`
  }

  #nullOr(
    field: FieldModel,
    nullable: string,
    required: string,
    value: string,
    compact: string,
    indent: string,
  ): string {
    const test = condition(field.nullable, this.#message)
    const whole = condition(field.versions, this.#message)
    if (test === 'false') return `${indent}writer.${required}(${value}, ${compact})`
    const call = `${indent}writer.${nullable}(value, ${compact})`
    const guard = test === '' || test === whole ? '' : `${indent}${this.#nullGuard(field, test)}\n`
    return `${indent}const value = ${value}\n${guard}${call}`
  }

  #nullGuard(field: FieldModel, test: string): string {
    return `assert(value !== null || (${test}), '${field.name} is not null in this version')`
  }

  #struct(field: FieldModel, type: Struct, indent: string, tagged: boolean): string {
    const call = `${this.#functionName(type)}(writer, value, version)`
    const value = `${indent}const value = ${this.#structGiven(field)}`
    if (!isNullable(field)) return `${value}\n${indent}${call}`
    const [none, some] = tagged ? ['0', '1'] : ['-1', '1']
    return `${value}\n${indent}writer.int8(value === null ? ${none} : ${some})\n${indent}if (value !== null) ${call}`
  }

  #structGiven(field: FieldModel): string {
    return isNullable(field) ? this.#given(field) : `body.${field.name} ?? {}`
  }

  #array(field: FieldModel, element: Primitive | Struct, indent: string, compact: string): string {
    const one = isStruct(element)
      ? `${this.#functionName(element)}(writer, element, version)`
      : elementWrite(field, element, compact)
    const whole = condition(field.versions, this.#message)
    const test = condition(field.nullable, this.#message)
    const loop = `for (const element of value) ${one}`
    const lines = [`const value = ${this.#given(field)}`]
    if (isNullable(field)) {
      if (test !== '' && test !== whole) lines.push(this.#nullGuard(field, test))
      lines.push(`writer.arrayLength(value === null ? -1 : value.length, ${compact})`)
      lines.push(`if (value !== null) ${loop}`)
    } else {
      lines.push(`writer.arrayLength(value.length, ${compact})`, loop)
    }
    return lines.map(line => indent + line).join('\n')
  }

  #tags(tagged: readonly FieldModel[]): string {
    const test = condition(this.#message.flexible, this.#message)
    if (test === 'false') return ''
    const guard = test === '' ? '' : 'if (flexible) '
    if (tagged.length === 0) return `  ${guard}writer.int8(0)`
    const sorted = [...tagged].sort((a, b) => a.field.tag! - b.field.tag!)
    const flags = sorted.map(field => {
      const inside = condition(field.tagged, this.#message)
      return `    const ${field.name}Differs = ${inside === '' ? '' : `${inside} && `}(${this.#differs(field)})`
    })
    const count = sorted.map(field => `(${field.name}Differs ? 1 : 0)`).join(' + ')
    const writes = sorted.map(
      field => `    if (${field.name}Differs) {
      const start = writer.beginTag(${field.field.tag})
${this.#value(field, '      ', true)}
      writer.endTag(start)
    }`,
    )
    return `  ${guard}{\n${flags.join('\n')}\n    writer.uvarint(${count})\n${writes.join('\n')}\n  }`
  }

  /** The test that what is given is not the field's default. */
  #differs(field: FieldModel): string {
    const value = `body.${field.name}`
    const fallback = defaultExpression(field, this.#message)
    if (fallback === 'null') return `${value} !== undefined && ${value} !== null`
    if (isStruct(field.type)) {
      const name = `is${this.#message.message.name}${field.type.name}Default`
      return `${value} !== undefined && !${name}(${value})`
    }
    if (isArray(field.type) || field.type === 'bytes') {
      const orNull = isNullable(field) ? `${value} === null || ` : ''
      return `${value} !== undefined && (${orNull}${value}.length !== 0)`
    }
    return `${value} !== undefined && ${value} !== ${fallback}`
  }
}

function elementWrite(field: FieldModel, element: string, compact: string): string {
  if (element === 'string') return `writer.string(element, ${compact})`
  if (element === 'bytes') return `writer.byteString(element, ${compact})`
  if (element === 'int64' && field.field.saturating === true) return 'writer.saturatingInt64(element)'
  return `writer.${element}(element)`
}

function writeAt(field: FieldModel, at: string, value: string): string {
  switch (field.type) {
    case 'bool':
      return `view.setUint8(${at}, (${value}) ? 1 : 0)`
    case 'int8':
      return `view.setInt8(${at}, ${value})`
    case 'int16':
      return `view.setInt16(${at}, ${value})`
    case 'uint16':
      return `view.setUint16(${at}, ${value})`
    case 'int32':
      return `view.setInt32(${at}, ${value})`
    case 'float64':
      return `view.setFloat64(${at}, ${value})`
    default:
      return field.field.saturating === true
        ? `writer.saturatingInt64At(${at}, ${value})`
        : `writer.int64At(${at}, ${value})`
  }
}
