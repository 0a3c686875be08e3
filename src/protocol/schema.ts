/**
 * The notation in which messages are written down: plain data, read by the code generator, by the conformance check and
 * by the tests' interpreter. Field names are Kafka's, with a small first letter; their order is the order on the wire.
 */
export type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'

/** What a field holds when its version does not carry it, or when an encoder is given nothing. */
export type DefaultValue = string | number | boolean | null

export interface FieldOptions {
  readonly about?: string
  /** Versions in which null is allowed. */
  readonly nullable?: string
  readonly default?: DefaultValue
  /** Number of a tagged field (KIP-482), written behind the others and only when it is not the default. */
  readonly tag?: number
  /** Versions in which the field is tagged; left out, all of its versions. */
  readonly tagged?: string
  /** A sender may drop a value that the version cannot carry. */
  readonly ignorable?: boolean
  /** 'none': never in compact form, though the message is flexible. */
  readonly flexible?: 'none'
  /** int64 only: values beyond 2^53-1 are legal and become Number.MAX_SAFE_INTEGER, which is written as 2^63-1. */
  readonly saturating?: boolean
}

export interface Struct {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: Fields
}

export interface ArrayType {
  readonly kind: 'array'
  readonly element: Primitive | Struct
}

export interface Field extends FieldOptions {
  readonly type: Primitive | Struct | ArrayType
  /** Versions that carry the field: '3+', '0-12' or '8'. */
  readonly versions: string
}

export type Fields = Readonly<Record<string, Field>>

export interface Message {
  readonly kind: 'request' | 'response' | 'header' | 'data'
  readonly name: string
  /** Absent in headers and in records of internal topics. */
  readonly apiKey?: number
  /** Every version with a codec: the union of what Kafka 3.9 and 4.4 know. */
  readonly versions: string
  /** Versions in the compact, tagged form of KIP-482, or 'none'. */
  readonly flexible: string
  /** The newest version is not settled in Kafka 4.4 and must not be advertised. */
  readonly latestVersionUnstable?: boolean
  readonly about: string
  readonly fields: Fields
}

type FieldMaker = (versions: string, options?: FieldOptions) => Field
const primitive =
  (type: Primitive): FieldMaker =>
  (versions, options = {}) => ({ type, versions, ...options })

export const bool = primitive('bool')
export const int8 = primitive('int8')
export const int16 = primitive('int16')
export const uint16 = primitive('uint16')
export const int32 = primitive('int32')
export const int64 = primitive('int64')
export const float64 = primitive('float64')
export const string = primitive('string')
export const uuid = primitive('uuid')
export const bytes = primitive('bytes')
export const records = primitive('records')

export const struct = (name: string, fields: Fields): Struct => ({ kind: 'struct', name, fields })

export const one = (type: Struct, versions: string, options: FieldOptions = {}): Field => ({
  type,
  versions,
  ...options,
})

export const array = (element: Primitive | Struct, versions: string, options: FieldOptions = {}): Field => ({
  type: { kind: 'array', element },
  versions,
  ...options,
})

export const message = (definition: Message): Message => definition
