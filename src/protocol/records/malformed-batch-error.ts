/** Bytes that are no record batch, although they were said to be one. */
export class MalformedBatchError extends Error {
  override readonly name = 'MalformedBatchError'
}
