/** Bytes that are not a message of the protocol. Caught at the connection, which closes. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
