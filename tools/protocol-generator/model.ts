import type { ArrayType, Field, Message, Primitive, Struct } from '../../src/protocol/schema.ts'
import { includesVersion, parseVersionRange, type VersionRange } from '../../src/protocol/version-range.ts'

/** One field with its ranges read and its default settled, ready to be printed. */
export interface FieldModel {
  readonly name: string
  readonly field: Field
  readonly type: Primitive | Struct | ArrayType
  readonly versions: VersionRange
  readonly nullable: VersionRange
  readonly tagged: VersionRange
}

export interface MessageModel {
  readonly message: Message
  readonly versions: VersionRange
  readonly flexible: VersionRange
}

const NONE = parseVersionRange('none')

export function modelOf(message: Message): MessageModel {
  return {
    message,
    versions: parseVersionRange(message.versions),
    flexible: parseVersionRange(message.flexible),
  }
}

export function fieldsOf(fields: Message['fields']): FieldModel[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    field,
    type: field.type,
    versions: parseVersionRange(field.versions),
    nullable: field.nullable === undefined ? NONE : parseVersionRange(field.nullable),
    tagged: field.tag === undefined ? NONE : parseVersionRange(field.tagged ?? field.versions),
  }))
}

export function isNullable(field: FieldModel): boolean {
  return field.nullable.first <= field.nullable.last
}

export function isTagged(field: FieldModel): boolean {
  return field.tagged.first <= field.tagged.last
}

/** True when the whole range of the field, within the message, may be null. */
export function isAlwaysNullable(field: FieldModel, message: MessageModel): boolean {
  const first = Math.max(field.versions.first, message.versions.first)
  const last = Math.min(field.versions.last, message.versions.last)
  return isNullable(field) && field.nullable.first <= first && field.nullable.last >= last
}

export function isStruct(type: FieldModel['type']): type is Struct {
  return typeof type === 'object' && type.kind === 'struct'
}

export function isArray(type: FieldModel['type']): type is ArrayType {
  return typeof type === 'object' && type.kind === 'array'
}

/** Versions in which the field stands among the others, not behind them as a tag. */
export function plainVersions(field: FieldModel): VersionRange {
  if (!isTagged(field)) return field.versions
  return { first: field.versions.first, last: Math.min(field.versions.last, field.tagged.first - 1) }
}

/** The test that a version lies in `range`, or '' when every version of the message does. */
export function condition(range: VersionRange, message: MessageModel): string {
  const { first, last } = message.versions
  if (range.first > range.last || range.first > last || range.last < first) return 'false'
  const parts: string[] = []
  if (range.first > first) parts.push(`version >= ${range.first}`)
  if (range.last < last) parts.push(`version <= ${range.last}`)
  return parts.join(' && ')
}

/** The expression that says whether the field is in compact form. */
export function compactExpression(field: Field, message: MessageModel): string {
  if (field.flexible === 'none') return 'false'
  const test = condition(message.flexible, message)
  return test === '' ? 'true' : test === 'false' ? 'false' : 'flexible'
}

/** Fewest bytes that an element of an array can take, over all versions. */
export function minSizeBytes(type: Primitive | Struct, message: MessageModel, within: VersionRange): number {
  let least = Number.POSITIVE_INFINITY
  const first = Math.max(within.first, message.versions.first)
  const last = Math.min(within.last, message.versions.last)
  for (let version = first; version <= last; version++) {
    least = Math.min(least, sizeAt(type, message, version))
  }
  return least === Number.POSITIVE_INFINITY ? 1 : Math.max(least, 1)
}

const FIXED: Partial<Record<Primitive, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  int64: 8,
  float64: 8,
}

export function fixedSizeBytes(type: FieldModel['type']): number | undefined {
  return typeof type === 'string' ? FIXED[type] : undefined
}

function sizeAt(type: FieldModel['type'], message: MessageModel, version: number): number {
  const flexible = includesVersion(message.flexible, version)
  if (isArray(type)) return flexible ? 1 : 4
  if (isStruct(type)) {
    let total = flexible ? 1 : 0
    for (const field of fieldsOf(type.fields)) {
      if (!includesVersion(plainVersions(field), version)) continue
      total += isStruct(field.type) && isNullable(field) ? 1 : sizeAt(field.type, message, version)
    }
    return total
  }
  if (type === 'uuid') return 16
  if (type === 'string') return flexible ? 1 : 2
  return FIXED[type] ?? (flexible ? 1 : 4)
}

/** Every struct of the message, inner ones first. */
export function structsOf(fields: Message['fields'], found: Set<Struct> = new Set()): Set<Struct> {
  for (const { type } of fieldsOf(fields)) {
    const inner = isArray(type) ? type.element : type
    if (!isStruct(inner) || found.has(inner)) continue
    structsOf(inner.fields, found)
    found.add(inner)
  }
  return found
}
