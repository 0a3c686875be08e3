import type { Fields, Struct } from '../../src/protocol/schema.ts'
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
  minSizeBytes,
  plainVersions,
  structsOf,
} from './model.ts'
import { defaultExpression, localName, type TypeNames, typeExpression } from './names.ts'

/** Prints the decoder of one message and of its structs. */
export class DecoderPrinter {
  readonly #message: MessageModel
  readonly #names: TypeNames

  constructor(message: MessageModel, names: TypeNames) {
    this.#message = message
    this.#names = names
  }

  print(): string {
    const { name, fields } = this.#message.message
    const structs = [...structsOf(fields)].map(struct => this.#struct(struct))
    const refusal = `throw new ProtocolError(\`${name} has no version \${version}\`)`
    const guard = `  if (${outside(this.#message)}) ${refusal}\n`
    structs.push(this.#body(`export function decode${name}`, name, fields, guard))
    return structs.join('\n')
  }

  #struct(struct: Struct): string {
    return this.#body(`function ${this.#functionName(struct)}`, this.#names.of(struct), struct.fields, '')
  }

  #functionName(struct: Struct): string {
    return `decode${this.#message.message.name}${struct.name}`
  }

  #body(head: string, type: string, fields: Fields, guard: string): string {
    const models = fieldsOf(fields)
    const statements: string[] = []
    for (const run of runsOf(models, this.#message)) {
      statements.push(run.length > 1 ? this.#fixedRun(run) : this.#plainField(run[0]!))
    }
    for (const field of models.filter(isTagged)) {
      if (condition(plainVersions(field), this.#message) === 'false') statements.push(this.#declare(field))
    }
    statements.push(this.#tags(models.filter(isTagged)))
    const names = models.map(({ name }) => (localName(name) === name ? name : `${name}: ${localName(name)}`))
    const text = statements.filter(statement => statement !== '').join('\n')
    const test = condition(this.#message.flexible, this.#message)
    const flexible = /\bflexible\b/.test(text) ? `  const flexible = ${test === '' ? 'true' : test}\n` : ''
    const used = /\bversion\b/.test(`${guard}${flexible}${text}`) ? 'version' : '_version'
    const result = `  return { ${names.join(', ')} }\n`
    return `${head}(reader: Reader, ${used}: number): ${type} {\n${guard}${flexible}${text}\n${result}}\n`
  }

  #declare(field: FieldModel): string {
    const type = typeExpression(field, this.#names, false)
    return `  let ${localName(field.name)}: ${type} = ${defaultExpression(field, this.#message)}`
  }

  /** Neighbouring fields of fixed width in the same versions: one bounds check. */
  #fixedRun(run: readonly FieldModel[]): string {
    const test = condition(plainVersions(run[0]!), this.#message)
    let offset = 0
    const reads: string[] = []
    for (const field of run) {
      const at = offset === 0 ? 'at' : `at + ${offset}`
      reads.push(`${localName(field.name)} = ${readAt(field, at)}`)
      offset += fixedSizeBytes(field.type) ?? 0
    }
    const declarations = run.map(field => this.#declare(field)).join('\n')
    const view = reads.some(read => read.includes('view.')) ? '    const view = reader.view\n' : ''
    const block = `    const at = reader.take(${offset})\n${view}    ${reads.join('\n    ')}\n  }`
    return `${declarations}\n  ${test === '' ? '' : `if (${test}) `}{\n${block}`
  }

  #plainField(field: FieldModel): string {
    const test = condition(plainVersions(field), this.#message)
    const name = localName(field.name)
    if (!isArray(field.type) && !isTagged(field)) {
      const value = this.#value(field)
      return `  const ${name} = ${test === '' ? value : `${test} ? ${value} : ${this.#typedDefault(field)}`}`
    }
    const read = isArray(field.type) ? this.#array(field, '    ') : `    ${name} = ${this.#value(field)}`
    return `${this.#declare(field)}\n  ${test === '' ? '' : `if (${test}) `}{\n${read}\n  }`
  }

  #typedDefault(field: FieldModel): string {
    return defaultExpression(field, this.#message)
  }

  #value(field: FieldModel): string {
    const compact = compactExpression(field.field, this.#message)
    if (isStruct(field.type)) {
      const call = `${this.#functionName(field.type)}(reader, version)`
      if (!isNullable(field)) return call
      return `(reader.int8() < 0 ? null : ${call})`
    }
    if (typeof field.type !== 'string') throw new Error('arrays are read by a loop')
    if (field.type === 'string') return this.#nullOr(field, 'nullableString', 'string', compact)
    if (field.type === 'bytes') return this.#nullOr(field, 'nullableByteString', 'byteString', compact)
    if (field.type === 'records') return `reader.records(${compact})`
    if (field.type === 'int64' && field.field.saturating === true) return 'reader.saturatingInt64()'
    return `reader.${field.type}()`
  }

  #nullOr(field: FieldModel, nullable: string, required: string, compact: string): string {
    const test = condition(field.nullable, this.#message)
    const inside = condition(plainVersions(field), this.#message)
    if (test === 'false') return `reader.${required}(${compact})`
    if (test === '' || test === inside) return `reader.${nullable}(${compact})`
    return `(${test} ? reader.${nullable}(${compact}) : reader.${required}(${compact}))`
  }

  #array(field: FieldModel, indent: string): string {
    if (!isArray(field.type)) throw new Error('not an array')
    const { element } = field.type
    const compact = compactExpression(field.field, this.#message)
    const least = minSizeBytes(element, this.#message, field.versions)
    const name = localName(field.name)
    const arguments_ = `${compact}, ${least}`
    const count = this.#nullOr(field, 'nullableArrayLength', 'arrayLength', arguments_)
    const one = isStruct(element)
      ? `${this.#functionName(element)}(reader, version)`
      : elementRead(field, element, compact)
    const lines = [
      `const count = ${count}`,
      ...(isNullable(field) ? [`if (count < 0) ${name} = null`, `else {`] : ['{']),
      // A literal takes the room of its elements, a push into an empty array that of 17.
      `  ${name} = count === 0 ? [] : [${one}]`,
      `  for (let left = count - 1; left > 0; left--) ${name}.push(${one})`,
      '}',
    ]
    return lines.map(line => indent + line).join('\n')
  }

  #tags(tagged: readonly FieldModel[]): string {
    const test = condition(this.#message.flexible, this.#message)
    if (test === 'false') return ''
    const guard = test === '' ? '' : 'if (flexible) '
    if (tagged.length === 0) return `  ${guard}reader.skipTags()`
    const numbers = [...new Set(tagged.map(({ field }) => field.tag!))]
    const cases = numbers.map(tag =>
      this.#tagCase(
        tag,
        tagged.filter(({ field }) => field.tag === tag),
      ),
    )
    return `  ${guard}{
    for (let left = reader.tagCount(); left > 0; left--) {
      const tag = reader.uvarint()
      const size = reader.uvarint()
      switch (tag) {
${cases.join('\n')}
        default:
          reader.skipTag(size)
      }
    }
  }`
  }

  #tagCase(tag: number, fields: readonly FieldModel[]): string {
    const { name } = this.#message.message
    const refusal = `throw new ProtocolError(\`${name} has no tag ${tag} in version \${version}\`)`
    const branches = fields.map(field => {
      const test = condition(field.tagged, this.#message)
      const guard = test === '' ? '' : `if (${test}) `
      return `          ${guard}{\n${this.#tagValue(field)}\n            break\n          }`
    })
    const certain = fields.some(field => condition(field.tagged, this.#message) === '')
    return `        case ${tag}:\n${branches.join('\n')}${certain ? '' : `\n          ${refusal}`}`
  }

  #tagValue(field: FieldModel): string {
    const name = localName(field.name)
    if (isArray(field.type)) return this.#array(field, '            ')
    if (isStruct(field.type) && isNullable(field)) {
      return `            ${name} = reader.uvarint() === 0 ? null : ${this.#functionName(field.type)}(reader, version)`
    }
    return `            ${name} = ${this.#value(field)}`
  }
}

function outside({ versions: { first, last } }: MessageModel): string {
  return first === last ? `version !== ${first}` : `version < ${first} || version > ${last}`
}

function elementRead(field: FieldModel, element: string, compact: string): string {
  if (element === 'string') return `reader.string(${compact})`
  if (element === 'bytes') return `reader.byteString(${compact})`
  if (element === 'int64' && field.field.saturating === true) return 'reader.saturatingInt64()'
  return `reader.${element}()`
}

function readAt(field: FieldModel, at: string): string {
  switch (field.type) {
    case 'bool':
      return `view.getUint8(${at}) !== 0`
    case 'int8':
      return `view.getInt8(${at})`
    case 'int16':
      return `view.getInt16(${at})`
    case 'uint16':
      return `view.getUint16(${at})`
    case 'int32':
      return `view.getInt32(${at})`
    case 'float64':
      return `view.getFloat64(${at})`
    default:
      return field.field.saturating === true ? `reader.saturatingInt64At(${at})` : `reader.int64At(${at})`
  }
}

/** Fields that are not only tags, neighbours of fixed width in the same versions together. */
export function runsOf(fields: readonly FieldModel[], message: MessageModel): FieldModel[][] {
  const runs: FieldModel[][] = []
  for (const field of fields) {
    const test = condition(plainVersions(field), message)
    if (test === 'false' && isTagged(field)) continue
    const last = runs.at(-1)
    const joins =
      last !== undefined &&
      fixedSizeBytes(field.type) !== undefined &&
      fixedSizeBytes(last[0]!.type) !== undefined &&
      condition(plainVersions(last[0]!), message) === test
    if (joins) last.push(field)
    else runs.push([field])
  }
  return runs
}
