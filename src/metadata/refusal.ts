import type { ErrorCode } from '../protocol/error-code.ts'

/** A refusal of the protocol, as a value. */
export interface Refusal {
  readonly ok: false
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

export function refuse(errorCode: ErrorCode, errorMessage: string): Refusal {
  return { ok: false, errorCode, errorMessage }
}
