import type { NativeBinding } from './load.ts'

/**
 * CRC-32C (Castagnoli) of `bytes` with the processor's own instruction; `seed` is 0 or the answer for the bytes before.
 * The function fits `Crc32c` of the protocol module.
 */
export function createCrc32c(binding: NativeBinding): (bytes: Uint8Array, seed: number) => number {
  return binding.crc32c
}
