import { deepStrictEqual } from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { allMessages } from '../../tools/protocol-generator/all-messages.test-support.ts'
import { InterpretedDecoder, InterpretedEncoder } from './interpreter.test-support.ts'
import { ProtocolError } from './protocol-error.ts'
import { randomBody, seeded } from './random-body.test-support.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const SEED = Number(process.env.FUZZ_SEED ?? 20261124)
const BODIES_PER_VERSION = 6
const DAMAGED_PER_VERSION = 40
const codecs = await allMessages()

/** Array elements, characters and bytes in a decoded value: what a frame made the decoder allocate. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + 1 + sizeOf(element), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, field) => sum + sizeOf(field), 0)
}

describe(`generated codecs, seed ${SEED}`, () => {
  test('every message and version writes and reads what the schema says', () => {
    const random = seeded(SEED)
    const writer = new Writer(1)
    for (const { message, versions, encode, decode } of codecs) {
      for (const version of versions) {
        for (let round = 0; round < BODIES_PER_VERSION; round++) {
          const body = randomBody(message, version, random)
          const expected = new InterpretedEncoder(message, version).encode(body)
          writer.reset()
          encode(writer, body, version)
          const at = `${message.name} ${version}`
          deepStrictEqual(
            Buffer.from(writer.finish()).toString('hex'),
            Buffer.from(expected).toString('hex'),
            at,
          )
          const reader = new Reader(expected)
          const decoded = decode(reader, version)
          deepStrictEqual(decoded, body, at)
          deepStrictEqual(reader.remaining, 0, at)
          deepStrictEqual(new InterpretedDecoder(message, version, expected).decode(), body, at)
        }
      }
    }
    expect(codecs.length).toBeGreaterThan(160)
  })

  test('an encoder that is given nothing writes the defaults', () => {
    for (const { message, versions, encode, decode } of codecs) {
      for (const version of versions) {
        const writer = new Writer()
        encode(writer, {}, version)
        const reader = new Reader(writer.finish())
        const decoded = decode(reader, version)
        const again = new InterpretedDecoder(message, version, writer.finish()).decode()
        deepStrictEqual(decoded, again, `${message.name} ${version}`)
      }
    }
  })

  test('a damaged message decodes or throws ProtocolError, within memory bounded by its size', () => {
    const random = seeded(SEED + 1)
    for (const { message, versions, decode } of codecs) {
      for (const version of versions) {
        const whole = new InterpretedEncoder(message, version).encode(randomBody(message, version, random))
        for (let round = 0; round < DAMAGED_PER_VERSION; round++) {
          const damaged = whole.slice(0, round % 2 === 0 ? Math.floor(random() * whole.length) : whole.length)
          for (let changes = round % 3; changes > 0 && damaged.length > 0; changes--) {
            damaged[Math.floor(random() * damaged.length)] =
              random() < 0.3 ? 0xff : Math.floor(random() * 256)
          }
          try {
            const size = sizeOf(decode(new Reader(damaged), version))
            // A uuid's default of 22 characters stands in for a field that is absent.
            if (size > 64 * (damaged.length + 16))
              throw new Error(`${message.name} ${version} allocated ${size}`)
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
          }
        }
      }
    }
  })
})
