import { RecordBatch, readBatchSizeBytes } from '../record-batch.ts'
import { MalformedBatchError } from './malformed-batch-error.ts'

/**
 * The whole batches in `bytes`, one after the other, as views. A batch cut short at the end is left out, as a Fetch
 * answer may have one (FET-3).
 *
 * @throws MalformedBatchError for a length that no batch of magic 2 has.
 */
export function* batchesOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let position = 0
  while (bytes.byteLength - position >= RecordBatch.LENGTH_OVERHEAD_BYTES) {
    const sizeBytes = readBatchSizeBytes(view, position)
    if (sizeBytes < RecordBatch.HEADER_SIZE_BYTES)
      throw new MalformedBatchError(`a batch of ${sizeBytes} bytes`)
    if (sizeBytes > bytes.byteLength - position) return
    yield bytes.subarray(position, position + sizeBytes)
    position += sizeBytes
  }
}
