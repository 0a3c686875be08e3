const SLOTS = 512
const TEXT_BYTES_MAX = 64
const ASCII_MAX = 127

/**
 * Texts that come again with every request, such as names of topics and client ids: the same bytes answer the same
 * string, already flat and hashed for the maps it is looked up in. Holds SLOTS texts of TEXT_BYTES_MAX bytes at most;
 * the last one to come keeps a slot.
 */
export class TextCache {
  readonly #texts: string[] = Array.from({ length: SLOTS }, () => '')

  /** Null when a byte is not ASCII, or there are too many. */
  read(bytes: Uint8Array, start: number, length: number): string | null {
    if (length > TEXT_BYTES_MAX) return null
    let hash = length
    for (let at = start; at < start + length; at += 1) {
      const byte = bytes[at]!
      if (byte > ASCII_MAX) return null
      hash = Math.imul(hash, 31) + byte
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.#texts[slot]!
    if (isTextOf(known, bytes, start, length)) return known
    const text = String.fromCharCode(...bytes.subarray(start, start + length))
    this.#texts[slot] = text
    return text
  }
}

function isTextOf(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false
  }
  return true
}
