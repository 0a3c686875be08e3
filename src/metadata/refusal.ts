import type { ErrorCode } from '../protocol/error-code.ts'

/** A refusal of the protocol, as a value. */
export interface Refusal {
  readonly ok: false
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

/** Messages quote what the client sent; three bytes a character, the oldest versions still have room for that. */
const MESSAGE_CHARACTERS_MAX = 10_000

export function refuse(errorCode: ErrorCode, errorMessage: string): Refusal {
  return { ok: false, errorCode, errorMessage: errorMessage.slice(0, MESSAGE_CHARACTERS_MAX) }
}
