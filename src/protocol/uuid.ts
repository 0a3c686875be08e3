import { assert } from '../base/assert.ts'

/** The id that means "none": sixteen zero bytes in Kafka's base64url form. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const UUID_CHARACTERS = 22
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const NOT_IN_ALPHABET = 255
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => valueOfCharacter(String.fromCharCode(code)))

/** Sixteen bytes at `position` as 22 characters of unpadded base64url. */
export function readUuid(view: DataView, position: number): string {
  let text = ''
  for (let at = 0; at < 15; at += 3) {
    const three = (view.getUint16(position + at) << 8) | view.getUint8(position + at + 2)
    text +=
      ALPHABET[three >>> 18]! +
      ALPHABET[(three >>> 12) & 63]! +
      ALPHABET[(three >>> 6) & 63]! +
      ALPHABET[three & 63]!
  }
  const last = view.getUint8(position + 15)
  return text + ALPHABET[last >>> 2]! + ALPHABET[(last & 3) << 4]!
}

/** The inverse of readUuid. A text of another form is a mistake of the caller. */
export function writeUuid(view: DataView, position: number, text: string): void {
  assert(text.length === UUID_CHARACTERS, 'a uuid has 22 characters')
  let bits = 0
  let count = 0
  let at = position
  for (let index = 0; index < UUID_CHARACTERS; index++) {
    const value = VALUES[text.charCodeAt(index)] ?? NOT_IN_ALPHABET
    assert(value !== NOT_IN_ALPHABET, 'a uuid is written in base64url')
    bits = ((bits << 6) | value) & 0xffffff
    count += 6
    if (count < 8) continue
    count -= 8
    view.setUint8(at++, (bits >>> count) & 0xff)
  }
}

function valueOfCharacter(character: string): number {
  const value = ALPHABET.indexOf(character)
  return value < 0 ? NOT_IN_ALPHABET : value
}
