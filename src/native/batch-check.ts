/** Bits of `flags`. */
export const BatchCheckFlags = {
  /** Every record needs a key: the topic is compacted (FMT-8). */
  KEYS_REQUIRED: 1,
  /**
   * Frame and CRC only, no look at counts and records: for batches that a leader has accepted before, of which a
   * compaction may have taken records (FMT-11). Recovery scans files instead (batch-scan.ts); only tests and the bench
   * ask for it.
   */
  HEADER_ONLY: 2,
  /** Not from a client: control batches pass, and a producer id may come without a sequence. */
  CONTROL_ALLOWED: 4,
} as const

/**
 * Places in the row of `batchCheck`. The header's fields hold what the batch says as far as it could be read, 0
 * where it could not. What is computed from the records (from MIN_RECORD_TIMESTAMP on) has a meaning only when every
 * record was read: reason OK, flag HEADER_ONLY not set. A time beyond 2^53 is rounded.
 */
export const BatchCheckRow = {
  BASE_OFFSET: 0,
  /** The whole batch with its base offset and length; what follows it was not looked at. */
  SIZE_BYTES: 1,
  LEADER_EPOCH: 2,
  MAGIC: 3,
  /** 1 when the CRC was computed and right. */
  CRC_OK: 4,
  ATTRIBUTES: 5,
  LAST_OFFSET_DELTA: 6,
  BASE_TIMESTAMP: 7,
  /** What the header says; a client may have written anything. */
  MAX_TIMESTAMP: 8,
  PRODUCER_ID: 9,
  PRODUCER_EPOCH: 10,
  BASE_SEQUENCE: 11,
  RECORDS_COUNT: 12,
  /** Of the records themselves, for message.timestamp.before/after.max.ms (FMT-9). */
  MIN_RECORD_TIMESTAMP: 13,
  MAX_RECORD_TIMESTAMP: 14,
  /** Offset delta of the first record with the maximum timestamp. */
  MAX_RECORD_TIMESTAMP_DELTA: 15,
  /** Index of the first bad record; -1 when the fault is in none of them. For record_errors (KIP-467). */
  BAD_RECORD_INDEX: 16,
  /** Bytes of the records, decompressed, as far as they were read. */
  DECOMPRESSED_SIZE_BYTES: 17,
  CODEC: 18,
} as const

export const BATCH_CHECK_ROW_LENGTH = 19

/** What `batchCheck` answers. */
export const BatchCheckReason = {
  OK: 0,
  /** Fewer bytes than the length says. */
  TRUNCATED: 1,
  /** A length that no batch can have: negative, 0, less than the header. */
  LENGTH: 2,
  MAGIC: 3,
  CRC: 4,
  /** The number of records is not positive. */
  COUNT: 5,
  LAST_OFFSET_DELTA: 6,
  /** Offset deltas are not 0, 1, 2 and so on. */
  OFFSET_DELTA: 7,
  /** A record, a key or a value with a size that lies. */
  RECORD_SIZE: 8,
  /** A varint longer than its type, or with bits the type has no room for. */
  VARINT: 9,
  HEADERS: 10,
  KEY_MISSING: 11,
  /** Bytes behind the last record, within the batch. */
  TRAILING_BYTES: 12,
  /** Codecs 5 to 7. */
  UNKNOWN_CODEC: 13,
  /** The compressed payload is broken, cut short, or followed by something. */
  GARBAGE: 14,
  /** More than `decompressedMaxBytes`. */
  OUTPUT_TOO_LARGE: 15,
  CONTROL_BATCH: 16,
  /** A producer id without a sequence. */
  BASE_SEQUENCE: 17,
  /** The records end before the count is reached. */
  RECORDS_MISSING: 18,
} as const
export type BatchCheckReason = (typeof BatchCheckReason)[keyof typeof BatchCheckReason]

/** Kafka's error codes that a refused batch can have. */
const NONE = 0
const CORRUPT_MESSAGE = 2
const MESSAGE_TOO_LARGE = 10
const UNSUPPORTED_COMPRESSION_TYPE = 76
const INVALID_RECORD = 87

interface ReasonText {
  readonly errorCode:
    | typeof NONE
    | typeof CORRUPT_MESSAGE
    | typeof MESSAGE_TOO_LARGE
    | typeof UNSUPPORTED_COMPRESSION_TYPE
    | typeof INVALID_RECORD
  /** For error_message of Produce and for logs. */
  readonly errorMessage: string
}

/**
 * Kafka's answer to each reason, by index. Garbage inside a payload whose CRC holds was produced that way, so that
 * CORRUPT_MESSAGE, which clients retry, would not help; Kafka answers -1 there and to codecs 5 and 7 (FMT-7), and lets
 * gaps of offset deltas pass in uncompressed batches (FMT-8).
 */
const REASON_TEXTS: readonly ReasonText[] = [
  { errorCode: NONE, errorMessage: '' },
  { errorCode: INVALID_RECORD, errorMessage: 'the batch is cut short' }, // FMT-7
  { errorCode: CORRUPT_MESSAGE, errorMessage: 'the batch length is impossible' }, // FMT-7
  { errorCode: CORRUPT_MESSAGE, errorMessage: 'the magic is not 2' }, // FMT-7
  { errorCode: CORRUPT_MESSAGE, errorMessage: 'the CRC does not match' }, // FMT-7
  { errorCode: INVALID_RECORD, errorMessage: 'the batch has no records' }, // FMT-6
  { errorCode: INVALID_RECORD, errorMessage: 'the last offset delta does not match the record count' }, // FMT-11
  { errorCode: INVALID_RECORD, errorMessage: 'the offset deltas have gaps' }, // FMT-8
  { errorCode: INVALID_RECORD, errorMessage: 'a size in a record is wrong' }, // FMT-8
  { errorCode: INVALID_RECORD, errorMessage: 'a number in a record is too long' }, // FMT-8
  { errorCode: INVALID_RECORD, errorMessage: 'the headers of a record are malformed' }, // FMT-11
  { errorCode: INVALID_RECORD, errorMessage: 'compacted topic cannot accept message without key' }, // FMT-8
  { errorCode: INVALID_RECORD, errorMessage: 'there are bytes behind the last record' }, // FMT-8
  { errorCode: UNSUPPORTED_COMPRESSION_TYPE, errorMessage: 'the compression codec is unknown' }, // CMP-1
  { errorCode: INVALID_RECORD, errorMessage: 'the records cannot be decompressed' }, // FMT-7
  { errorCode: MESSAGE_TOO_LARGE, errorMessage: 'the decompressed records are too large' }, // CMP-6
  { errorCode: INVALID_RECORD, errorMessage: 'clients cannot write control batches' }, // FMT-8
  { errorCode: INVALID_RECORD, errorMessage: 'a producer id needs a sequence' }, // IDM-1
  { errorCode: INVALID_RECORD, errorMessage: 'the batch has fewer records than it says' }, // FMT-8
]

/** The error code and text to answer a reason of `batchCheck` with. */
export function reasonText(reason: number): ReasonText {
  const text = REASON_TEXTS[reason]
  if (text === undefined) throw new RangeError(`no such reason: ${reason}`)
  return text
}
