import type { FileHandle } from './disk.ts'

/** Bytes of an open file that the transport sends without JavaScript ever holding them. */
export interface FileRange {
  readonly file: FileHandle
  /** First byte, counted from the start of the file. */
  readonly position: number
  readonly sizeBytes: number
}
