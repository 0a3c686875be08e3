import { isDeepStrictEqual } from 'node:util'
import type { ArrayType, Field, Fields, Message, Primitive, Struct } from './schema.ts'
import { includesVersion, parseVersionRange } from './version-range.ts'

/** Writes and reads messages straight from their schema, slowly: what the generated codecs are held against. */
export type Body = Record<string, unknown>

const has = (range: string | undefined, version: number) =>
  range !== undefined && includesVersion(parseVersionRange(range), version)

export const isTaggedIn = (field: Field, version: number) =>
  field.tag !== undefined && has(field.tagged ?? field.versions, version)
export const isIn = (field: Field, version: number) => has(field.versions, version)
export const isNullableIn = (field: Field, version: number) => has(field.nullable, version)

/** The value of a field that is not on the wire. */
export function defaultOf(field: Field, message: Message): unknown {
  const { first, last } = parseVersionRange(message.versions)
  if (field.default !== undefined) return field.default
  const versions = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const carrying = versions.filter(version => isIn(field, version))
  if (field.nullable !== undefined && carrying.every(version => isNullableIn(field, version))) return null
  if (typeof field.type === 'object') {
    return field.type.kind === 'array' ? [] : defaultsOf(field.type.fields, message)
  }
  if (field.type === 'bytes') return new Uint8Array(0)
  const natural: Partial<Record<Primitive, unknown>> = { bool: false, string: '', records: null }
  if (field.type === 'uuid') return 'A'.repeat(22)
  return field.type in natural ? natural[field.type] : 0
}

function defaultsOf(fields: Fields, message: Message): Body {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field, message)]))
}

const uvarint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...uvarint(value >>> 7)]

export class InterpretedEncoder {
  readonly #message: Message
  readonly #version: number
  readonly #flexible: boolean

  constructor(message: Message, version: number) {
    this.#message = message
    this.#version = version
    this.#flexible = has(message.flexible, version)
  }

