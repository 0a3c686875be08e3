import { type Body, defaultOf, isIn, isNullableIn, isTaggedIn } from './interpreter.test-support.ts'
import type { Field, Fields, Message, Primitive } from './schema.ts'

/** A number in [0, 1). */
export type NextRandom = () => number

/** mulberry32: the same seed, the same bodies. */
export function seeded(seed: number): NextRandom {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const TEXTS = ['', 'orders', '__proto__', 'größe', '記録', 'x'.repeat(200), `${'y'.repeat(70)}é`]
const WIDTHS: Partial<Record<Primitive, number>> = { int8: 8, int16: 16, int32: 32 }

/** What a decoder would answer for a message of this version with every field set at random. */
export function randomBody(message: Message, version: number, random: NextRandom): Body {
  return randomFields(message.fields, message, version, random)
}

function randomFields(fields: Fields, message: Message, version: number, random: NextRandom): Body {
  const body: Body = {}
  for (const [name, field] of Object.entries(fields)) {
    body[name] = isIn(field, version)
      ? randomValue(field, message, version, random)
      : defaultOf(field, message)
  }
  return body
}

function randomValue(field: Field, message: Message, version: number, random: NextRandom): unknown {
  if (isNullableIn(field, version) && random() < 0.2) return null
  if (isTaggedIn(field, version) && random() < 0.3) return defaultOf(field, message)
  const { type } = field
  if (typeof type === 'string') return randomPrimitive(type, random)
  if (type.kind === 'struct') return randomFields(type.fields, message, version, random)
  const { element } = type
  return Array.from({ length: Math.floor(random() * 3) }, () =>
    typeof element === 'string'
      ? randomPrimitive(element, random)
      : randomFields(element.fields, message, version, random),
  )
}

function randomPrimitive(type: Primitive, random: NextRandom): unknown {
  switch (type) {
    case 'bool':
      return random() < 0.5
    case 'string':
      return TEXTS[Math.floor(random() * TEXTS.length)]
    case 'uuid':
      return Buffer.from(randomBytes(16, random)).toString('base64url')
    case 'bytes':
    case 'records':
      return randomBytes(Math.floor(random() * 300), random)
    case 'int64':
      return random() < 0.2 ? -1 : Math.floor((random() - 0.5) * 2 ** 53)
    case 'uint16':
      return Math.floor(random() * 65536)
    case 'float64':
      return random() * 1000
    default:
      return Math.floor((random() - 0.5) * 2 ** WIDTHS[type]!)
  }
}

function randomBytes(length: number, random: NextRandom): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
