/** A message that the protocol, or the bound of its writer, has no room for. Nothing of it leaves. */
export class UnencodableError extends Error {
  override readonly name = 'UnencodableError'
}
