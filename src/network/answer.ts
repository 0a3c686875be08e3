import type { FileRange } from '../base/file-range.ts'

/** A place in an answer where bytes of a file stand: before the byte at position `at` of the buffer. */
export interface AnswerHole {
  readonly at: number
  readonly range: FileRange
}

/** A response without its size prefix: `buffer[start, end)` with file ranges in between, holes in rising order. */
export interface Answer {
  readonly buffer: Uint8Array
  readonly start: number
  readonly end: number
  readonly holes: readonly AnswerHole[]
}

export function answerSizeBytes(answer: Answer): number {
  let sizeBytes = answer.end - answer.start
  for (const hole of answer.holes) sizeBytes += hole.range.sizeBytes
  return sizeBytes
}

/** The same answer in memory of its own; the files must stay open until it has left. */
export function keepAnswer(answer: Answer): Answer {
  const { buffer, start, end, holes } = answer
  return {
    buffer: buffer.slice(start, end),
    start: 0,
    end: end - start,
    holes: holes.map(hole => ({ at: hole.at - start, range: hole.range })),
  }
}
