import { assert } from '../base/assert.ts'
import type { FileRange } from '../base/file-range.ts'
import { SEND_ROW_LENGTH, type Transport } from '../base/transport.ts'
import { type Answer, answerSizeBytes } from './answer.ts'

const ARENA_SIZE_BYTES = 1024 * 1024
const ROWS_MAX = 4096
const PREFIX_BYTES = 4
const NO_FILE = -1
const ANSWER_MAX_BYTES = 2 ** 31 - 1
/** Below this a loop beats the view that a copy by the engine needs. */
const SHORT_BYTES = 128

/** Collects the answers of one pass in one arena, so that they leave with one call of the transport. */
export class AnswerQueue {
  readonly #transport: Transport
  readonly #arena = new Uint8Array(ARENA_SIZE_BYTES)
  readonly #view = new DataView(this.#arena.buffer)
  readonly #rows = new Float64Array(ROWS_MAX * SEND_ROW_LENGTH)
  readonly #single = new Float64Array(SEND_ROW_LENGTH)
  #usedBytes = 0
  #rowCount = 0

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Writes the size prefix and copies the answer's bytes; the caller may reuse its buffer. */
  push(connectionId: number, answer: Answer): void {
    const sizeBytes = answerSizeBytes(answer)
    assert(sizeBytes <= ANSWER_MAX_BYTES, 'an answer has at most 2^31 - 1 bytes')
    this.#pushPrefix(connectionId, sizeBytes)
    let from = answer.start
    for (const hole of answer.holes) {
      assert(hole.at >= from && hole.at <= answer.end, 'holes lie in the answer, in rising order')
      this.#pushSegment(connectionId, answer.buffer, from, hole.at, hole.range)
      from = hole.at
    }
    if (from < answer.end) this.#pushSegment(connectionId, answer.buffer, from, answer.end, null)
  }

  /** Hands everything to the transport. */
  flush(): void {
    if (this.#rowCount === 0) return
    this.#transport.send(this.#arena, this.#rows, this.#rowCount)
    this.#rowCount = 0
    this.#usedBytes = 0
  }

  #pushPrefix(connectionId: number, sizeBytes: number): void {
    if (this.#rowCount === ROWS_MAX || this.#usedBytes + PREFIX_BYTES > ARENA_SIZE_BYTES) this.flush()
    this.#view.setInt32(this.#usedBytes, sizeBytes)
    this.#addRow(connectionId, this.#usedBytes, PREFIX_BYTES, null)
    this.#usedBytes += PREFIX_BYTES
  }

  #pushSegment(
    connectionId: number,
    from: Uint8Array,
    start: number,
    end: number,
    range: FileRange | null,
  ): void {
    const sizeBytes = end - start
    if (sizeBytes > ARENA_SIZE_BYTES) {
      this.#sendLarge(connectionId, from, start, end, range)
      return
    }
    if (this.#rowCount === ROWS_MAX || this.#usedBytes + sizeBytes > ARENA_SIZE_BYTES) this.flush()
    copyInto(this.#arena, this.#usedBytes, from, start, end)
    this.#addRow(connectionId, this.#usedBytes, sizeBytes, range)
    this.#usedBytes += sizeBytes
  }

  #sendLarge(
    connectionId: number,
    from: Uint8Array,
    start: number,
    end: number,
    range: FileRange | null,
  ): void {
    this.flush()
    fillRow(this.#single, 0, connectionId, start, end - start, range)
    this.#transport.send(from, this.#single, 1)
  }

  /** Bytes that follow those of the row before, for the same connection, join it. */
  #addRow(connectionId: number, start: number, sizeBytes: number, range: FileRange | null): void {
    const before = (this.#rowCount - 1) * SEND_ROW_LENGTH
    if (before >= 0 && this.#rows[before] === connectionId && this.#rows[before + 3] === NO_FILE) {
      fillRow(
        this.#rows,
        before,
        connectionId,
        this.#rows[before + 1]!,
        this.#rows[before + 2]! + sizeBytes,
        range,
      )
      return
    }
    fillRow(this.#rows, this.#rowCount * SEND_ROW_LENGTH, connectionId, start, sizeBytes, range)
    this.#rowCount += 1
  }
}

function copyInto(into: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  if (end - start > SHORT_BYTES) {
    into.set(from.subarray(start, end), at)
    return
  }
  for (let position = start; position < end; position += 1) into[at + position - start] = from[position]!
}

function fillRow(
  rows: Float64Array,
  at: number,
  connectionId: number,
  start: number,
  sizeBytes: number,
  range: FileRange | null,
): void {
  rows[at] = connectionId
  rows[at + 1] = start
  rows[at + 2] = sizeBytes
  rows[at + 3] = range === null ? NO_FILE : range.file
  rows[at + 4] = range === null ? 0 : range.position
  rows[at + 5] = range === null ? 0 : range.sizeBytes
}