  encode(body: Body): Uint8Array {
    return Uint8Array.from(this.#fields(this.#message.fields, body))
  }

  #fields(fields: Fields, body: Body): number[] {
    const present = Object.entries(fields).filter(([, field]) => isIn(field, this.#version))
    const plain = present.filter(([, field]) => !isTaggedIn(field, this.#version))
    const out = plain.flatMap(([name, field]) => this.#value(field, field.type, body[name], false))
    if (!this.#flexible) return out
    const tagged = present
      .filter(([, field]) => isTaggedIn(field, this.#version))
      .filter(([name, field]) => !isDeepStrictEqual(body[name], defaultOf(field, this.#message)))
      .sort(([, a], [, b]) => a.tag! - b.tag!)
    const written = tagged.flatMap(([name, field]) => {
      const value = this.#value(field, field.type, body[name], true)
      return [...uvarint(field.tag!), ...uvarint(value.length), ...value]
    })
    return [...out, ...uvarint(tagged.length), ...written]
  }

  #value(field: Field, type: Primitive | Struct | ArrayType, value: unknown, tagged: boolean): number[] {
    if (typeof type === 'string') return this.#primitive(field, type, value)
    if (type.kind === 'array') {
      if (value === null) return this.#length(field, -1, 4)
      const elements = value as unknown[]
      const written = elements.flatMap(element => this.#element(field, type.element, element))
      return [...this.#length(field, elements.length, 4), ...written]
    }
    if (field.nullable === undefined) return this.#fields(type.fields, value as Body)
    if (value === null) return [tagged ? 0 : 255]
    return [1, ...this.#fields(type.fields, value as Body)]
  }

  #element(field: Field, type: Primitive | Struct, value: unknown): number[] {
    return typeof type === 'string'
      ? this.#primitive(field, type, value)
      : this.#fields(type.fields, value as Body)
  }

  #length(field: Field, length: number, width: 2 | 4): number[] {
    if (this.#flexible && field.flexible !== 'none') return uvarint(length + 1)
    const bytes = Buffer.alloc(width)
    bytes.writeIntBE(length, 0, width)
    return [...bytes]
  }

  #primitive(field: Field, type: Primitive, value: unknown): number[] {
    if (type === 'bool') return [value === true ? 1 : 0]
    if (type === 'uuid') return [...Buffer.from(value as string, 'base64url')]
    if (type === 'string' || type === 'bytes' || type === 'records') {
      const width = type === 'string' ? 2 : 4
      if (value === null) return this.#length(field, -1, width)
      const content = type === 'string' ? Buffer.from(value as string) : (value as Uint8Array)
      return [...this.#length(field, content.length, width), ...content]
    }
    const bytes = Buffer.alloc(8)
    if (type === 'float64') bytes.writeDoubleBE(value as number)
    else if (value === Number.MAX_SAFE_INTEGER && field.saturating === true)
      bytes.writeBigInt64BE(2n ** 63n - 1n)
    else bytes.writeBigInt64BE(BigInt(value as number))
    const width = { int8: 1, int16: 2, uint16: 2, int32: 4, int64: 8, float64: 8 }[type]
    return [...bytes.subarray(8 - width)]
  }
}

export class InterpretedDecoder {
  #position = 0
  readonly #message: Message
  readonly #version: number
  readonly #flexible: boolean
  readonly #bytes: Buffer

  constructor(message: Message, version: number, bytes: Uint8Array) {
    this.#message = message
    this.#version = version
    this.#flexible = has(message.flexible, version)
    this.#bytes = Buffer.from(bytes)
  }

  decode(): Body {
    return this.#fields(this.#message.fields)
  }

  get remaining(): number {
    return this.#bytes.length - this.#position
  }

  #fields(fields: Fields): Body {
    const body = defaultsOf(fields, this.#message)
    const present = Object.entries(fields).filter(([, field]) => isIn(field, this.#version))
    for (const [name, field] of present) {
      if (!isTaggedIn(field, this.#version)) body[name] = this.#value(field, field.type, false)
    }
    if (!this.#flexible) return body
    for (let left = this.#uvarint(); left > 0; left--) {
      const tag = this.#uvarint()
      this.#uvarint()
      const [name, field] = present.find(([, { tag: own }]) => own === tag)!
      body[name] = this.#value(field, field.type, true)
    }
    return body
  }

  #value(field: Field, type: Primitive | Struct | ArrayType, tagged: boolean): unknown {
    if (typeof type === 'string') return this.#primitive(field, type)
    if (type.kind === 'array') {
      const { element } = type
      const count = this.#length(field, 4)
      if (count < 0) return null
      return Array.from({ length: count }, () =>
        typeof element === 'string' ? this.#primitive(field, element) : this.#fields(element.fields),
      )
    }
    if (field.nullable !== undefined && this.#take(1)[0] === (tagged ? 0 : 255)) return null
    return this.#fields(type.fields)
  }

  #take(count: number): Buffer {
    this.#position += count
    return this.#bytes.subarray(this.#position - count, this.#position)
  }

  #uvarint(): number {
    const byte = this.#take(1)[0]!
    return byte < 128 ? byte : byte - 128 + this.#uvarint() * 128
  }

  #length(field: Field, width: 2 | 4): number {
    if (this.#flexible && field.flexible !== 'none') return this.#uvarint() - 1
    return this.#take(width).readIntBE(0, width)
  }

  #primitive(field: Field, type: Primitive): unknown {
    if (type === 'bool') return this.#take(1)[0] !== 0
    if (type === 'uuid') return this.#take(16).toString('base64url')
    if (type === 'float64') return this.#take(8).readDoubleBE()
    if (type === 'uint16') return this.#take(2).readUInt16BE()
    if (type === 'int64') return Math.min(Number(this.#take(8).readBigInt64BE()), Number.MAX_SAFE_INTEGER)
    if (type === 'string' || type === 'bytes' || type === 'records') {
      const length = this.#length(field, type === 'string' ? 2 : 4)
      if (length < 0) return null
      return type === 'string' ? this.#take(length).toString() : new Uint8Array(this.#take(length))
    }
    const width = { int8: 1, int16: 2, int32: 4 }[type]
    return this.#take(width).readIntBE(0, width)
  }
}
