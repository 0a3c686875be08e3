import type { ErrorCode } from '../protocol/error-code.ts'

/** A batch that may not be appended. */
export interface LogRefusal {
  readonly ok: false
  readonly errorCode: ErrorCode
  /** For `error_message` of Produce. */
  readonly errorMessage: string
  /** Which records are at fault, by index within the batch (KIP-467). */
  readonly recordErrors?: readonly number[]
}

/** A batch that has its offsets. It is in the log once `writeStaged` has not reported it. */
export interface Appended {
  readonly ok: true
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 when the topic keeps the producer's timestamps. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** The batch had been appended before; the offsets are those of then. */
  readonly duplicate: boolean
}

export type AppendResult = Appended | LogRefusal
